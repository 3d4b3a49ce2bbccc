"""Bar A1: what was acknowledged survives the death of the server, and what was not is there whole, once, or not at all."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import business
from tests.faults.writers import Writers

pytestmark = pytest.mark.faults

CLIENTS = 32
READY_SECONDS = 5


@pytest.mark.parametrize(
    ("kills", "most_between"),
    [pytest.param(10, 60, id="ci"), pytest.param(100, 300, id="real", marks=pytest.mark.soak)],
)
async def test_a1_nothing_acknowledged_is_lost_halved_or_doubled_when_the_server_is_killed(
    place: MakePlace, kills: int, most_between: int, record_property: Callable[[str, object], None]
) -> None:
    instants, here = random.Random(11), place()
    starts = []

    async with served(here.environment) as server:
        writers = Writers(server.port, here.new_tenant(), business, clients=CLIENTS)
        writers.start()
        for _ in range(kills):
            await writers.more(instants.randrange(1, most_between))
            await server.kill()
            starts.append(await server.start())
        await writers.finish()

    done = Counter(each.operation.kind for each in writers.acknowledged)
    labels = {each.operation.label for each in writers.acknowledged}
    assert len(labels) == len(writers.acknowledged)
    assert not writers.refused
    assert not writers.traces
    assert not writers.hangs
    for kind, column in NAMED.items():
        found = [name for (name,) in await rows(here.owner_url, column)]
        assert len(found) == len(set(found)) == done[kind]
        assert set(found) <= labels
    expected = {
        "customer": done["customer"],
        "party": done["customer"],
        "contact_medium": 2 * done["customer"],
        "ledger_transaction": done["transaction"],
        "ledger_transaction_line": 2 * done["transaction"],
        "touchpoint": done["touchpoint"],
        "idempotency_record": len(labels),
    }
    assert {table: await _count(here.owner_url, table) for table in expected} == expected
    assert await _incomplete(here.owner_url) == []

    slowest, usual, first = max(starts), statistics.median(starts), server.first_start_seconds
    record_property(
        "figure",
        f"{here.dialect}: {kills} kills under {CLIENTS} clients, {len(labels)} acknowledged: 0 lost, 0 halved, 0 doubled; "
        f"{writers.lost} answers were lost and their requests repeated; ready again after "
        f"{usual:.1f} s, at most {slowest:.1f} s (a first start took {first:.1f} s)",
    )
    assert usual <= READY_SECONDS + 2 * first  # the machine may be busy with other things: what a kill adds is bounded


#: Names of what was made, by kind of operation.
NAMED = {
    "customer": "SELECT p.display_name FROM customer c JOIN party p ON p.tenant_id = c.tenant_id AND p.id = c.party_id",
    "transaction": "SELECT receipt_number FROM ledger_transaction",
    "touchpoint": "SELECT topic FROM touchpoint",
}


async def _count(owner_url: str, table: str) -> int:
    ((count,),) = await rows(owner_url, f"SELECT count(*) FROM {table}")
    return int(count)


async def _incomplete(owner_url: str) -> list[tuple[object, ...]]:
    """What was made and has no audit entry or no event, or an event of what was not made."""
    made = "SELECT id FROM customer UNION ALL SELECT id FROM ledger_transaction UNION ALL SELECT id FROM touchpoint"
    unaudited = f"SELECT id FROM ({made}) m WHERE NOT EXISTS (SELECT 1 FROM audit_entry a WHERE a.record_id = m.id AND a.action = 'CREATE')"
    kinds = "'customer.created', 'transaction.recorded', 'touchpoint.logged'"
    told = f"SELECT customer_id, count(*) FROM outbox_event WHERE type IN ({kinds}) GROUP BY customer_id"
    have = """SELECT c.id, 1 + (SELECT count(*) FROM ledger_transaction t WHERE t.customer_id = c.id)
                             + (SELECT count(*) FROM touchpoint p WHERE p.customer_id = c.id) FROM customer c"""
    events, wanted = dict(await rows(owner_url, told)), dict(await rows(owner_url, have))
    return [*await rows(owner_url, unaudited), *(item for item in events.items() ^ wanted.items())]
