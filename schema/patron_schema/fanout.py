"""Brings what other processes handed on to the followers of this one, by positions and never by the events themselves.

In come announcements, `<tenant> <first> <last>`, by PostgreSQL's NOTIFY or by NATS; where a tenant is followed here, the events
between the place it has here and the announced one are read from the database and told. An announcement that was lost costs
time and no event: the next one, the connection's return, or a look each second while there is none reads all that is missing.
Giving positions is left to the relay, telling followers to the `Broadcaster`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import structlog

from patron_core.address import asyncpg_url
from patron_core.fault_log import log_fault
from patron_core.outbox.events import Relayed
from patron_core.outbox.reading import EventHistory
from patron_core.outbox.relay import CHANNEL
from patron_core.settings import Settings
from patron_core.worker.tenant_tasks import TenantTasks

from .broadcast import Broadcaster

__all__ = ["Announcements", "Fanout", "PostgresqlAnnouncements", "again_and_again", "fanout_of"]

_PAGE: Final = 500
_LOOK_SECONDS: Final = 1.0
_ALIVE_SECONDS: Final = 10.0  # between two questions whether a silent connection is still there
_PATIENCE_SECONDS: Final = 5.0
_FIRST_WAIT_SECONDS: Final = 0.1
_LONGEST_WAIT_SECONDS: Final = 5.0
_log: Final = structlog.stdlib.get_logger("patron.fanout")
Heard = Callable[[str], None]


class Announcements(Protocol):
    """A way by which processes tell each other of new positions."""

    @property
    def is_connected(self) -> bool:
        """Whether what others announce now is heard here."""
        ...

    async def follow(self, heard: Heard, connected: Callable[[], None]) -> None:
        """Calls `heard` with each announcement, until it is cancelled. connected: called whenever some may have been missed."""
        ...

    def announce(self, relayed: Relayed) -> None:
        """Tells the others, soon; on the event loop, and never waits."""
        ...


class Fanout:
    """The ear of one process. ways: by which it hears; without any it looks each second, as it does while all are broken."""

    def __init__(self, broadcaster: Broadcaster, *, history: EventHistory, ways: Sequence[Announcements] = ()) -> None:
        self._broadcaster = broadcaster
        self._history = history
        self._ways = ways
        self._mending = TenantTasks("fanout", self._mend)
        self._late: set[uuid.UUID] = set()  # whose events could not be read
        self._tasks: list[asyncio.Task[None]] = []
        broadcaster.mend = self._mending.wake

    @property
    def is_connected(self) -> bool:
        """Whether announcements of other processes come in at this moment."""
        return any(way.is_connected for way in self._ways)

    def start(self) -> None:
        """Begins to listen; on the event loop."""
        if not self._tasks:
            listening = [way.follow(self.heard, self.catch_up) for way in self._ways]
            self._tasks = [asyncio.create_task(each, name="patron-fanout") for each in (*listening, self._look())]

    def heard(self, announcement: str) -> None:
        """Takes an announcement; one that is none is passed over, for anybody may speak on a channel."""
        try:
            tenant, _, last = announcement.split(" ")
            self._broadcaster.heard(uuid.UUID(tenant), int(last))
        except ValueError:
            _log.warning("announcement_unread", characters=len(announcement))

    def announce(self, relayed: Relayed) -> None:
        """Tells other processes what this one has handed on."""
        for way in self._ways:
            way.announce(relayed)

    def catch_up(self) -> None:
        """Reads what is missing of all tenants that are followed here."""
        for tenant_id in self._broadcaster.followed:
            self._mending.wake(tenant_id)

    async def idle(self) -> None:
        """Returns when all that was heard is read."""
        await self._mending.idle()

    async def close(self) -> None:
        """Hears no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._mending.close()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self.is_connected:
                self.catch_up()
            for tenant_id in tuple(self._late):
                self._mending.wake(tenant_id)

    async def _mend(self, tenant_id: uuid.UUID) -> None:
        """Tells the tenant's followers everything behind the place they have."""
        self._late.add(tenant_id)
        while (position := self._broadcaster.position(tenant_id)) is not None:
            page = await self._history.page(tenant_id, after=position, up_to=None, most=_PAGE)
            if page.last <= position:
                break
            self._broadcaster.relayed(page)
        self._late.discard(tenant_id)


class PostgresqlAnnouncements:
    """NOTIFY, which the relay sends in its own transaction, heard over a connection of its own. url: past any pooler."""

    def __init__(self, url: str) -> None:
        self._url = asyncpg_url(url)
        self._connected = False

    @property
    def is_connected(self) -> bool:
        """See `Announcements`."""
        return self._connected

    def announce(self, relayed: Relayed) -> None:
        """Does nothing: the relay's transaction has done it."""

    async def follow(self, heard: Heard, connected: Callable[[], None]) -> None:
        """See `Announcements.follow`."""

        async def listen() -> None:
            await self._listen(heard, connected)

        await again_and_again("postgresql", listen)

    async def _listen(self, heard: Heard, connected: Callable[[], None]) -> None:
        import asyncpg  # an extra: SQLite needs none of it

        lost = asyncio.Event()
        settings = {"application_name": "patron events", "jit": "off"}
        connection = await asyncpg.connect(self._url, timeout=_PATIENCE_SECONDS, server_settings=settings)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, _told(heard))
            self._connected = True
            connected()
            while not lost.is_set():
                await _within(lost, _ALIVE_SECONDS)
                if not lost.is_set():
                    await connection.fetchval("SELECT 1", timeout=_PATIENCE_SECONDS)
        finally:
            self._connected = False
            connection.terminate()


def _told(heard: Heard) -> Any:
    def listener(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
        heard(str(payload))

    return listener


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def again_and_again(way: str, listen: Callable[[], Any]) -> None:
    """Listens, and whenever that ends listens again: at once the first time, then after ever longer waits, up to 5 s."""
    wait = _FIRST_WAIT_SECONDS
    while True:
        began = asyncio.get_running_loop().time()
        error: BaseException | None = None
        try:
            await listen()
        except Exception as raised:
            error = raised
        if asyncio.get_running_loop().time() - began > _ALIVE_SECONDS:
            wait = _FIRST_WAIT_SECONDS
        if error is None or isinstance(error, OSError | TimeoutError | ConnectionError) or _is_drivers(error):
            name = None if error is None else type(error).__name__
            _log.warning("announcements_lost", way=way, error=name, instead="followers hear by a look each second")
        else:
            log_fault(_log, "announcements_lost", error=error, way=way)
        await asyncio.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_SECONDS)


def _is_drivers(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in ("asyncpg", "nats")


def fanout_of(settings: Settings, broadcaster: Broadcaster, *, history: EventHistory, url: str) -> Fanout:
    """The fan-out of a deployment: by NATS where there is one, else by PostgreSQL, on SQLite by looking. url: the database's."""
    if settings.nats_url is not None:
        from .fanout_nats import NatsAnnouncements  # needs the extra `nats`

        ways: list[Announcements] = [NatsAnnouncements(settings.nats_url.get_secret_value())]
    elif url.startswith("sqlite"):
        ways = []
    else:
        ways = [PostgresqlAnnouncements(settings.listen_database_url or url)]
    return Fanout(broadcaster, history=history, ways=ways)
