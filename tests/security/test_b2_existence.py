"""B2: an id of another tenant is answered like one that nobody has, in the same bytes and, over many, in the same time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import pytest
from tests.security.realm import Realm, unknown

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="session")]

QUERY = "query Q($i: ID!) { node(id: $i) { __typename id } nodes(ids: [$i, $i]) { id } }"


def pairs(realm: Realm, most: int) -> Iterator[tuple[str, str]]:
    """Ids of the second tenant's rows, each with one of its kind that nobody has."""
    foreign = realm.foreign[0].rows
    for name, model in foreign.models.items():
        for row in foreign.by_model[name][:most]:
            yield f"{model.id_prefix}_{row['id']}", unknown(model.id_prefix)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_b2_an_id_of_another_tenant_is_answered_like_one_nobody_has(
    realm: Realm, dialect: str, record_property: pytest.RecordProperty
) -> None:
    patron = realm.crowded[dialect]  # type: ignore[index]
    tried = 0
    for foreign, nobodys in pairs(realm, most=5):
        assert await patron.raw(QUERY, {"i": foreign}) == await patron.raw(QUERY, {"i": nobodys}), foreign
        tried += 1
    record_property("figure", f"{tried} pairs of ids answered in the same bytes on {dialect}")


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_b2_both_take_the_same_time(realm: Realm, dialect: str, record_property: pytest.RecordProperty) -> None:
    patron = realm.crowded[dialect]  # type: ignore[index]
    taken: tuple[list[float], list[float]] = ([], [])
    for round_ in range(20):
        for pair in list(pairs(realm, most=5))[:100]:
            for which in (0, 1) if round_ % 2 else (1, 0):
                started = time.perf_counter()
                await patron.raw(QUERY, {"i": pair[which]})
                taken[which].append(time.perf_counter() - started)
    apart_ms = abs(statistics.median(taken[0]) - statistics.median(taken[1])) * 1_000
    record_property("figure", f"medians of {len(taken[0])} pairs lie {apart_ms:.3f} ms apart on {dialect}")
    assert apart_ms <= 1.0
