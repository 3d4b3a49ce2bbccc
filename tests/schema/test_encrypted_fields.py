"""Encrypted columns through GraphQL: shown like any other, found by equality, in no order, and never another row's text."""

from __future__ import annotations

import orjson
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.core.clinic import Chart, word, write_chart
from tests.core.raw_rows import raw
from tests.planner.asking import ask_both, data_of
from tests.schema.test_subscriptions import change, listen

from patron_core.database import open_database
from patron_core.encryption import service
from patron_core.encryption.master import new_master_key
from patron_core.plugins import Plugins
from patron_core.records import table_of
from patron_core.settings import Settings
from patron_healthcare.models import Patient
from patron_schema.compose.binding import _refuse_encrypted
from patron_schema.compose.columns import Unbound
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import MASTER_KEY, PreparedDatabase
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

CHART = """query Chart($number: String!) {
  patients(where: { medicalRecordNumber: { eq: $number } }) {
    totalCount
    edges { node { number: medicalRecordNumber
      customer { displayName timeline(first: 5) { nodes { __typename id ... on Encounter { why: reasonText } } } }
      encounters(first: 2) { nodes { typeText reasonText id } }
      observations { nodes { display valueText referenceText code followUp { reason outcome } } }
      conditions { edges { node { shown: display again: display } } }
      appointments { nodes { reason minutes } }
    } }
  }
}"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The plugin whose columns are encrypted."""
    return load_plugins(("healthcare",))


def of(column: str, whose: str = "Mira") -> str:
    return word(f"healthcare_{column}", whose)


def number(whose: str = "Mira") -> dict[str, str]:
    return {"number": of("patient.medical_record_number", whose)}


async def test_texts_are_shown_at_any_depth_by_one_statement(patron: Patron) -> None:
    await write_chart(patron.prepared, "Nora")
    await write_chart(patron.prepared)

    answer = await ask_both(patron, CHART, number())

    data = orjson.loads(data_of(answer.fast))["patients"]
    node = data["edges"][0]["node"]
    assert (data["totalCount"], answer.statements) == (1, 1)
    assert answer.fast == answer.general
    assert (node["number"], node["customer"]["displayName"]) == (of("patient.medical_record_number"), "Mira")
    assert node["customer"]["timeline"]["nodes"][0]["why"] == of("encounter.reason_text")
    assert node["encounters"]["nodes"][0]["typeText"] == of("encounter.type_text")
    assert node["observations"]["nodes"] == [
        {
            "display": of("observation.display"),
            "valueText": of("observation.value_text"),
            "referenceText": of("observation.reference_text"),
            "code": "1-8",
            "followUp": {"reason": of("follow_up.reason"), "outcome": of("follow_up.outcome")},
        }
    ]
    assert node["conditions"]["edges"][0]["node"] == dict.fromkeys(["shown", "again"], of("condition.display"))
    assert node["appointments"]["nodes"] == [{"reason": of("appointment.reason"), "minutes": 15}]


async def test_a_text_is_what_was_written_letter_by_letter(patron: Patron) -> None:
    chart = await write_chart(patron.prepared)
    nasty = 'quotes " \\ {"\u0004":"a.b","id":"x"} \n\t\r line, ü, 🙂, </script>, \u0001 and nothing more'

    await patron.prepared.do(lambda uow: setattr(uow.get(Patient, chart.patient), "medical_record_number", nasty))
    answer = await ask_both(patron, CHART, {"number": nasty})

    assert answer.fast == answer.general
    assert orjson.loads(answer.fast)["data"]["patients"]["edges"][0]["node"]["number"] == nasty


async def test_payloads_show_texts(patron: Patron) -> None:
    chart = await write_chart(patron.prepared)

    data = await patron.data(
        """mutation Record($id: ID!) { observationRecord(input: {
          patientId: $id, code: "718-7", display: "Hemoglobin", valueText: "not enough blood"
        }) { observation { display valueText } userErrors { message } } }""",
        {"id": f"pat_{chart.patient}"},
    )

    assert data["observationRecord"] == {
        "observation": {"display": "Hemoglobin", "valueText": "not enough blood"},
        "userErrors": [],
    }


async def test_subscriptions_tell_texts_and_a_masked_error_where_one_does_not_open(patron: Patron) -> None:
    chart = await write_chart(patron.prepared)
    followed = "subscription { customerChanged { owner patient { medicalRecordNumber } } }"
    heard, following = await listen(patron, followed)
    found = await patron.data(
        "query P($id: ID!) { patient(id: $id) { customer { id version } } }", {"id": f"pat_{chart.patient}"}
    )

    one = found["patient"]["customer"]
    await change(patron, one, "grace")
    await raw(patron.prepared, "UPDATE healthcare_patient SET medical_record_number = 'v1.1.AAAA'")
    await change(patron, one, "ada")
    following.close()

    first, second = map(orjson.loads, heard.answers)
    assert first["data"]["customerChanged"] == {
        "owner": "grace",
        "patient": {"medicalRecordNumber": number()["number"]},
    }
    assert second["data"]["customerChanged"] == {"owner": "ada", "patient": {"medicalRecordNumber": None}}
    assert [error["extensions"]["code"] for error in second["errors"]] == ["INTERNAL"]


# -- found by equality


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('{ eq: "%s" }', ["Mira"]),
        ('{ in: ["%s", "nobody\'s"] }', ["Mira"]),
        ('{ ne: "%s" }', ["Nora"]),
        ('{ notIn: ["%s"] }', ["Nora"]),
        ('{ eq: "Canary medical_record_number of patient Mira" }', []),
        ("{ isNull: false }", ["Mira", "Nora"]),
        ("{ isNull: true }", []),
        ("{ in: [] }", []),
    ],
)
async def test_rows_are_found_by_equality_and_the_text_reaches_no_statement(
    patron: Patron, condition: str, found: list[str]
) -> None:
    for whose in ("Mira", "Nora"):
        await write_chart(patron.prepared, whose)
    asked = condition.replace("%s", number()["number"])

    data = await patron.data(
        f"{{ patients(where: {{ medicalRecordNumber: {asked} }}) {{ nodes {{ customer {{ displayName }} }} }} }}"
    )

    assert sorted(node["customer"]["displayName"] for node in data["patients"]["nodes"]) == found
    assert "canary" not in str(patron.statements).lower()


async def test_before_anything_is_encrypted_nothing_is_found(patron: Patron) -> None:
    data = await patron.data(CHART, number())

    assert data["patients"] == {"totalCount": 0, "edges": []}
    await write_chart(patron.prepared)
    assert (await patron.data(CHART, number()))["patients"]["totalCount"] == 1, (
        "the keys that were made are used at once"
    )


@pytest.mark.parametrize(
    "query",
    [
        '{ patients(where: { medicalRecordNumber: { contains: "a" } }) { totalCount } }',
        '{ patients(where: { medicalRecordNumber: { startsWith: "a" } }) { totalCount } }',
        '{ patients(where: { medicalRecordNumber: { gt: "a" } }) { totalCount } }',
        "{ patients(orderBy: [{ field: MEDICAL_RECORD_NUMBER }]) { totalCount } }",
        "{ patientsAggregate(by: [{ field: MEDICAL_RECORD_NUMBER }]) { count } }",
        '{ observations(where: { display: { eq: "a" } }) { totalCount } }',
        "{ observations(orderBy: [{ field: DISPLAY }]) { totalCount } }",
        "{ patients { nodes { medicalRecordNumberBidx } } }",
    ],
)
async def test_an_encrypted_text_has_no_order_no_parts_and_no_groups(patron: Patron, query: str) -> None:
    answer = await patron.ask(query)

    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_an_expression_cannot_read_an_encrypted_column() -> None:
    with pytest.raises(Unbound, match=r"medical_record_number, which is encrypted"):
        _refuse_encrypted([table_of(Patient).c.medical_record_number])


# -- what does not open

LISTED = "{ followUps(orderBy: [{ field: DUE_ON }]) { nodes { id outcome code } } }"


async def swapped(patron: Patron) -> tuple[Chart, Chart]:
    charts = await write_chart(patron.prepared), await write_chart(patron.prepared, "Nora")
    other = f"(SELECT outcome FROM healthcare_follow_up WHERE id = '{charts[0].follow_up}')"
    await raw(patron.prepared, f"UPDATE healthcare_follow_up SET outcome = {other} WHERE id = '{charts[1].follow_up}'")
    return charts


async def test_e6_a_swapped_text_is_null_with_a_masked_error_and_its_siblings_are_there(patron: Patron) -> None:
    mira, nora = await swapped(patron)

    with capture_logs() as logs:
        answer = await patron.ask(LISTED)

    nodes = {node["id"]: node for node in answer["data"]["followUps"]["nodes"]}
    assert nodes[f"flw_{mira.follow_up}"]["outcome"] == of("follow_up.outcome")
    assert nodes[f"flw_{nora.follow_up}"] == {"id": f"flw_{nora.follow_up}", "outcome": None, "code": "1-8"}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"][-1]) == ("INTERNAL", "outcome")
    assert "follow_up" not in error["message"]
    assert "undecipherable" in [entry["event"] for entry in logs]
    assert "canary" not in str([entry for entry in logs if entry["log_level"] != "debug"])


async def test_e6_with_another_master_key_every_encrypted_field_is_null_and_the_rest_is_there(
    patron: Patron, database: PreparedDatabase
) -> None:
    await write_chart(database)
    stranger = open_database(Settings(database_url=database.url, master_key=SecretStr(new_master_key())))
    gateway, patron.gateway.database = patron.gateway, stranger
    try:
        answer = await patron.ask(LISTED)
        by_number = await patron.data(
            "query Q($number: String!) { patients(where: { medicalRecordNumber: { eq: $number } }) { totalCount } }",
            number(),
        )
    finally:
        gateway.database = database.database
        await stranger.close()

    assert [(node["outcome"], node["code"]) for node in answer["data"]["followUps"]["nodes"]] == [(None, "1-8")]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
    assert by_number["patients"]["totalCount"] == 0


async def test_e6_texts_are_read_on_while_another_process_rotates_and_afterwards(
    patron: Patron, database: PreparedDatabase
) -> None:
    await write_chart(database)
    before = await patron.data(CHART, number())
    operator = open_database(Settings(database_url=database.url, master_key=MASTER_KEY))
    try:
        await service.rotate(operator, database.tenant_id, clock=database.clock, ids=database.ids)
    finally:
        await operator.close()

    assert await patron.data(CHART, number()) == before


async def test_after_shredding_the_fields_are_null(patron: Patron, database: PreparedDatabase) -> None:
    await write_chart(database)
    await service.shred(database.database, database.tenant_id, clock=database.clock, ids=database.ids, reason="test")

    answer = await patron.ask(LISTED)

    assert [node["outcome"] for node in answer["data"]["followUps"]["nodes"]] == [None]
