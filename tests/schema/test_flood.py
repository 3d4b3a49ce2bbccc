"""A flood of documents seen once, ten times what the cache holds: those in use are parsed once, memory stays where it is.

`benchmarks/caches.py` sends 10,000 to a cache of the usual size.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

from graphql import build_schema

from patron_core.settings import Settings
from patron_schema.documents import Documents

SCHEMA = build_schema("type Query { a(x: Int): Int b: Int }")
HOT = ["{ a }", "{ b }", "query Named { a(x: 1) }", "query ($x: Int) { a(x: $x) }"]


def small() -> Documents:
    documents = Documents(Settings())
    documents.figures.most_entries = 100
    return documents


def ask(documents: Documents, query: str) -> None:
    """What one request does: its kind is asked, it is loaded, and the log wants its digest."""
    documents.kind(query, None)
    documents.load(SCHEMA, "schema", query, None)
    assert documents.digest(query, None) is not None


def strangers(count: int, *, start: int = 0) -> Iterator[str]:
    return (f"query Once{number} {{ a(x: {number}) }}" for number in range(start, start + count))


def test_documents_in_use_are_parsed_once_whatever_comes_between() -> None:
    documents = small()

    for number, stranger in enumerate(strangers(1_000)):
        ask(documents, stranger)
        if number % 10 == 0:
            for query in HOT:
                ask(documents, query)

    figures = documents.figures
    assert figures.misses == 1_000 + len(HOT)
    assert figures.entries <= figures.most_entries
    assert figures.weight <= figures.most_weight


def test_documents_in_use_before_a_flood_are_still_there_after_it() -> None:
    documents = small()
    for between in ("{ a b }", "{ b a }"):
        for query in HOT:
            ask(documents, query)
        ask(documents, between)  # asked for again while nothing new came is one and the same request, for all it knows

    for stranger in strangers(1_000):
        ask(documents, stranger)

    before = documents.figures.misses
    for query in HOT:
        ask(documents, query)
    assert documents.figures.misses == before


def test_memory_does_not_grow_with_the_number_of_documents_that_came() -> None:
    documents = small()

    def resident(start: int) -> int:
        for stranger in strangers(300, start=start):
            ask(documents, stranger)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        full = resident(10_000)
        grown = resident(11_000) - full
    finally:
        tracemalloc.stop()
    assert grown < full / 20
