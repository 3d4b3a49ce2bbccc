"""A plan without somebody's parts gives what the whole plan gives, with null and an error in the place of each of them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.fuzz.documents import Documents as Questions

from patron_core.errors import PublicError
from patron_schema.planner.replanning import owners_of
from patron_schema.testing.service import Patron

QUESTIONS = 120
PLUGINS = ("banking", "healthcare", "hospitality", "retail")


async def test_a_plan_without_a_plugin_reads_nothing_of_it(patron: Patron) -> None:
    """Of questions made at random: whatever was asked, nothing of the plugin is in the plan that leaves it out."""
    gateway, actor = patron.gateway, patron.prepared.actor
    composed = (await gateway.schemas.of(actor.tenant_id)).composed
    questions, compared = Questions(composed.graphql, ["cus_" + "0" * 32]), 0
    for number in range(QUESTIONS):
        question = questions.question(random.Random(f"plan:{number}"), "canary")
        try:
            ready = await gateway._ready(patron.request(question.text, question.variables))
        except PublicError:
            continue
        for owner in PLUGINS:
            prepared = gateway.operations.prepare(
                composed, ready.document, ready.variables, actor, without=frozenset({owner})
            )
            planned = [root.plan for root in (*prepared.roots, *prepared.payloads.values()) if root.plan is not None]
            assert all(owner not in owners_of(plan) for plan in planned), question.text
            compared += 1
    assert compared > 50


@pytest.mark.parametrize("left_out", ["banking", "hospitality", "retail"])
async def test_a_plugin_that_is_off_is_null_and_all_others_are_as_before(patron: Patron, left_out: str) -> None:
    await patron.data('mutation { customerCreate(input: {person: {givenName: "Ada"}}) { customer { id } } }')
    fields = {
        "retail": "loyalty { tier } purchases { totalCount }",
        "hospitality": "guest { nightsStayed }",
        "banking": "portfolio { accountCount }",
    }
    query = "{ customers { totalCount nodes { displayName " + " ".join(fields.values()) + " } } }"
    whole: dict[str, Any] = (await patron.data(query))["customers"]

    plugins = (await patron.gateway.schemas.of(patron.prepared.tenant_id)).plugins
    for _ in range(5):
        plugins.read_failed(left_out, part="a test", tenant_id=patron.prepared.tenant_id, error=RuntimeError())
    answer = await patron.ask(query)
    plugins._quarantine.off_until.clear()  # the registry serves other tests too
    plugins._quarantine.reads.clear()

    [customer] = answer["data"]["customers"]["nodes"]
    lost = {error["path"][-1] for error in answer["errors"]}
    assert {error["extensions"]["plugin"] for error in answer["errors"]} == {left_out}
    assert lost == {word for word in fields[left_out].replace("{", " ").split() if word in customer}
    assert customer == {**whole["nodes"][0], **dict.fromkeys(lost)}
    assert answer["data"]["customers"]["totalCount"] == whole["totalCount"]
