"""Bar D5: points are neither made nor lost: every balance is the sum of its entries, whoever spends at once and whatever dies."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.looking import rows
from tests.faults.loyalty import adjust, members, redeem
from tests.faults.server_tree import served
from tests.faults.writers import Operation, Story, Writers

pytestmark = pytest.mark.faults

CLIENTS = 64
MEMBERS = 8


@pytest.mark.parametrize(
    ("operations", "kills"),
    [pytest.param(600, 2, id="ci"), pytest.param(100_000, 20, id="real", marks=pytest.mark.soak)],
)
async def test_d5_the_entries_of_every_member_sum_up_to_their_points(
    place: MakePlace, operations: int, kills: int, record_property: Callable[[str, object], None]
) -> None:
    here = place(plugins=("retail",), running_per_actor="64")
    given: dict[str, int] = {}

    async with served(here.environment) as server:
        key = here.new_tenant()
        hot = await members(server.port, key, MEMBERS)

        def story(client: int) -> Story:
            chance, number = random.Random(client), 0
            while True:
                number += 1
                yield from _step(chance, hot, f"c{client}n{number}", given)

        writers = Writers(server.port, key, story, clients=CLIENTS)
        writers.start()
        for _ in range(kills):
            await writers.more(operations // (kills + 1), seconds=3_600)
            await server.kill()
            await server.start()
        await writers.more(operations // (kills + 1), seconds=3_600)
        await writers.finish()

    points = {
        str(id_): count for id_, count in await rows(here.owner_url, "SELECT id, points FROM retail_loyalty_member")
    }
    sums: dict[str, int] = defaultdict(int)
    entries = await rows(here.owner_url, "SELECT member_id, delta, reason FROM retail_points_entry")
    for member, delta, _ in entries:
        sums[str(member)] += delta
    reasons = Counter(reason for *_, reason in entries)
    poor = [each for each, codes in writers.refused if codes == ["INVALID_INPUT"]]
    assert points == {member: sums[member] for member in points}
    assert min(points.values()) >= 0
    assert max(reasons.values()) == 1, "points were moved twice"
    assert reasons.keys() == writers.labels
    assert sum(points.values()) == sum(given[label] for label in writers.labels)
    assert [codes for _, codes in writers.refused if codes != ["INVALID_INPUT"]] == []
    record_property(
        "figure",
        f"{here.dialect}: {CLIENTS} clients, {len(writers.acknowledged)} movements of {MEMBERS} members and {len(poor)} refused "
        f"for want of points, {kills} kills: every sum agrees, none below 0, none moved twice",
    )
    assert poor, "nobody ever wanted more than was there"


def _step(chance: random.Random, hot: list[str], label: str, given: dict[str, int]) -> Story:
    """Something somebody does: points come, are spent, or go from one member to another."""
    one, other = chance.sample(hot, 2)
    count = chance.randrange(1, 50)

    def moved(operation: Operation, by: int) -> Operation:
        given[operation.label] = by
        return operation

    match chance.randrange(3):
        case 0:
            yield moved(adjust(one, count, label), count)
        case 1:
            yield moved(redeem(one, count, label), -count)
        case _:
            taken = yield moved(adjust(one, -count, f"{label}a"), -count)
            if taken is not None:
                yield moved(adjust(other, count, f"{label}b"), count)
