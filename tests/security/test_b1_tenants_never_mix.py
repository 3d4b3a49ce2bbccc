"""B1: a tenant among others is answered as if it were alone, whatever it asks and whosever values it asks with.

Every type, field, argument, filter, order, group and figure of the core and of all plugins is asked on both databases by
a tenant that has two neighbours with look-alike rows. The same question to a database that holds this tenant alone must
give the same bytes: a foreign row, value, id, count, order or cursor would change them. What the walk does not reach fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import orjson
import pytest
from graphql import parse
from tests.planner.questions import QuestionMaker
from tests.security.answered import QUESTIONS, question
from tests.security.coverage import Reached, coordinates, roots_of
from tests.security.realm import Realm, everybody
from tests.security.walk import Walk

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="session")]

_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_ASKING = re.compile(r"\b(audit[A-Z]\w*|disclosures)\b")
_CANARIES = (b"Cushions", b"Blankets")
#: What a walk may be answered with beside data: the row of a foreign cursor is gone, and so is that of a foreign id.
_REFUSED = {"INVALID_INPUT", "NOT_FOUND"}
RANDOM = 300
USUAL = 8  # of the walk's documents, which one is asked on every change, beside the first answered one of each root


def without_traces(answer: bytes) -> bytes:
    """An answer in which rows that the asking itself leaves, those of the audit and of keys, have the same ids everywhere."""
    return _ID.sub(lambda found: b"made-meanwhile" if _is_new(found[0]) else found[0], answer)


def _is_new(id: bytes) -> bool:
    """Whether an id was made by the tests' standing clock, or today: those of the rows are of no time."""
    if id.startswith(b"019cec37-b600-"):
        return True
    return abs(int(id[:8] + id[9:13], 16) / 1000 - time.time()) < 86_400


async def asked(realm: Realm, query: str, variables: dict[str, object] | None = None) -> bytes:
    """Asks the first tenant's question among others on both databases and alone; returns the answer."""
    alone = without_traces(await realm.alone.raw(query, variables))
    for dialect, patron in realm.crowded.items():
        crowded = without_traces(await patron.raw(query, variables))
        assert not any(name in crowded for name in _CANARIES), f"{dialect} names another tenant's actor\n{query}"
        assert not {id.decode() for id in _ID.findall(crowded)} & realm.strangers(), query
        if _OF_ASKING.search(query):
            continue  # rows of one instant, which every question adds to: whose they are is what can be told
        assert crowded == alone, (
            f"{dialect} tells of other tenants\n{query}\n{variables}\n{crowded[:800]!r}\n{alone[:800]!r}"
        )
    return alone


async def walked(realm: Realm, documents: Iterable[str], reached: Reached, step: int) -> tuple[int, list[str]]:
    """Asks each so many-th document and those of roots that have not answered; what the others would reach is noted.

    Returns how many were answered, and those refused as nothing here may be.
    """
    answered, refused = 0, []
    for number, query in enumerate(documents):
        document = parse(query)
        if number % step and roots_of(document) <= reached.answered:
            reached.add(document, answered=False)
            continue
        answer = orjson.loads(await asked(realm, query))
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        if codes - _REFUSED:
            refused.append(f"{codes} {query} {answer['errors'][0]['message']}")
        else:
            answered += 1
            reached.add(document, answered=not codes)
    return answered, refused


async def test_b1_every_part_of_the_schema_is_asked_and_no_tenant_hears_of_another(
    realm: Realm, one_of: Callable[[int], int], record_property: pytest.RecordProperty
) -> None:
    reached = Reached(realm.composed.graphql)
    walk = Walk(realm.composed, realm.neighbours[0].samples, realm.foreign[0].samples)
    answered, refused = await walked(realm, walk.operations(), reached, one_of(USUAL))

    wanted = coordinates(realm.composed.graphql, "Query")
    missed = sorted(wanted - reached.found)
    record_property(
        "figure",
        f"{answered} documents on each database, 0 foreign rows, values, ids or counts; "
        f"{len(wanted) - len(missed)} of {len(wanted)} fields, arguments, inputs and keys reached",
    )
    assert not refused, f"{len(refused)} were refused\n" + "\n".join(refused[:5])
    assert not missed, f"{len(missed)} were not reached: {missed[:40]}"
    roots: Any = realm.composed.graphql.type_map["Query"]
    silent = sorted({*roots.fields} - reached.answered - {*QUESTIONS, "myInsights"})  # which is a customer's own
    assert not silent, f"{len(silent)} fields of the root were refused each time: {silent}"


@pytest.mark.parametrize("field", sorted(QUESTIONS))
async def test_b1_what_python_answers_is_answered_and_alike(realm: Realm, field: str) -> None:
    query = question(field, realm.composed.graphql, realm.neighbours[0].samples)

    assert b'"errors":[' not in await asked(realm, query), query


@pytest.mark.parametrize("block", range(2))
async def test_b1_random_questions_with_everybodys_values(
    realm: Realm, block: int, record_property: pytest.RecordProperty
) -> None:
    maker = QuestionMaker(
        realm.composed.graphql, everybody(realm.neighbours), roots=sorted(realm.composed.catalog.roots)
    )
    for seed in range(block * RANDOM, (block + 1) * RANDOM):
        question = maker.question(seed)
        await asked(realm, question.query, dict(question.variables))
    record_property("figure", f"{RANDOM} random questions on each database, 0 differing bytes")


@pytest.mark.soak
@pytest.mark.parametrize("block", range(2, 72))
async def test_b1_random_questions_for_long(realm: Realm, block: int) -> None:
    maker = QuestionMaker(
        realm.composed.graphql, everybody(realm.neighbours), roots=sorted(realm.composed.catalog.roots)
    )
    for seed in range(block * RANDOM, (block + 1) * RANDOM):
        question = maker.question(seed)
        await asked(realm, question.query, dict(question.variables))
