"""Clients that write under idempotency keys, repeat what nobody answered, and keep what was acknowledged, in order.

In come stories: generators that yield operations and get the data of their answers. Out come acknowledgements, the codes of
refusals and the slowest answer. Who kills what meanwhile is left to the tests.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.connection import Answer, Connection, Lost

__all__ = ["Acknowledgement", "Operation", "Story", "Writers"]

#: After these the same request, with the same key, is worth another try.
PASSING: Final = frozenset({"UNAVAILABLE", "OVERLOADED", "TIMEOUT", "CONFLICT", "RATE_LIMITED"})
_BETWEEN_SECONDS: Final = 0.05
_DOWN_SECONDS: Final = 0.25  # between two looks whether the server is there again
_TRACES: Final = (b"Traceback", b'File "', b"sqlalchemy", b"asyncpg", b"sqlite3", b".py")


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to do. label: unique among all, for finding what it left. repeats: whether it may be sent again."""

    kind: str
    label: str
    query: str
    variables: Mapping[str, Any]
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An operation that the server said it has done, and its data. tries: how often it was sent."""

    operation: Operation
    data: Mapping[str, Any]
    tries: int


#: Yields what to do next, gets the data of what was done; None where it was refused for good.
Story = Generator[Operation, Mapping[str, Any] | None, None]


@dataclass(slots=True)
class Writers:
    """Many clients of one server. seconds: how long one waits for an answer before that is a hang."""

    port: int
    key: str
    story: Callable[[int], Story]
    clients: int = 32
    seconds: float = 30
    acknowledged: list[Acknowledgement] = field(default_factory=list)
    refused: list[tuple[Operation, list[str]]] = field(default_factory=list)
    unknown: list[Operation] = field(default_factory=list)  # sent, never answered and never repeated
    codes: Counter[str] = field(default_factory=Counter)
    traces: list[bytes] = field(default_factory=list)
    lost: int = 0
    hangs: int = 0
    seconds_taken: list[float] = field(default_factory=list)  # of every answer, also of those that never came
    _more: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _ending: bool = False

    def start(self) -> None:
        """Lets all clients begin."""
        self._tasks = [asyncio.create_task(self._client(number)) for number in range(self.clients)]

    async def more(self, count: int, *, seconds: float = 60) -> None:
        """Returns when so many further operations are acknowledged."""
        wanted = len(self.acknowledged) + count
        await self._until(lambda: len(self.acknowledged) >= wanted, seconds=seconds)

    async def more_refusals(self, count: int, *, seconds: float = 60) -> None:
        """Returns when so many further errors were answered, passing ones among them."""
        wanted = self.codes.total() + count
        await self._until(lambda: self.codes.total() >= wanted, seconds=seconds)

    async def _until(self, is_so: Callable[[], bool], *, seconds: float) -> None:
        async with self._more:
            await asyncio.wait_for(self._more.wait_for(lambda: is_so() or self.ended), seconds)
        if self._failed:
            await asyncio.gather(*self._tasks)

    async def end(self, *, seconds: float = 120) -> None:
        """Waits until every story has come to its end."""
        await asyncio.wait_for(asyncio.gather(*self._tasks), seconds)

    async def finish(self, *, seconds: float = 60) -> None:
        """Begins nothing more, repeats what is unanswered until it is acknowledged, and returns."""
        self._ending = True
        await asyncio.wait_for(asyncio.gather(*self._tasks), seconds)

    @property
    def slowest(self) -> float:
        """Seconds of the slowest answer."""
        return max(self.seconds_taken, default=0)

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 answers came."""
        taken = sorted(self.seconds_taken)
        return taken[int(len(taken) * 0.99)] if taken else 0

    @property
    def labels(self) -> set[str]:
        """Of all that was acknowledged."""
        return {each.operation.label for each in self.acknowledged}

    @property
    def ended(self) -> bool:
        """Whether every story has come to its end, or one failed."""
        return self._failed or all(task.done() for task in self._tasks)

    @property
    def _failed(self) -> bool:
        return any(task.done() and not task.cancelled() and task.exception() for task in self._tasks)

    async def _client(self, number: int) -> None:
        connection, story = Connection(self.port, key=self.key, seconds=self.seconds), self.story(number)
        try:
            operation: Operation | None = next(story, None)
            while operation is not None:
                data = await self._done(connection, operation)
                if self._ending:
                    return
                try:
                    operation = story.send(data)
                except StopIteration:
                    return
        finally:
            connection.close()
            task = asyncio.current_task()
            assert task is not None
            task.add_done_callback(lambda _: asyncio.ensure_future(self._tell()))

    async def _tell(self) -> None:
        async with self._more:
            self._more.notify_all()

    async def _done(self, connection: Connection, operation: Operation) -> Mapping[str, Any] | None:
        tries = 0
        while True:
            tries += 1
            try:
                answer = await self._asked(connection, operation)
            except Lost:
                await asyncio.sleep(_DOWN_SECONDS)
                continue
            codes = [] if answer is None else answer.codes
            if answer is not None and not codes:
                return await self._acknowledge(operation, answer, tries)
            await self._count(codes)
            if answer is None and not operation.repeats:
                self.unknown.append(operation)
                return None
            if codes and (not operation.repeats or not PASSING.issuperset(codes)):
                self.refused.append((operation, codes))
                return None
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def _count(self, codes: list[str]) -> None:
        async with self._more:
            self.codes.update(codes)
            self._more.notify_all()

    async def _asked(self, connection: Connection, operation: Operation) -> Answer | None:
        """The answer; None where it was lost on its way. Raises Lost where not even the request went out."""
        began = time.monotonic()
        try:
            answer = await connection.ask(operation.query, operation.variables)
        except Lost as lost:
            if not lost.sent:
                raise
            self.lost += 1
            return None
        except TimeoutError:
            self.hangs += 1
            return None
        finally:
            self.seconds_taken.append(time.monotonic() - began)
        if any(trace in answer.body for trace in _TRACES):
            self.traces.append(answer.body)
        return answer

    async def _acknowledge(self, operation: Operation, answer: Answer, tries: int) -> Mapping[str, Any]:
        data: Mapping[str, Any] = answer.json["data"]
        async with self._more:
            self.acknowledged.append(Acknowledgement(operation, data, tries))
            self._more.notify_all()
        return data
