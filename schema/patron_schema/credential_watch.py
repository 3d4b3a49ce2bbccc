"""Looks at the credentials of open sockets again and again: a socket must not outlive a key that was revoked or expired.

Sockets come in with the headers and the actor they began with. One task looks at each different credential once per interval,
for all its sockets together and with few statements for many credentials; each socket is told when its credential ended or its
permissions changed. What a credential is worth is left to `authentication`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from patron_core.errors import PublicError, Unauthenticated
from patron_core.messages import Actor
from patron_schema.claims import CLAIMS
from patron_schema.errors import log_fault
from patron_schema.transport import Headers, Recheck, Refresh, Service

__all__ = ["CredentialWatch", "Watched"]

_Key: TypeAlias = tuple[bytes, ...]
_TOGETHER: Final = 256  # credentials, no more than a cache of known ones holds
#: With the second for which a credential is trusted, and the time a look takes, less than the five that are promised.
_RECHECK_SECONDS: Final = 3.5
_SOON: Final = 0.1  # of the interval: what is due within it is looked at now


class Watched(Protocol):
    """A socket, as the watch sees it."""

    def credential_ended(self) -> None:
        """The credential is not valid any more."""
        ...

    def permissions_changed(self) -> None:
        """The credential is another tenant's or has other permissions than the socket began with."""
        ...


@dataclass(slots=True, eq=False)
class _Credential:
    """What the sockets of one credential have in common. due: when it is looked at, by the loop's clock."""

    key: _Key
    headers: Headers
    due: float
    sockets: dict[Watched, Actor] = field(default_factory=dict)


class CredentialWatch:
    """The watch over all sockets of an application.

    authenticate: asked with the headers of any of the sockets that sent the same credential. refresh: told before of all that
    will be asked for. interval_seconds: between two looks at the same credential. new_request_id: names what goes wrong in the log.
    """

    def __init__(
        self,
        authenticate: Recheck,
        *,
        interval_seconds: float,
        new_request_id: Callable[[], str],
        refresh: Refresh | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._refresh = refresh
        self._interval_seconds = interval_seconds
        self._new_request_id = new_request_id
        self._credentials: dict[_Key, _Credential] = {}
        self._queue: deque[_Credential] = deque()  # the interval is the same for all: the first is due first
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, service: Service, *, interval_seconds: float = _RECHECK_SECONDS) -> CredentialWatch:
        """The watch over the sockets of a service."""
        return cls(
            service.recheck or service.authenticate,
            refresh=service.refresh,
            interval_seconds=interval_seconds,
            new_request_id=service.new_request_id,
        )

    @property
    def credentials(self) -> int:
        """How many different ones are watched."""
        return len(self._credentials)

    def join(self, socket: Watched, headers: Headers, actor: Actor) -> None:
        """Watches a socket's credential from now on."""
        key = _key(headers)
        found = self._credentials.get(key)
        if found is None:
            found = self._credentials[key] = _Credential(key, headers, self._next())
            self._queue.append(found)
        found.sockets[socket] = actor
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="patron-credential-watch")

    def leave(self, socket: Watched, headers: Headers) -> None:
        """Ends that; a socket that is not watched is passed over."""
        found = self._credentials.get(_key(headers))
        if found is None or found.sockets.pop(socket, None) is None or found.sockets:
            return
        del self._credentials[found.key]
        if not self._credentials and self._task is not None:
            self._task.cancel()
            self._task = None
            self._queue.clear()

    def _next(self) -> float:
        return asyncio.get_running_loop().time() + self._interval_seconds

    async def _watch(self) -> None:
        while self._queue:
            await asyncio.sleep(self._queue[0].due - asyncio.get_running_loop().time())
            due = self._due()
            if await self._succeeds(self._look_up(due)):
                for credential in due:
                    await self._succeeds(self._look(credential))
            for credential in due:
                if credential.sockets:
                    credential.due = self._next()
                    self._queue.append(credential)
        self._task = None

    def _due(self) -> list[_Credential]:
        """Takes those whose turn has come or comes soon out of the queue, and forgets those that nobody uses any more."""
        until = asyncio.get_running_loop().time() + _SOON * self._interval_seconds
        due: list[_Credential] = []
        while self._queue and self._queue[0].due <= until and len(due) < _TOGETHER:
            credential = self._queue.popleft()
            if credential.sockets:
                due.append(credential)
        return due

    async def _succeeds(self, work: Awaitable[None]) -> bool:
        """Whether it was done. The database may be away for a moment: then the operations say so themselves."""
        try:
            async with asyncio.timeout(max(self._interval_seconds, 1.0)):  # what hangs must not keep the others
                await work
        except (PublicError, TimeoutError):
            return False
        except Exception as error:
            log_fault(error, request_id=self._new_request_id(), event="socket.recheck_failed")
            return False
        return True

    async def _look_up(self, due: list[_Credential]) -> None:
        if self._refresh is not None and len(due) > 1:
            await self._refresh([credential.headers for credential in due])

    async def _look(self, credential: _Credential) -> None:
        try:
            now = await self._authenticate(credential.headers)
        except Unauthenticated:
            for socket in list(credential.sockets):
                socket.credential_ended()
            return
        for socket, actor in list(credential.sockets.items()):
            if (now.tenant_id, now.fingerprint) != (actor.tenant_id, actor.fingerprint):
                socket.permissions_changed()


def _key(headers: Headers) -> _Key:
    return tuple(name + value for name, value in headers if name == b"authorization" or name in CLAIMS)
