"""The audit in the API and on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.audited_rows import hand_on
from tests.schema.test_read_audit import AMOUNTS, customers
from typer.testing import CliRunner

from patron_core.audit.sealing import seal_all
from patron_core.messages import Actor
from patron_schema.cli import app
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security


async def sealed(patron: Patron) -> None:
    prepared = patron.prepared
    await seal_all(prepared.database, prepared.tenant_id, clock=prepared.clock)


async def test_entries_tell_who_changed_which_columns_by_which_command(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    await patron.data(
        'mutation($id: ID!) { customerUpdate(input: {id: $id, version: 1, owner: "grace"}) { userErrors { message } } }',
        {"id": f"cus_{customer.id}"},
    )

    shown = await patron.data(
        """query($row: String!) { auditEntries(where: {record: {eq: $row}}, orderBy: [{field: OCCURRED_AT, direction: ASC}]) {
            nodes { action operation recordType columns actor requestId } } }""",
        {"row": str(customer.id)},
    )

    first, second = shown["auditEntries"]["nodes"]
    assert (first["action"], first["operation"], first["columns"]) == ("CREATE", "CreateCustomer", "")
    assert (second["action"], second["operation"], second["columns"]) == ("UPDATE", "UpdateCustomer", "owner")
    assert second["actor"] == "administrator of Pillows"


async def test_disclosures_tell_who_saw_a_party(patron: Patron) -> None:
    made = await customers(patron, 2)
    await patron.data(AMOUNTS)

    query = "query($id: ID!) { disclosures(partyId: $id) { actor purpose emergency classes fields } }"
    first = await patron.data(query, {"id": f"pty_{made[0].party_id}"})
    again = await patron.data(query, {"id": f"pty_{made[0].party_id}"})
    nobody = await patron.ask(query, {"id": "pty_00000000-0000-7000-8000-000000000000"})

    (seen,) = first["disclosures"]
    assert seen["fields"] == ["Transaction.amount.amount"]
    assert (seen["purpose"], seen["emergency"], seen["classes"]) == ("TREAT", False, ["FINANCIAL"])
    assert len(again["disclosures"]) == 2  # that it was asked is kept, too
    assert nobody["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_who_may_not_read_the_audit_does_not_see_it(patron: Patron) -> None:
    clerk = Actor(patron.prepared.tenant_id, "rita", "user", roles=("receptionist",))
    party = "pty_00000000-0000-7000-8000-000000000000"

    for query in (
        "{ auditEntries { nodes { actor } } }",
        "{ auditReads { nodes { actor } } }",
        "{ emergencyAccesses { nodes { actor } } }",
        "{ auditStatus { sealed } }",
        f'{{ disclosures(partyId: "{party}") {{ actor }} }}',
    ):
        answer = await patron.ask(query, actor=clerk)
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", query


async def test_the_status_tells_what_waits_for_its_seal(patron: Patron) -> None:
    await customers(patron, 1)
    query = "{ auditStatus { sealed unsealed head } }"

    before = (await patron.data(query))["auditStatus"]
    await sealed(patron)
    after = (await patron.data(query))["auditStatus"]

    assert before["sealed"] == 0
    assert before["unsealed"] > 0
    assert (after["sealed"], after["unsealed"]) == (before["unsealed"], 0)
    assert after["head"] != before["head"]


@pytest.fixture
def run(patron: Patron, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A command of `patron` on the test's database, in a thread's own loop."""
    monkeypatch.setenv("PATRON_DATABASE_URL", patron.prepared.url)
    monkeypatch.setenv("PATRON_MIGRATION_DATABASE_URL", patron.prepared.owner_url)

    async def command(*arguments: str) -> Any:
        import asyncio

        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    return command


async def test_e2_the_command_verifies_and_names_the_first_bad_row(
    patron: Patron, run: Callable[..., Any], tmp_path: Path
) -> None:
    await customers(patron, 2)
    heads = tmp_path / "heads.jsonl"

    assert (await run("audit", "seal")).exit_code == 0
    assert (await run("audit", "anchor", str(heads))).exit_code == 0
    clean = await run("audit", "verify", "--tenant", "Pillows", "--anchors", str(heads))
    assert clean.exit_code == 0, clean.output
    assert " sealed" in clean.output
    assert " 0 unsealed" in clean.output

    async with hand_on(patron.prepared.owner_url) as hand:
        await hand("DELETE FROM audit_seal WHERE sequence = (SELECT max(sequence) FROM audit_seal)")
    cut = await run("audit", "verify", "--anchors", str(heads))
    assert cut.exit_code == 1
    assert "cut off" in " ".join(cut.output.split())

    async with hand_on(patron.prepared.owner_url) as hand:
        await hand("UPDATE audit_entry SET actor = 'nobody'")
    tampered = await run("audit", "verify")
    assert tampered.exit_code == 1
    assert "Tampered at seal 1" in " ".join(tampered.output.split())
