"""The sockets of one process: how many there may be, of an address, of an actor and in all, and how long one may live or say nothing.

Sockets come in when they open and go when they end; one timer looks at all of them. What a socket says to its client when it has to
end is left to `websocket_session`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable
from typing import Final, Protocol

__all__ = ["Socket", "SocketSettings", "Sockets"]

_LOOKS_PER_SPAN: Final = 4  # how often in the shortest span sockets are looked at


class SocketSettings(Protocol):
    """What is read of the settings."""

    @property
    def ws_idle_seconds(self) -> float: ...
    @property
    def ws_life_seconds(self) -> float: ...
    @property
    def ws_max_per_actor(self) -> int: ...
    @property
    def ws_max_per_address(self) -> int: ...
    @property
    def ws_max_per_process(self) -> int: ...


class Socket(Protocol):
    """What is known of a socket. heard_at: when it was opened or last sent something, in seconds of the event loop."""

    @property
    def opened_at(self) -> float: ...
    @property
    def heard_at(self) -> float: ...
    @property
    def is_busy(self) -> bool:
        """Whether it has an operation, so that its silence means nothing."""
        ...

    def outlived(self) -> None:
        """Called when it has lived long enough."""
        ...

    def fell_silent(self) -> None:
        """Called when it said nothing for too long, and had nothing to wait for."""
        ...


class Sockets:
    """Counts and ages of the sockets of one process."""

    def __init__(self, settings: SocketSettings) -> None:
        self._settings = settings
        self._open: dict[Socket, list[Hashable]] = {}
        self._counts: Counter[Hashable] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def refusal(self, address: str | None) -> str | None:
        """Why no further socket of this address may open; None where it may."""
        if len(self._open) >= self._settings.ws_max_per_process:
            return _too_many("the process", len(self._open), self._settings.ws_max_per_process)
        return self._full("the address", ("address", address), self._settings.ws_max_per_address)

    def opened(self, socket: Socket, *, address: str | None) -> None:
        """Counts a socket."""
        self._open[socket] = []
        self._count(socket, ("address", address))
        if self._timer is None:
            self._wait()

    def belongs(self, socket: Socket, actor: Hashable) -> str | None:
        """Counts a socket for its actor; or says why it may not stay."""
        refusal = self._full("the actor", ("actor", actor), self._settings.ws_max_per_actor)
        if refusal is None:
            self._count(socket, ("actor", actor))
        return refusal

    def closed(self, socket: Socket) -> None:
        """Forgets a socket."""
        for key in self._open.pop(socket, ()):
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]
        if not self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _count(self, socket: Socket, key: Hashable) -> None:
        self._counts[key] += 1
        self._open[socket].append(key)

    def _full(self, whose: str, key: Hashable, maximum: int) -> str | None:
        return _too_many(whose, self._counts[key], maximum) if self._counts[key] >= maximum else None

    def _wait(self) -> None:
        shortest = min(self._settings.ws_idle_seconds, self._settings.ws_life_seconds)
        self._timer = asyncio.get_running_loop().call_later(shortest / _LOOKS_PER_SPAN, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for socket in list(self._open):
            if now - socket.opened_at >= self._settings.ws_life_seconds:
                socket.outlived()
            elif not socket.is_busy and now - socket.heard_at >= self._settings.ws_idle_seconds:
                socket.fell_silent()
        if self._open:
            self._wait()


def _too_many(whose: str, value: int, maximum: int) -> str:
    return f"Too many sockets of {whose}: {value + 1}, the maximum is {maximum}"
