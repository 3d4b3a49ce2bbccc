"""Read replicas: which of them may answer a query, and from when on somebody who has written may read there again.

In come statements with who asks, out come their values: of a replica that is at hand, not far behind and has all that the
asker wrote, else of the primary. How far each has come is looked at twice a second and never within a request. A replica that
fails is left at once, and what it was asked goes to the primary. Planning and row security are as on the primary.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from patron_core.address import asyncpg_url
from patron_core.database.row_security import row_security_problems
from patron_core.errors import BadRequest, InvalidInput, LimitExceeded, Unavailable
from patron_core.messages import Actor

from .planner.execution import Found, PostgresqlReader, Reader
from .planner.sql import CURSOR_EXPIRED

__all__ = ["ReplicaState", "Replicas", "position_of"]

_POLL_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 2.0
_PAGE_BYTES: Final = 8_192  # of the write-ahead log, in every build that is distributed
_PAGE_HEADS: Final = frozenset({24, 40})
_EXPIRED: Final = CURSOR_EXPIRED.encode()
#: What a replica refuses for what the statement says: the primary would say the same.
_SAME_EVERYWHERE: Final = (InvalidInput, LimitExceeded)
_WRITTEN: Final = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
_REPLAYED: Final = "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint"
_log: Final = structlog.stdlib.get_logger("patron.replicas")
Now = Callable[[], float]


def position_of(token: object) -> int | None:
    """The place in the write-ahead log that a client's token names. Raises BAD_REQUEST for what is none."""
    if token is None:
        return None
    if isinstance(token, str) and 0 < len(token) <= 16 and all(each in "0123456789abcdef" for each in token):
        return int(token, 16)
    raise BadRequest(
        "`Patron-Consistency` is no token of ours. It has another form. "
        "Send the value that the answer to your mutation had, or leave it out."
    )


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """How a replica stands. lag_seconds: how far it is behind at most, None where that is not known. running: statements."""

    number: int
    is_read: bool
    lag_seconds: float | None
    running: int


@dataclass(slots=True)
class _Mark:
    """What somebody wrote. position: where it ends in the log; unknown: whether that could not be asked. at: of our clock."""

    position: int = 0
    pending: int = 0
    unknown: bool = False
    at: float = 0.0


class _Watch:
    """One connection that asks how far a server has come; opened anew where it broke."""

    def __init__(self, url: str, question: str) -> None:
        self._url = asyncpg_url(url)
        self._question = question
        self._connection: Any = None
        self._asking = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    async def ask(self) -> Sequence[Any]:
        """The answer's one row. Raises what the driver raises, and TimeoutError after two seconds."""
        async with self._asking, asyncio.timeout(_PATIENCE_SECONDS):
            try:
                if not self.is_open:
                    self._connection = await self._connected()
                row: Sequence[Any] = await self._connection.fetchrow(self._question)
            except BaseException:
                self.drop()
                raise
            return row

    async def _connected(self) -> Any:
        import asyncpg  # an extra: SQLite needs none of it

        return await asyncpg.connect(self._url, server_settings={"application_name": "patron replicas", "jit": "off"})

    def drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


class _Replica:
    """A replica. replayed: how far it has come in the log, as it said when it was asked at judged_at, of our clock."""

    def __init__(self, number: int, url: str, *, size: int) -> None:
        self.number = number
        self.url = url
        self.reader = PostgresqlReader(asyncpg_url(url), size=size)
        self.watch = _Watch(url, _REPLAYED)
        self.replayed = 0
        self.judged_at = 0.0
        self.lag_seconds: float | None = None
        self.is_read = False
        self.running = 0

    async def look(self) -> None:
        """Asks how far it has come. Raises where it does not answer, is no replica, or would not hold tenants apart."""
        if not self.watch.is_open:
            problems = await row_security_problems(self.url)
            if problems:
                raise RuntimeError(" ".join(problems))
        in_recovery, replayed = await self.watch.ask()
        if not in_recovery:
            raise RuntimeError("It replays nothing: it was promoted, or never was a replica.")
        self.replayed = replayed or 0

    def fail(self, error: BaseException) -> None:
        """Is not read any more, and those that wait for it are released."""
        if self.is_read:
            _log.warning("replica_left", replica=self.number, error=type(error).__name__, reason=_reason(error))
        self.is_read, self.lag_seconds = False, None
        self.reader.drop()

    def judge(self, lag_seconds: float | None, *, most: float, asked_at: float) -> None:
        """Takes how far it was behind when it was asked, and whether it is read from now on."""
        self.lag_seconds, self.judged_at = lag_seconds, asked_at
        may_be_read = lag_seconds is not None and lag_seconds <= most
        if may_be_read != self.is_read:
            event = "replica_read" if may_be_read else "replica_lags"
            _log.info(event, replica=self.number, lag_seconds=None if lag_seconds is None else round(lag_seconds, 3))
        self.is_read = may_be_read


def _reason(error: BaseException) -> str | None:
    return str(error) if isinstance(error, RuntimeError) else None


class Replicas:
    """The replicas of one process.

    primary: answers what no replica may. urls: of the replicas, as patron_app. size: connections to each.
    max_lag_seconds: a replica further behind is not read.
    """

    def __init__(
        self,
        primary: Reader,
        *,
        primary_url: str,
        urls: Sequence[str],
        size: int = 8,
        max_lag_seconds: float = 5.0,
        now: Now = time.monotonic,
    ) -> None:
        self._primary = primary
        self._replicas = [_Replica(number, url, size=size) for number, url in enumerate(urls, start=1)]
        self._watch = _Watch(primary_url, _WRITTEN)
        self._max_lag_seconds = max_lag_seconds
        self._now = now
        self._known: deque[tuple[float, int]] = deque()  # where the primary was, and when
        self._marks: dict[tuple[uuid.UUID, str], _Mark] = {}
        self._asked: asyncio.Task[int] | None = None
        self._looking: list[asyncio.Task[None]] = []

    @property
    def states(self) -> tuple[ReplicaState, ...]:
        """How each stands, in the order of the settings."""
        return tuple(ReplicaState(each.number, each.is_read, each.lag_seconds, each.running) for each in self._replicas)

    async def problems(self) -> list[str]:
        """What would let a replica show rows of another tenant; one that is away is looked at when it is back."""
        found: list[str] = []
        for replica in self._replicas:
            try:
                found += [f"Replica {replica.number}: {each}" for each in await row_security_problems(replica.url)]
            except Exception as error:  # a replica that is broken in whatever way keeps no service from starting
                _log.warning("replica_away", replica=replica.number, error=type(error).__name__)
        return found

    # -- reading

    async def value(self, sql: str, arguments: Sequence[Any], *, actor: Actor, at_least: int | None = None) -> Found:
        """The statement's value; as `Reader.value`. at_least: where in the log what is read must stand, beside the actor's own."""
        replica = self._chosen((actor.tenant_id, actor.subject), at_least or 0)
        if replica is None:
            return await self._primary.value(sql, arguments)
        replica.running += 1
        try:
            found = await replica.reader.value(sql, arguments)
        except _SAME_EVERYWHERE:
            raise
        except Exception as error:
            if isinstance(error, Unavailable):
                replica.fail(error)
            else:  # such as a conflict with what is replayed, or tables that are not there yet
                _log.info("replica_refused", replica=replica.number, error=type(error).__name__)
            return await self._primary.value(sql, arguments)
        finally:
            replica.running -= 1
        if found == _EXPIRED or found == [_EXPIRED]:  # the row of a cursor, which may not have come there yet
            return await self._primary.value(sql, arguments)
        return found

    def _chosen(self, asker: tuple[uuid.UUID, str], at_least: int) -> _Replica | None:
        """One that may be read; for the same asker the same, so that its next page does not come from an earlier time."""
        mark = self._marks.get(asker)
        if mark is not None:
            if mark.pending or mark.unknown:
                return None
            at_least = max(at_least, mark.position)
        able = [each for each in self._replicas if each.is_read and each.replayed >= at_least]
        return able[0] if len(able) == 1 else max(able, key=lambda each: _weight(asker, each.number), default=None)

    # -- writing

    async def wrote(self, actor: Actor) -> None:
        """Notes that the actor has committed something just now: it reads where that is known."""
        mark = self._marks.setdefault((actor.tenant_id, actor.subject), _Mark())
        mark.pending += 1
        try:
            mark.position = max(mark.position, await self._written())
        except Exception as error:  # what was committed stays so; where it ended is asked again
            mark.unknown = True
            _log.info("position_unknown", error=type(error).__name__)
        finally:
            mark.pending -= 1
            mark.at = self._now()

    def token(self, actor: Actor) -> str | None:
        """What the actor may send to other processes, so that they answer with what it wrote; None where that is nothing."""
        mark = self._marks.get((actor.tenant_id, actor.subject))
        return None if mark is None or mark.unknown or not mark.position else f"{mark.position:x}"

    async def _written(self) -> int:
        """Where the primary's log ends. Those who ask while one question is under way share the next one."""
        running = self._asked
        if running is not None:
            await asyncio.wait((running,))  # it may have been asked before our commit
        if self._asked is running:
            self._asked = asyncio.create_task(self._ask_written(), name="patron-written")
            self._asked.add_done_callback(_seen)
        assert self._asked is not None
        return await asyncio.shield(self._asked)

    async def _ask_written(self) -> int:
        (position,) = await self._watch.ask()
        return _end_of_record(position)

    # -- looking

    def start(self) -> None:
        """Begins to look at the replicas; on the event loop. None is read before it was looked at."""
        if not self._looking:
            looks: list[Callable[[], Awaitable[None]]] = [self._look_at_primary]
            looks += [partial(self._look_at, replica) for replica in self._replicas]
            self._looking = [asyncio.create_task(_again_and_again(look), name="patron-replicas") for look in looks]

    async def look(self) -> None:
        """Asks the primary and all replicas how far they have come. Never raises."""
        await self._look_at_primary()
        await asyncio.gather(*(self._look_at(replica) for replica in self._replicas))

    async def _look_at_primary(self) -> None:
        asked_at, lost = self._now(), [mark for mark in self._marks.values() if mark.unknown and not mark.pending]
        try:
            position = await self._ask_written()
        except Exception as error:
            _log.warning("primary_unseen", error=type(error).__name__)
            return
        self._known.append((asked_at, position))
        for mark in lost:
            mark.position, mark.unknown = max(mark.position, position), False
        self._forget(asked_at)

    async def _look_at(self, replica: _Replica) -> None:
        asked_at = self._now()
        try:
            async with asyncio.timeout(2 * _PATIENCE_SECONDS):
                await replica.look()
        except Exception as error:
            replica.watch.drop()
            replica.fail(error)
        else:
            replica.judge(self._lag(replica, asked_at), most=self._max_lag_seconds, asked_at=asked_at)

    def _lag(self, replica: _Replica, asked_at: float) -> float | None:
        """How long ago the primary was where the replica is. By our clock alone, and true while nothing is written."""
        reached = [known_at for known_at, position in self._known if position <= replica.replayed]
        return max(asked_at - max(reached), 0.0) if reached else None

    def _forget(self, asked_at: float) -> None:
        """A replica that is read has all that was written before the lag it may have, seen from when it was looked at."""
        oldest = min([asked_at, *(each.judged_at for each in self._replicas if each.is_read)]) - self._max_lag_seconds
        while len(self._known) > 1 and self._known[0][0] < oldest:
            self._known.popleft()
        for asker, mark in list(self._marks.items()):
            if not mark.pending and not mark.unknown and mark.at < oldest:
                del self._marks[asker]

    async def close(self) -> None:
        """Lets go of all connections, except the primary's reader."""
        for looking in self._looking:
            looking.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        self._watch.drop()
        for replica in self._replicas:
            replica.watch.drop()
            await replica.reader.close()


async def _again_and_again(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await look()
        await asyncio.sleep(_POLL_SECONDS)


def _seen(task: asyncio.Task[int]) -> None:
    if not task.cancelled():
        task.exception()  # whoever asked may be gone


def _weight(asker: tuple[uuid.UUID, str], number: int) -> bytes:
    return hashlib.blake2b(f"{asker}{number}".encode(), digest_size=8).digest()


def _end_of_record(position: int) -> int:
    """The end of the last record: where a page was just filled, PostgreSQL names the place behind the next page's head."""
    head = position % _PAGE_BYTES
    return position - head if head in _PAGE_HEADS else position
