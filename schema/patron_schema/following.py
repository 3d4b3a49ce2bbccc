"""Subscriptions of one process: each event is answered once for all who would get the same answer, and then handed to each.

Listeners come in with the key of what decides their answers; those of one key are a group. The group reads the rows of an
event side by side, the next event after them, and tells everyone in that order. How an answer is made is left to the gateway,
how it travels to the listeners: they take it without waiting and bound what they keep.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from patron_core.errors import Overloaded
from patron_core.messages import Event
from patron_core.outbox.events import CommittedEvent

from .broadcast import Broadcaster
from .context import OperationRequest
from .places import Place, placed

__all__ = ["Answer", "Followed", "Following", "Followings", "Inbox", "Listener"]

_WAITING: Final = 256  # events of a group, and answers of a listener that is asked for them
_AT_ONCE: Final = 8  # rows of one event that are read side by side
_TOLD_AT_ONCE: Final = 64  # listeners, before others of the process have their turn


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of a row. subjects: parties whose rows it shows, where the audit keeps them."""

    text: str
    subjects: frozenset[str] = frozenset()


Answering = Callable[[uuid.UUID], Awaitable[Answer | None]]
#: Keeps in the audit who is told an answer, and gives the text to tell, which says so where that failed.
Keep = Callable[[Answer, Sequence[OperationRequest]], Awaitable[str]]


class Listener(Protocol):
    """One who is told. None of the methods may raise, and neither of the first two may wait."""

    def tell(self, answer: str, place: str | None) -> None:
        """Takes the JSON of an event's answer; the same text is told to all of a group.

        place: from where to go on after it, which the text has too; None where events have no positions.
        """
        ...

    def end(self, error: Exception | None) -> None:
        """Nothing more will be told: because of an error, or because there is no more."""
        ...

    async def room(self) -> None:
        """Returns when it can take more without delay, or will take nothing any more."""
        ...


@dataclass(frozen=True, slots=True)
class Followed:
    """What a group follows and how it answers.

    key: equal for listeners whose answers are the same, whatever the event. tenant_id: whose events. events: of which types.
    node_id: the attribute of an event that names its row. answer: what is told of a row, or None where there is nothing
    to tell; must not raise. keep: called before an answer is told, where the audit keeps it; must not raise.
    """

    key: Hashable
    tenant_id: uuid.UUID
    events: tuple[type[Event], ...]
    node_id: str
    answer: Answering
    keep: Keep | None = None

    def rows(self, event: Event) -> Sequence[uuid.UUID]:
        """The rows an event tells of: one, or those of its attribute in the plural."""
        one: uuid.UUID | None = getattr(event, self.node_id, None)
        return (one,) if one is not None else getattr(event, f"{self.node_id}s", ())

    def customer(self, event: Event, row_id: uuid.UUID) -> uuid.UUID | None:
        """Whose row it is; None where an event of several customers does not say."""
        several: Sequence[uuid.UUID] = getattr(event, "customer_ids", ())
        if not several:
            return event.customer_id
        if len(several) == 1:
            return several[0]
        return row_id if self.node_id == "customer_id" else None

    async def text(self, answer: Answer, place: str | None, requests: Sequence[OperationRequest]) -> str:
        """What is told of a row, once the audit holds to whom where it keeps that."""
        return placed(answer.text if self.keep is None else await self.keep(answer, requests), place)


class Followings:
    """All subscriptions of a process."""

    def __init__(self, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster
        self._groups: dict[Hashable, _Group] = {}

    @property
    def groups(self) -> int:
        """How many different subscriptions there are at this moment."""
        return len(self._groups)

    @property
    def listeners(self) -> int:
        """How many listen at this moment."""
        return sum(group.size for group in self._groups.values())

    def join(
        self,
        followed: Followed,
        listener: Listener,
        *,
        customer_id: uuid.UUID | None,
        request: OperationRequest | None = None,
        seen: Place | None = None,
    ) -> Following:
        """Tells the listener every event from now on.

        customer_id: of this customer only; None for all. request: who asked and how, for the audit. seen: up to where it
        was told already.
        """
        group = self._groups.get(followed.key)
        if group is None:
            group = self._groups[followed.key] = _Group(followed, self._forget)
            self._broadcaster.follow(followed.tenant_id, group)
        return group.join(listener, customer_id, request, seen)

    def _forget(self, group: _Group) -> None:
        self._broadcaster.leave(group.followed.tenant_id, group)
        if self._groups.get(group.followed.key) is group:
            del self._groups[group.followed.key]


class Following:
    """A listener's place in its group, until it is closed."""

    __slots__ = ("_group", "customer_id", "is_open", "listener", "request", "seen", "since")

    def __init__(
        self,
        group: _Group,
        listener: Listener,
        customer_id: uuid.UUID | None,
        since: int,
        request: OperationRequest | None,
        seen: Place | None,
    ) -> None:
        self._group = group
        self.listener = listener
        self.customer_id = customer_id
        self.since = since
        self.request = request
        self.seen = seen
        self.is_open = True

    def close(self) -> None:
        """Nothing is told any more, from this moment on. The others of the group go on; a second time does nothing."""
        if self.is_open:
            self.is_open = False
            self._group.leave(self)

    def awaits(self, number: int, place: Place | None) -> bool:
        """Whether a row is still to be told. number: of its event among those the group was handed."""
        return self.is_open and self.since < number and (self.seen is None or place is None or place > self.seen)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event that is not answered yet. number: its place among all the group was handed."""

    number: int
    committed: CommittedEvent

    @property
    def event(self) -> Event:
        """What happened."""
        return self.committed.event


class _Group:
    """Listeners with the same answers, by the customer they follow."""

    __slots__ = ("_audiences", "_forget", "_taken", "_task", "_waiting", "events", "followed", "size")

    def __init__(self, followed: Followed, forget: Callable[[_Group], None]) -> None:
        self.followed = followed
        self.events = followed.events
        self.size = 0
        self._forget = forget
        self._audiences: dict[uuid.UUID | None, dict[Following, None]] = {}
        self._waiting: deque[_Waiting] = deque()
        self._taken = 0
        self._task: asyncio.Task[None] | None = None

    # -- who listens

    def join(
        self,
        listener: Listener,
        customer_id: uuid.UUID | None,
        request: OperationRequest | None,
        seen: Place | None,
    ) -> Following:
        following = Following(self, listener, customer_id, self._taken, request, seen)
        self._audiences.setdefault(customer_id, {})[following] = None
        self.size += 1
        return following

    def leave(self, following: Following) -> None:
        audience = self._audiences[following.customer_id]
        del audience[following]
        if not audience:
            del self._audiences[following.customer_id]
        self.size -= 1
        if not self.size:  # a statement that runs is not cancelled: on PostgreSQL that would cost its connection
            self._waiting.clear()
            self._forget(self)

    # -- what happens

    def take(self, committed: CommittedEvent) -> None:
        """An event of the group's types: kept until it is its turn, unless nobody here follows its customer."""
        self._taken += 1
        if not any(self._concerned(committed.event, row_id) for row_id in self.followed.rows(committed.event)):
            return
        if len(self._waiting) >= _WAITING:
            self._overflow()
            return
        self._waiting.append(_Waiting(self._taken, committed))
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="patron-following")

    def _overflow(self) -> None:
        error = Overloaded(
            f"The subscription fell behind. More than {_WAITING} events wait to be answered. "
            "Read what you missed and subscribe again, asking for less of each event."
        )
        for audience in list(self._audiences.values()):
            for following in list(audience):
                following.close()
                following.listener.end(error)

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._tell_event(self._waiting.popleft())
        finally:
            self._task = None

    async def _tell_event(self, waiting: _Waiting) -> None:
        """Rows of one event were committed together and may be read side by side; answers come in the event's order."""
        every = self.followed.rows(waiting.event)
        rows = [(number, row) for number, row in enumerate(every, 1) if self._concerned(waiting.event, row)]
        for start in range(0, len(rows), _AT_ONCE):
            if not self.size:
                return
            some = rows[start : start + _AT_ONCE]
            answers = await self._answers([row_id for _, row_id in some])
            for (number, row_id), answer in zip(some, answers, strict=True):
                if answer is not None:
                    place = Place.of_row(waiting.committed.position, number, of=len(every))
                    await self._tell(answer, waiting, row_id, place)

    async def _answers(self, rows: Sequence[uuid.UUID]) -> list[Answer | None]:
        if len(rows) == 1:
            return [await self.followed.answer(rows[0])]
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(_awaited(self.followed.answer(row_id))) for row_id in rows]
        return [task.result() for task in asked]

    async def _tell(self, answer: Answer, waiting: _Waiting, row_id: uuid.UUID, place: Place | None) -> None:
        told = 0
        audience = [each for each in self._listening(waiting.event, row_id) if each.awaits(waiting.number, place)]
        shown = None if place is None else str(place)
        text = await self.followed.text(answer, shown, [each.request for each in audience if each.request is not None])
        for following in audience:
            if following.is_open:
                following.listener.tell(text, shown)
                told += 1
                if told % _TOLD_AT_ONCE == 0:
                    await asyncio.sleep(0)

    # -- whom it concerns

    def _concerned(self, event: Event, row_id: uuid.UUID) -> bool:
        return None in self._audiences or self.followed.customer(event, row_id) in self._audiences

    def _listening(self, event: Event, row_id: uuid.UUID) -> Iterator[Following]:
        yield from self._audiences.get(None, ())
        customer_id = self.followed.customer(event, row_id)
        if customer_id is not None:
            yield from self._audiences.get(customer_id, ())


async def _awaited(answer: Awaitable[Answer | None]) -> Answer | None:
    return await answer


class Inbox:
    """A listener that is asked: answers wait here until somebody takes them, at most 256."""

    __slots__ = ("_ended", "_error", "_filled", "_taken", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._error: Exception | None = None
        self._ended = False
        self._filled = asyncio.Event()
        self._taken = asyncio.Event()

    def tell(self, answer: str, place: str | None) -> None:
        """Keeps an answer; with 256 unread ones the reader has fallen behind."""
        if self._ended:
            return
        if len(self._waiting) < _WAITING:
            self._waiting.append(answer)
            self._filled.set()
            return
        self.end(
            Overloaded(
                f"The subscription fell behind. More than {_WAITING} answers wait to be read. "
                "Read what you missed, subscribe again and read faster."
            )
        )

    def end(self, error: Exception | None) -> None:
        """Ends the reading; what still waits is let go."""
        self._error, self._ended = error, True
        self._waiting.clear()
        self._filled.set()
        self._taken.set()

    async def room(self) -> None:
        """Returns when nothing waits to be read, or the reading has ended."""
        while self._waiting and not self._ended:
            self._taken.clear()
            await self._taken.wait()

    async def next(self) -> str | None:
        """The next answer, None at the end. Raises OVERLOADED when the reader, or its group, has fallen behind."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._ended:
                return None
            self._filled.clear()
            await self._filled.wait()
        self._taken.set()
        return self._waiting.popleft()
