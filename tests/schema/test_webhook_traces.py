"""What is left of webhooks: erased with a party, forgotten after a time; and heads of the audit that are posted."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select
from standardwebhooks import Webhook
from tests.schema.test_webhooks import customer, deliveries
from tests.schema.webhook_receiver import Mailroom, Receiver, receiver

from patron_core.audit.anchors import Anchor
from patron_core.audit.sealing import Sealer
from patron_core.errors import Unavailable
from patron_core.hookspecs import Step
from patron_core.outbound.client import Outbound
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.values import SystemClock
from patron_core.webhooks.anchoring import AnchorPost
from patron_core.webhooks.models import WebhookAttempt, WebhookDelivery
from patron_core.webhooks.retention import forget_deliveries
from patron_core.webhooks.signing import new_webhook_secret
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(())


@pytest_asyncio.fixture
async def hooks() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


async def test_what_was_sent_and_what_waits_about_a_customer_goes_with_them(patron: Patron, hooks: Receiver) -> None:
    mail = Mailroom(patron)
    await mail.endpoint(hooks.url, ["customer.*", "person.*"])
    gone, stays = await customer(patron, "Ada One"), await customer(patron, "Ada Two")
    await mail.deliver()
    before = len(hooks.came)
    await patron.data(
        f'mutation {{ customerUpdate(input: {{id: "{gone}", version: 1, owner: "me"}}) {{ customer {{ id }} }} }}'
    )
    await mail.hand_on()
    party = (await patron.data(f'{{ customer(id: "{gone}") {{ party {{ id }} }} }}'))["customer"]["party"]["id"]

    erased = await patron.data(
        'mutation($id: ID!) { privacyErase(input: {partyId: $id, reason: "asked"}) { userErrors { message } } }',
        {"id": party},
    )
    await mail.send()

    left = {each["customerId"] for each in await deliveries(patron)}
    of_nobody = await patron.prepared.database.read(
        patron.prepared.tenant_id,
        lambda session: session.scalars(
            select(WebhookAttempt.id).where(~WebhookAttempt.delivery_id.in_(select(WebhookDelivery.id)))
        ).all(),
    )
    assert erased["privacyErase"]["userErrors"] == []
    assert gone not in left
    assert stays in left
    assert of_nobody == []
    assert all(gone not in came.body.decode() for came in hooks.came[before:])


async def test_deliveries_are_forgotten_some_time_after_they_came_to_rest(patron: Patron, hooks: Receiver) -> None:
    mail = Mailroom(patron)
    await mail.endpoint(hooks.url, ["customer.created"])
    await customer(patron, "Ada One")
    await mail.deliver()
    patron.prepared.clock.advance(dt.timedelta(days=29))
    hooks.answer = lambda _id, _number: 500
    await customer(patron, "Ada Two")
    await mail.deliver()
    step = Step(arguments={}, state={}, done=0)

    before = len(await deliveries(patron))
    await patron.prepared.do(lambda uow: forget_deliveries(step, uow))
    kept = len(await deliveries(patron))
    patron.prepared.clock.advance(dt.timedelta(days=2))
    await patron.prepared.do(lambda uow: forget_deliveries(step, uow))

    (left,) = await deliveries(patron)
    assert (before, kept) == (2, 2)
    assert left["status"] == "WAITING"


async def test_heads_of_the_audit_are_posted_signed_and_again_where_they_were_not_taken(
    patron: Patron, hooks: Receiver
) -> None:
    secret, prepared = new_webhook_secret(), patron.prepared
    post = AnchorPost(Outbound(allow_loopback=True), hooks.url, secret=secret, clock=SystemClock())
    hooks.answer = lambda _id, _number: 503
    sealer = Sealer(prepared.database, clock=prepared.clock, anchor_post=post, seconds=0.01, anchor_seconds=0.01)
    await customer(patron)

    with pytest.raises(Unavailable):
        await post([Anchor(prepared.tenant_id, 1, "0" * 64, prepared.clock.now())])
    hooks.answer = lambda _id, _number: 200
    sealer.note(prepared.tenant_id)
    await sealer.settled()
    await sealer.close()

    came = hooks.taken[-1]
    (head,) = Webhook(secret).verify(came.body, came.headers)["data"]["anchors"]
    assert json.loads(came.body)["type"] == "audit.anchored"
    assert uuid.UUID(head["tenant"]) == prepared.tenant_id
    assert head["sequence"] > 0


@pytest.mark.parametrize("given", [{"audit_anchor_url": "https://a.example.com/"}, {"audit_anchor_secret": "x" * 40}])
def test_heads_are_posted_signed_or_not_at_all(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="signed"):
        Settings(**given)  # type: ignore[arg-type]
