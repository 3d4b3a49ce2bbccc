"""Repeating a mutation over the API: the first result, once, and which mutations can be repeated or notice a change in between."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import pytest

from patron_core.messages import Actor
from patron_schema.testing.service import Patron

pytestmark = [pytest.mark.security, pytest.mark.faults]

CREATE = """mutation($name: String!, $key: String!) {
  personCreate(input: {person: {familyName: $name}, idempotencyKey: $key}) { person { id displayName } userErrors { code } }
}"""
COUNT = '{ parties(where: {displayName: {eq: "Once"}}) { totalCount } }'

#: Mutations that make or move something and take no key, each with what makes a repeat harmless.
WITHOUT_KEY: Final[Mapping[str, str]] = {
    "accessImpersonate": "Its secret is shown once and kept nowhere; a repeat makes another grant that ends by itself.",
    "apiKeyCreate": "Its secret is shown once and kept nowhere; a repeat makes another key, which can be revoked.",
    "apiKeyRotate": "As apiKeyCreate.",
    "accessBreakGlass": "Its grant ends by itself; each taking is to be seen in the audit.",
    "guestPreferenceSet": "Sets what is so; a repeat changes nothing.",
    "privacyExport": "Reads.",
    "privacyExportOwn": "Reads.",
    "relationshipTypeDefine": "The code is unique; a repeat defines the same.",
    "roleCreate": "The name is unique; a repeat is refused.",
    "inboundSourceCreate": "The name is unique; a repeat is refused.",
    "inboundSourceSecretRotate": "A repeat gives a newer secret, which is the one to use.",
    "jobRun": "What a job does, it may do twice.",
    "campaignMembersAdd": "A customer is in a campaign once; a repeat changes nothing.",
    "campaignMembersContact": "A member is contacted once; a repeat changes nothing.",
    "sellThroughReport": "The source's key is unique; a repeat gives what is there.",
    "channelDefine": "The code is unique; a repeat is refused.",
    "profitsBuild": "As jobRun.",
    "scorecardDefine": "The code is unique; a repeat is refused.",
    "valueModelMake": "As jobRun.",
    "pipelineDefine": "The code is unique; a repeat is refused.",
    "serviceLevelDefine": "The code is unique; a repeat is refused.",
    "serviceLevelRuleDefine": "The code is unique; a repeat is refused.",
    "channelPolicyDefine": "The position is unique; a repeat is refused.",
    "webhookResend": "The receiver knows a repeat by its webhook-id.",
    "webhookSecretRotate": "A repeat gives a newer secret, which is the one to use.",
    "webhookTest": "Changes nothing.",
}
#: Mutations that change a row and take no version, each with what makes a change in between harmless.
WITHOUT_VERSION: Final[Mapping[str, str]] = {
    "apiKeyRevoke": "Ends it, whatever came in between.",
    "userSignOut": "Ends it, whatever came in between.",
    "emergencyAccessReview": "Only from the state unreviewed, which is checked on the locked row.",
    "legalHoldRelease": "Ends it, whatever came in between.",
    "inboundSourceDisable": "Sets what is so.",
    "customerMergeUndo": "Once only, by a unique receipt; refused where a row changed in between.",
    "customerServiceUpdate": "Sets what is so.",
    "healthFactorWeigh": "Sets what is so.",
    "monitoringRuleRun": "Opens no second alert for the same customer.",
    "segmentRefresh": "Finds what is so; a repeat finds the same.",
    "jobCancel": "Only from states that allow it, which are checked on the locked row.",
    "jobRetry": "As jobCancel.",
    "webhookDelete": "Ends it, whatever came in between.",
    "webhookDisable": "Sets what is so.",
    "webhookEnable": "Sets what is so.",
    "guestBlock": "Sets what is so.",
    "guestUnblock": "Sets what is so.",
    "reservationCancel": "Only from states that allow it, which are checked on the locked row.",
    "reservationCheckOut": "As reservationCancel.",
    "reservationConfirm": "As reservationCancel.",
    "reservationMarkNoShow": "As reservationCancel.",
}


async def ask(patron: Patron, name: str, key: str, actor: Actor | None = None) -> dict[str, Any]:
    request = patron.request(CREATE, {"name": name, "key": key}, actor=actor)
    answer: dict[str, Any] = orjson.loads((await patron.gateway.execute(request)).body)
    return answer


async def test_d1_fifty_at_once_with_one_key_make_one_row_and_get_the_same_answer(
    patron: Patron, record_property: Callable[[str, object], None]
) -> None:
    answers = await asyncio.gather(*(ask(patron, "Once", "k") for _ in range(50)))

    assert {orjson.dumps(answer["data"]) for answer in answers} == {orjson.dumps(answers[0]["data"])}
    assert answers[0]["data"]["personCreate"]["person"]["displayName"] == "Once"
    assert (await patron.data(COUNT))["parties"]["totalCount"] == 1
    record_property("figure", "50 at once: 1 row, 50 equal answers")


async def test_d1_other_content_is_a_mismatch_and_other_actors_and_tenants_have_their_own_keys(patron: Patron) -> None:
    first = await ask(patron, "Once", "k")
    changed = await ask(patron, "Other", "k")
    assert changed["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_MISMATCH"
    assert "Other" not in str(changed)

    colleague = dataclasses.replace(patron.prepared.actor, subject="somebody else")
    stranger = await patron.prepared.tenant("Cushions")
    own = [await ask(patron, "Once", "k", actor) for actor in (colleague, stranger)]

    ids = {answer["data"]["personCreate"]["person"]["id"] for answer in (first, *own)}
    assert len(ids) == 3
    assert (await ask(patron, "Once", "k"))["data"] == first["data"]


async def test_d1_a_refused_request_leaves_its_key_free(patron: Patron) -> None:
    assert (await ask(patron, " ", "k"))["data"]["personCreate"]["userErrors"] == [{"code": "INVALID_INPUT"}]

    assert (await ask(patron, "Once", "k"))["data"]["personCreate"]["person"]["displayName"] == "Once"


async def test_every_mutation_that_makes_something_takes_a_key_and_every_change_a_version(patron: Patron) -> None:
    composed = (await patron.gateway.schemas.of(patron.prepared.tenant_id)).composed
    bare = {
        name
        for name, field in composed.mutations.items()
        if not {"idempotency_key", "version"} & {each.name for each in dataclasses.fields(field.command)}
    }

    assert bare - WITHOUT_KEY.keys() - WITHOUT_VERSION.keys() == set()


async def test_a_change_made_from_an_older_version_is_a_conflict(patron: Patron) -> None:
    made = (await ask(patron, "Once", "k"))["data"]["personCreate"]["person"]["id"]
    change = """mutation($id: ID!, $name: String!) {
      personUpdate(input: {id: $id, version: 1, familyName: $name}) { person { id } userErrors { code path } }
    }"""

    first = await patron.data(change, {"id": made, "name": "Twice"})
    second = await patron.data(change, {"id": made, "name": "Thrice"})

    assert first["personUpdate"]["userErrors"] == []
    assert second["personUpdate"] == {
        "person": None,
        "userErrors": [{"code": "CONFLICT", "path": ["input", "version"]}],
    }
