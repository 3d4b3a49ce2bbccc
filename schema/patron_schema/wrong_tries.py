"""How often somebody may be wrong: credentials that were refused, counted for each address and each key over a sliding minute.

In comes who tries which credential, out comes their turn, or RATE_LIMITED before anything is looked up. A credential that was
good before is never held up by the tries of others, so that nobody can lock it out. Counts are this process's.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import IPv6Address
from typing import Final

from patron_core.access.keys import KeyText
from patron_core.access.networks import address_of
from patron_core.errors import RateLimited, Unauthenticated

__all__ = ["MOST_TRIES", "WINDOW_SECONDS", "WrongTries"]

MOST_TRIES: Final = 10
WINDOW_SECONDS: Final = 60.0
_MOST_COUNTED: Final = 20_000
_MOST_KNOWN: Final = 20_000
_NETWORK_BITS: Final = 64  # of IPv6: one subscriber has that many addresses


class WrongTries:
    """Counts the wrong tries of a process. now: seconds that only grow."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: dict[str, _Count] = {}
        self._good: set[int] = set()

    def was_good(self, text: str) -> bool:
        """Whether the credential was good the last time it was sent to this process."""
        return (
            hash(text) in self._good
        )  # the process's own hash: a text that meets it by chance must be good all the same

    def note(self, text: str, *, good: bool) -> None:
        """Remembers whether a credential was good."""
        if not good:
            self._good.discard(hash(text))
            return
        if len(self._good) >= _MOST_KNOWN:
            self._good.clear()
        self._good.add(hash(text))

    @asynccontextmanager
    async def turn(self, text: str, *, address: str | None) -> AsyncGenerator[None]:
        """A try, counted where UNAUTHENTICATED is raised inside. Waits while as many run as may still fail.

        Raises RATE_LIMITED where the address, or the key that is named, was wrong too often within the last minute.
        """
        entered: list[_Count] = []
        try:
            for count in self._counts_of(text, address):
                await count.enter()
                entered.append(count)
            yield
        except Unauthenticated:
            for count in entered:
                count.failed()
            raise
        finally:
            for count in entered:
                count.leave()

    def _counts_of(self, text: str, address: str | None) -> Iterator[_Count]:
        yield self._count(f"address {_group(address)}")
        key = KeyText.parse(text)
        if key is not None:
            yield self._count(f"key {key.key_id}")

    def _count(self, name: str) -> _Count:
        found = self._counts.get(name)
        if found is None:
            found = self._counts[name] = _Count(self._now)
            if len(self._counts) > _MOST_COUNTED:
                self._thin_out()
        return found

    def _thin_out(self) -> None:
        """Forgets those without a wrong try; where that is not enough, the oldest that nobody waits for."""
        idle = [name for name, count in self._counts.items() if count.is_idle] or [
            name for name, count in self._counts.items() if not count.is_running
        ][: _MOST_COUNTED // 10]
        for name in idle:
            del self._counts[name]


class _Count:
    """The wrong tries of one address or key, and those that run."""

    __slots__ = ("_failed", "_now", "_running", "_waiting")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failed: deque[float] = deque(maxlen=MOST_TRIES)
        self._running = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_running(self) -> bool:
        return self._running > 0 or bool(self._waiting)

    @property
    def is_idle(self) -> bool:
        return not self.is_running and not self._recent()

    def _recent(self) -> int:
        since = self._now() - WINDOW_SECONDS
        while self._failed and self._failed[0] <= since:
            self._failed.popleft()
        return len(self._failed)

    async def enter(self) -> None:
        while self._recent() + self._running >= MOST_TRIES:
            if self._recent() >= MOST_TRIES:
                raise self._refusal()
            with self._in_line() as turn:
                await turn
        self._running += 1

    def failed(self) -> None:
        self._failed.append(self._now())

    def leave(self) -> None:
        self._running -= 1
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    @contextmanager
    def _in_line(self) -> Iterator[asyncio.Future[None]]:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            yield turn
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _refusal(self) -> RateLimited:
        seconds = max(1, math.ceil(self._failed[0] + WINDOW_SECONDS - self._now()))
        return RateLimited(
            f"Too many wrong credentials were sent. {MOST_TRIES} were refused within a minute. "
            f"Wait {seconds} s, then send a current one.",
            retryAfterMs=seconds * 1000,
        )


def _group(address: str | None) -> str:
    """What counts as one: an IPv4 address, or the network of an IPv6 address."""
    found = address_of(address)
    if isinstance(found, IPv6Address):
        return f"{int(found) >> (128 - _NETWORK_BITS):x}::"
    return "unknown" if found is None else str(found)
