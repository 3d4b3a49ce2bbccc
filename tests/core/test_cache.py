"""The one bounded cache: its bounds hold, values in use outlive floods of others, and its figures are right."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence

import pytest

from patron_core.cache import Cache, CacheFigures


def filled(keys: Sequence[int], *, most_entries: int = 10, most_weight: int = 1_000) -> Cache[int, str]:
    cache: Cache[int, str] = Cache("test", most_entries=most_entries, most_weight=most_weight)
    for key in keys:
        cache.put(key, str(key))
    return cache


def test_a_value_is_found_until_it_is_dropped() -> None:
    cache = filled([1, 2])

    assert (cache.get(1), cache.get(2), cache.get(3)) == ("1", "2", None)
    cache.drop(1)
    cache.drop(1)
    assert (cache.get(1), cache.get(2), len(cache)) == (None, "2", 1)


def test_a_key_put_twice_has_its_last_value_and_weight() -> None:
    cache = filled([1])

    cache.put(1, "one", weight=5)
    cache.put(1, "uno", weight=3)

    assert (cache.get(1), len(cache), cache.weight, cache.figures.evictions) == ("uno", 1, 3, 0)


def test_a_value_heavier_than_the_cache_is_not_kept() -> None:
    cache = filled([1], most_weight=10)

    cache.put(2, "heavy", weight=11)

    assert (cache.get(2), cache.get(1)) == (None, "1")


def test_the_newest_value_is_kept_even_where_it_is_heavy() -> None:
    cache: Cache[int, str] = Cache("test", most_entries=10, most_weight=100)
    for key in range(10):
        cache.put(key, "used", weight=10)
    for _ in range(3):
        for key in range(10):
            cache.get(key)
        cache.put(99, "heavy", weight=60)

        assert cache.get(99) == "heavy"
        assert cache.weight <= 100


def test_values_in_use_outlive_a_flood_of_values_seen_once() -> None:
    cache = filled(range(8), most_entries=20)
    missed = 0

    for stranger in range(1_000, 11_000):
        cache.put(stranger, "seen once")
        cache.get(stranger)  # as one request asks for its document several times
        if stranger % 2:
            missed += cache.get(stranger % 8) is None

    assert missed == 0
    assert all(key in cache for key in range(1, 8, 2))


def test_values_that_are_used_no_more_make_room_for_those_that_are() -> None:
    cache = filled(range(10), most_entries=10)
    for _ in range(3):
        for key in range(10):
            cache.get(key)
        cache.put(99, "between")

    for _ in range(20):
        for key in range(20, 28):
            if cache.get(key) is None:
                cache.put(key, "new")

    assert [key for key in range(20, 28) if key not in cache] == []


def test_the_bounds_and_the_figures_hold_whatever_comes() -> None:
    rnd = random.Random(5)
    cache: Cache[int, int] = Cache("test", most_entries=25, most_weight=200)
    asked = 0

    for _ in range(20_000):
        key = rnd.randrange(10) if rnd.random() < 0.5 else rnd.randrange(1_000)
        match rnd.randrange(20):
            case 0:
                cache.drop(key)
            case 1:
                cache.put(key, key, weight=rnd.randrange(1, 60))
            case _:
                asked += 1
                found = cache.get(key)
                assert found in (None, key)
                if found is None:
                    cache.put(key, key, weight=rnd.randrange(1, 20))
        figures = cache.figures
        assert len(cache) == figures.entries <= 25
        assert cache.weight == figures.weight <= 200
        assert sorted(key for key, _ in cache.items()) == sorted([*cache._probation, *cache._returning])
    assert figures.hits + figures.misses == asked


def test_looking_without_using_is_not_counted() -> None:
    cache = filled([1])

    assert (cache.peek(1), cache.peek(2)) == ("1", None)
    assert (cache.figures.hits, cache.figures.misses) == (0, 0)


def test_caches_of_one_kind_are_counted_together() -> None:
    figures = CacheFigures("statements", most_entries=2, most_weight=100)
    one: Cache[str, int] = Cache("statements", most_entries=2, most_weight=100, figures=figures)
    two: Cache[str, int] = Cache("statements", most_entries=2, most_weight=100, figures=figures)

    one.put("a", 1, weight=7)
    two.put("a", 2, weight=7)
    assert (one.get("a"), two.get("a"), two.get("b")) == (1, 2, None)
    assert (figures.hits, figures.misses, figures.entries, figures.weight) == (2, 1, 2, 14)

    one.clear()
    assert (figures.entries, figures.weight, one.get("a"), two.get("a")) == (1, 7, None, 2)


@pytest.mark.parametrize("most_entries", [1, 2, 3])
def test_the_smallest_caches_work(most_entries: int) -> None:
    cache = filled([], most_entries=most_entries)

    for key in [1, 2, 3, 1, 2, 3, 3, 3]:
        if cache.get(key) is None:
            cache.put(key, str(key))
        assert len(cache) <= most_entries
    assert cache.get(3) == "3"


def test_memory_does_not_grow_with_the_number_of_values_that_came() -> None:
    cache: Cache[str, str] = Cache("test", most_entries=100, most_weight=10_000)

    def flood(start: int) -> int:
        for number in range(start, start + 10_000):
            cache.put(f"key {number}", "x" * 90, weight=100)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = flood(0)
        grown = flood(10_000) - first
    finally:
        tracemalloc.stop()
    assert grown < 20_000
