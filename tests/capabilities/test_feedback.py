"""What customers think over GraphQL, on both databases: once about each thing, scores with intervals, and who is unhappy."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from patron_core.feedback.commands import RecordFeedback
from patron_core.feedback.models import FeedbackKind
from patron_core.feedback.scores import Counts, customer_satisfaction, net_promoter_score
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.compose.commands import decode_id
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation C($name: String!) { customerCreate(input: { organization: { legalName: $name } }) { customer { id } } }"""
RECORD = """mutation F($input: FeedbackRecordInput!) { feedbackRecord(input: $input) {
  feedback { id score case { id } } userErrors { code path } } }"""
SCORES = """query S($since: DateTime!, $least: Int!) {
  nps: netPromoterScore(since: $since, minimumSample: $least) { ...F }
  csat: customerSatisfaction(since: $since, minimumSample: $least) { ...F } }
fragment F on Figure { value applicable reason sampleSize unit inputs { name value } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, name: str = "Engines") -> str:
    """The id of a new customer."""
    made: str = (await patron.data(CUSTOMER, {"name": name}))["customerCreate"]["customer"]["id"]
    return made


async def said(patron: Patron, who: str, kind: str, score: int, **more: Any) -> dict[str, Any]:
    """The payload of an answer."""
    given = {"customerId": who, "kind": kind, "score": score, **more}
    payload: dict[str, Any] = (await patron.data(RECORD, {"input": given}))["feedbackRecord"]
    return payload


async def test_feedback_is_kept_once_about_the_same_thing_and_scores_have_intervals(patron: Patron) -> None:
    who, other = await customer(patron), await customer(patron, "Other")
    case = (
        await patron.data(
            """mutation O($id: ID!) { caseOpen(input: { customerId: $id, kind: REQUEST, topic: "Oil" }) { case { id } } }""",
            {"id": who},
        )
    )["caseOpen"]["case"]["id"]

    first, twice = await said(patron, who, "CSAT", 4, caseId=case), await said(patron, who, "CSAT", 5, caseId=case)
    foreign = await said(patron, other, "CSAT", 4, caseId=case)
    beyond = await said(patron, who, "CSAT", 10)
    for score in (10, 9, 9, 8, 3):
        await said(patron, who, "NPS", score)
    since = (NOON - dt.timedelta(days=1)).isoformat()
    patron.prepared.clock.advance(dt.timedelta(minutes=1))
    found = await patron.data(SCORES, {"since": since, "least": 5})

    assert first["feedback"]["case"] == {"id": case}
    assert [each["userErrors"][0]["code"] for each in (twice, foreign, beyond)] == [
        "CONFLICT",
        "NOT_FOUND",
        "INVALID_INPUT",
    ]
    assert (found["nps"]["value"], found["nps"]["sampleSize"]) == ("40.0", 5)
    assert {each["name"]: each["value"] for each in found["nps"]["inputs"]}["well"] == "3"
    assert found["csat"]["reason"] == "1 answered, 5 are needed."
    rows = await patron.data(
        """{ feedbacks(where: { kind: { eq: NPS } }, orderBy: [{ field: SCORE, direction: ASC }], first: 1) {
          nodes { score customer { displayName } } } feedbacksAggregate(groupBy: [{ field: KIND }]) { key { kind } count } }"""
    )
    assert len(patron.statements) == 2
    assert rows["feedbacks"]["nodes"] == [{"score": 3, "customer": {"displayName": "Engines"}}]


async def test_an_unhappy_answer_is_told(patron: Patron) -> None:
    who = decode_id(await customer(patron), "cus")
    told = []
    for kind, score in (("NPS", 6), ("NPS", 7), ("CSAT", 2), ("STARS", 3)):
        command = RecordFeedback(customer_id=who, kind=FeedbackKind[kind], score=score)
        outcome = await patron.prepared.execute(command)
        told.append("feedback.unhappy" in [each.event.type for each in outcome.events])

    assert told == [True, False, True, False]


async def test_who_sees_some_customers_hears_no_score_of_all(patron: Patron) -> None:
    portal = Actor(
        patron.prepared.tenant_id, "x", "user", roles=("customer_portal",), party_id=patron.prepared.ids.new()
    )

    answer = await patron.ask(SCORES, {"since": NOON.isoformat(), "least": 1}, actor=portal)

    assert {each["extensions"]["code"] for each in answer["errors"]} <= {"FORBIDDEN", "INVALID_INPUT"}
    assert answer["errors"]


def test_the_interval_of_the_net_promoter_score_is_that_of_the_adjusted_wald() -> None:
    """67 promoters, 53 passives, 41 detractors, by the formula of Rocks 2016 worked out by hand."""
    figure = net_promoter_score(Counts(67, 53, 41), as_of=NOON, least=30)
    bounds = {each.name: each.value for each in figure.inputs}

    assert figure.value == Decimal("16.1")
    assert (bounds["lower"], bounds["upper"]) == (Decimal("3.6"), Decimal("28.1"))


def test_the_interval_of_satisfaction_is_wilsons() -> None:
    """81 of 263, the example of Newcombe, Statistics in Medicine 17 (1998), table I: 0.2553 to 0.3662."""
    figure = customer_satisfaction(Counts(81, 0, 182), as_of=NOON, least=30)
    bounds = {each.name: each.value for each in figure.inputs}

    assert (bounds["lower"], bounds["upper"]) == (Decimal("25.5"), Decimal("36.6"))


def test_a_small_sample_has_no_score() -> None:
    assert net_promoter_score(Counts(20, 5, 4), as_of=NOON, least=30).value is None
