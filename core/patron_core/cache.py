"""The one bounded cache of the house: documents, plans, statements, credentials and profiles are kept in it.

In come keys and values with a weight, out come the values that are still kept, and figures that say how well it works.
A value seen once never pushes out one that is used again and again. For one thread: the event loop's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

__all__ = ["Cache", "CacheFigures"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_FOR_RETURNING: Final = 0.8  # of the bounds; the rest is for values that were seen once


@dataclass(slots=True)
class CacheFigures:
    """What happened in a cache, or in several of one name (each connection has its own statements).

    most_entries, most_weight: the bounds of one cache, both at least 1. hits, misses, evictions: counted since the start;
    a value that was dropped or replaced is no eviction. entries, weight: what is kept now.
    """

    name: str
    most_entries: int
    most_weight: int
    hits: int = 0
    misses: int = 0
    evictions: int = 0
    entries: int = 0
    weight: int = 0


class _Entry(Generic[V]):
    __slots__ = ("since", "used", "value", "weight")

    def __init__(self, value: V, weight: int, since: int) -> None:
        self.value = value
        self.weight = weight
        self.since = since  # how many values had come when it was placed where it is
        self.used = since  # and when it was asked for last

    @property
    def returned(self) -> bool:
        """Whether it was asked for after a newer one had come: one request asks several times, that is no return."""
        return self.used > self.since


class Cache(Generic[K, V]):
    """A cache that a flood of values seen once passes by, and in which a hit moves nothing.

    A new value is on probation. The oldest there leaves for want of room, unless it was asked for again: then it joins
    those that return, at most four fifths of the bounds; so does a value that comes again soon after it left. Of those
    the oldest that was not asked for lately goes back on probation. (Second chance, as in CLOCK, with the queues of
    Johnson and Shasha, "2Q", VLDB 1994; of what left only the hashes of the keys are remembered, as many as entries.)

    most_entries, most_weight: the bounds, both at least 1; a value heavier than `most_weight` is not kept. figures: of
    other caches of the same kind, to be counted together with them; their bounds hold then. evicted: called with each
    value that left for want of room.
    """

    __slots__ = (
        "__weakref__", "_came", "_entries", "_evicted", "_left", "_newest", "_probation", "_returning", "_returning_weight",
        "_weight", "figures"
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *,
        most_entries: int,
        most_weight: int,
        figures: CacheFigures | None = None,
        evicted: Callable[[V], None] | None = None,
    ) -> None:
        self._evicted = evicted
        self.figures = figures or CacheFigures(name, most_entries, most_weight)
        self._entries: dict[K, _Entry[V]] = {}
        self._probation: OrderedDict[K, None] = OrderedDict()
        self._returning: OrderedDict[K, None] = OrderedDict()
        self._left: OrderedDict[int, None] = OrderedDict()
        self._newest: K | None = None
        self._weight = 0
        self._returning_weight = 0
        self._came = 0

    def get(self, key: K) -> V | None:
        """The value, which counts as used; None where it is not kept."""
        entry = self._entries.get(key)
        if entry is None:
            self.figures.misses += 1
            return None
        entry.used = self._came
        self.figures.hits += 1
        return entry.value

    def peek(self, key: K) -> V | None:
        """The value without counting as used, for logs and checks."""
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    def put(self, key: K, value: V, *, weight: int = 1) -> None:
        """Keeps a value, in place of the one with that key; what has no room any more leaves."""
        self.drop(key)
        if weight > self.figures.most_weight:
            return
        self._came += 1
        self._newest = key
        self._entries[key] = entry = _Entry(value, weight, self._came)
        self._weight += weight
        self.figures.entries += 1
        self.figures.weight += weight
        if hash(key) in self._left:
            del self._left[hash(key)]
            self._join(key, entry)
        else:
            self._probation[key] = None
        while len(self._entries) > self.figures.most_entries or self._weight > self.figures.most_weight:
            self._make_room()

    def outlived(self, key: K) -> None:
        """Forgets a value that `get` has just found and that is too old to be used: it was no hit."""
        self.figures.hits -= 1
        self.figures.misses += 1
        self.drop(key)

    def drop(self, key: K) -> None:
        """Forgets a value; nothing happens where there is none."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        if key in self._returning:
            del self._returning[key]
            self._returning_weight -= entry.weight
        else:
            del self._probation[key]
        self._weight -= entry.weight
        self.figures.entries -= 1
        self.figures.weight -= entry.weight

    def clear(self) -> None:
        """Forgets everything, as when a connection is gone."""
        self.figures.entries -= len(self._entries)
        self.figures.weight -= self._weight
        self._entries.clear()
        self._probation.clear()
        self._returning.clear()
        self._weight = self._returning_weight = 0

    def items(self) -> Iterator[tuple[K, V]]:
        """What is kept, as it was when the first was asked for."""
        yield from [(key, entry.value) for key, entry in self._entries.items()]

    @property
    def weight(self) -> int:
        """The weight of what is kept here."""
        return self._weight

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def _make_room(self) -> None:
        """One step: a value leaves, joins those that return, or gets a second chance. The newest stays: it is in use."""
        waiting = len(self._probation) - (self._newest in self._probation)
        queue = self._probation if waiting else self._returning
        key = next(iter(queue))
        entry = self._entries[key]
        if key == self._newest:
            queue.move_to_end(key)
        elif not entry.returned:
            self.drop(key)
            self._remember(key)
            if self._evicted is not None:
                self._evicted(entry.value)
        elif waiting:
            del self._probation[key]
            self._join(key, entry)
        else:
            self._place(key, entry, queue)

    def _remember(self, key: K) -> None:
        self.figures.evictions += 1
        self._left[hash(key)] = None
        if len(self._left) > self.figures.most_entries:
            self._left.popitem(last=False)

    def _join(self, key: K, entry: _Entry[V]) -> None:
        self._returning_weight += entry.weight
        self._place(key, entry, self._returning)
        self._send_back()

    def _send_back(self) -> None:
        """Keeps those that return within their share."""
        most, heaviest = _FOR_RETURNING * self.figures.most_entries, _FOR_RETURNING * self.figures.most_weight
        while len(self._returning) > most or self._returning_weight > heaviest:
            key, _ = self._returning.popitem(last=False)
            entry = self._entries[key]
            if entry.returned:
                self._place(key, entry, self._returning)
            else:
                self._returning_weight -= entry.weight
                self._place(key, entry, self._probation)

    def _place(self, key: K, entry: _Entry[V], queue: OrderedDict[K, None]) -> None:
        entry.since = entry.used = self._came
        queue[key] = None
        queue.move_to_end(key)
