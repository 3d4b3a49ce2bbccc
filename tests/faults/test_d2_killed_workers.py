"""Bar D2: workers are killed again and again while clients write: every committed event arrives, none other does, in order.

The receiver fails three tries in ten: by a status, by silence, by a reset. Each worker's clock is ahead of the one before, so that the
leases of who was killed and the waits between tries are over.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable

import pytest
from tests.faults import worker_ahead
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.looking import rows
from tests.faults.server_tree import WorkerTree, served
from tests.faults.stories import business
from tests.faults.writers import Story, Writers
from tests.schema.webhook_receiver import HANG, RESET, Receiver, receiver

pytestmark = pytest.mark.faults

CLIENTS = 8
MOST_FAILURES = 2  # of one message
AHEAD_SECONDS = 120  # of a worker before the one that was killed: longer than a lease
LATER_HOURS = (
    1,
    3,
    9,
    20,
    40,
    41,
    42,
    45,
    51,
    60,
)  # how far ahead the last workers are, until everything has come through
QUIET = 40  # tenths of a second without a try: all that is due was tried
TYPES = ("customer.created", "customer.changed", "transaction.recorded", "touchpoint.logged")
ENDPOINT = """mutation($input: WebhookCreateInput!) {
  webhookCreate(input: $input) { webhookEndpoint { id } userErrors { message path } } }"""


@pytest.mark.parametrize(
    ("events", "kills"),
    [pytest.param(200, 5, id="ci"), pytest.param(10_000, 50, id="real", marks=pytest.mark.soak)],
)
async def test_d2_workers_that_are_killed_lose_no_event_and_invent_none(
    place: MakePlace, events: int, kills: int, record_property: Callable[[str, object], None]
) -> None:
    here = place(worker="false", outbound_loopback="true", webhook_seconds="0.5")
    wanted = ", ".join(f"'{name}'" for name in TYPES)
    instants, began = random.Random(2), time.monotonic()
    working = {**here.environment, "PATRON_WORKER": "true", "PATRON_WORKER_POLL_SECONDS": "0.2"}
    killed = 0

    async with served(here.environment) as server, receiver(_answer) as hooks:
        key = here.new_tenant()
        await _endpoint(server.port, key, hooks)
        writers = Writers(server.port, key, lambda client: _some(client, events // CLIENTS), clients=CLIENTS)
        worker = await _worker(working, 0)
        writers.start()
        try:
            for _ in range(kills):
                # an operation causes one event or two, and what is written while a worker starts counts too
                await writers.more(instants.randrange(1, events // (2 * kills)), seconds=600)
                await worker.close()
                killed += 1
                worker = await _worker(working, killed * AHEAD_SECONDS)
            await writers.end(seconds=1_800)
            committed = await rows(
                here.owner_url,
                f"SELECT id, customer_id, customer_sequence FROM outbox_event WHERE type IN ({wanted})",
            )
            for hours in LATER_HOURS:
                await _all_taken(hooks, len(committed))
                if len({each.webhook_id for each in hooks.taken}) >= len(committed):
                    break
                await worker.close()
                killed += 1
                worker = await _worker(working, hours * 3_600)
            await _all_taken(hooks, len(committed))
        finally:
            await worker.close()

    names = {f"evt_{id_}": (str(customer), int(sequence)) for id_, customer, sequence in committed}
    taken = list(dict.fromkeys(each.webhook_id for each in hooks.taken))
    order: dict[str, list[int]] = defaultdict(list)
    for name in taken:
        customer, sequence = names[name]
        order[customer].append(sequence)
    again = len(hooks.taken) - len(taken)
    missing = names.keys() - set(taken)
    assert missing == set(), await rows(
        here.owner_url, "SELECT status, attempts, due_at, event_id FROM webhook_delivery WHERE status <> 'DELIVERED'"
    )
    assert {each.webhook_id for each in hooks.came} - names.keys() == set(), "phantom"
    assert [customer for customer, found in order.items() if found != sorted(found)] == []
    assert not writers.traces
    record_property(
        "figure",
        f"{here.dialect}: {len(names)} events, {killed} workers killed, {len(hooks.came)} tries of which "
        f"{len(hooks.came) - len(hooks.taken)} failed: 0 missing, 0 phantom, in order for each of {len(order)} customers; {again} "
        f"came again, with the same webhook-id; {time.monotonic() - began:.0f} s",
    )


def _some(client: int, most: int) -> Story:
    """The first operations of a client; each causes an event or two."""
    story = business(client)
    operation = next(story)
    for _ in range(most):
        operation = story.send((yield operation))


def _answer(webhook_id: str, number: int) -> int:
    """Three tries in ten fail, at most two of one message; the same in every run."""
    chance = random.Random(f"{webhook_id} {number}")
    if number > MOST_FAILURES or chance.random() >= 0.3:
        return 200
    return HANG if chance.random() < 0.05 else chance.choice([500, 503, RESET, RESET])


async def _worker(environment: dict[str, str], seconds: float) -> WorkerTree:
    """One that works, with a clock that is so far ahead."""
    made = WorkerTree(environment, str(seconds), module="tests.faults.worker_ahead", up=worker_ahead.UP)
    await made.start()
    return made


async def _endpoint(port: int, key: str, hooks: Receiver) -> None:
    client = Connection(port, key=key)
    given = {"url": hooks.url, "eventTypes": list(TYPES), "scopes": ["*:read"]}
    answer = await client.ask(ENDPOINT, {"input": given})
    client.close()
    assert not answer.codes, answer.body


async def _all_taken(hooks: Receiver, count: int) -> None:
    """Returns when so many different messages have come through, or when none has come for some seconds."""
    came, quiet = -1, 0
    while len({each.webhook_id for each in hooks.taken}) < count and quiet < QUIET:
        quiet = quiet + 1 if len(hooks.came) == came else 0
        came = len(hooks.came)
        await asyncio.sleep(0.1)
