"""An import is undone: what it made goes, what somebody built on stays and is named, and the file can come again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.core.purchases import Purchases
from tests.core.test_imports_mapped import PEOPLE, SAMPLES, rows_of, table, take_in

from patron_core.audit.models import AuditEntry
from patron_core.customers.commands import UpdateCustomer
from patron_core.customers.models import Customer, LifecycleChange
from patron_core.errors import Conflict, Forbidden, NotFound
from patron_core.imports.models import ImportRun, ImportStatus
from patron_core.imports.runner import run_import
from patron_core.imports.undo import UndoReport, list_runs, undo_import
from patron_core.messages import Actor
from patron_core.outbox.models import OutboxEvent
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Party
from patron_core.privacy.subjects import kinds_here
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Channel, Direction
from patron_core.transactions.commands import ReverseTransaction
from patron_core.transactions.models import Transaction
from patron_schema.testing.databases import PreparedDatabase


async def undo(database: PreparedDatabase, run: ImportRun, **more: Any) -> UndoReport:
    context: dict[str, Any] = {"plugins": database.plugins, "clock": database.clock, "ids": database.ids}
    return await undo_import(database.database, run.id, **{"actor": database.actor, **context, **more})


async def newest(database: PreparedDatabase) -> ImportRun:
    return (await list_runs(database.database, database.tenant_id))[0]


async def counts(database: PreparedDatabase) -> dict[str, int]:
    def work(uow: Any) -> dict[str, int]:
        here = kinds_here(uow)
        return {model.__tablename__: uow.select(select(func.count()).select_from(model))[0] for model in here}

    found: dict[str, int] = await database.do(work)
    return found


def untraced(found: dict[str, int]) -> dict[str, int]:
    """Without what only grows: the audit, the outbox and what counts events."""
    return {k: v for k, v in found.items() if not k.startswith(("audit", "outbox", "event_", "import_run"))}


async def test_customers_that_nobody_touched_are_removed_with_all_that_belongs_to_them(
    database: PreparedDatabase,
) -> None:
    before = untraced(await counts(database))
    await take_in(database, SAMPLES / "crm-customers.csv", "crm-customers")
    run = await newest(database)

    report = await undo(database, run)

    assert untraced(await counts(database)) == before
    assert report.removed == {
        "party": 4, "customer": 4, "lifecycle_change": 4, "contact_medium": 6, "external_identifier": 4,
    }  # fmt: skip
    assert (report.kept, (await newest(database)).status) == ([], ImportStatus.UNDONE)
    events = await rows_of(database, OutboxEvent)
    removed = {
        e.payload["record_type"]: len(e.payload["record_ids"]) for e in events if e.type == "import.rows_removed"
    }
    assert removed == dict(report.removed)
    assert [e.payload["removed"] for e in events if e.type == "import.undone"] == [22]
    deleted = [entry for entry in await rows_of(database, AuditEntry) if entry.action == "DELETE"]
    assert len(deleted) == 22


async def test_what_was_changed_or_built_on_stays_whole_and_is_named(database: PreparedDatabase) -> None:
    await take_in(database, SAMPLES / "crm-customers.csv", "crm-customers")
    run = await newest(database)
    names = {row.value: row.party_id for row in await rows_of(database, ExternalIdentifier)}
    customers = {row.party_id: row for row in await rows_of(database, Customer)}
    changed, talked_to = customers[names["C-1001"]], customers[names["C-1003"]]
    await database.do(UpdateCustomer(id=changed.id, version=changed.version, owner="Ann"))
    call = LogTouchpoint(customer_id=talked_to.id, channel=Channel.PHONE, direction=Direction.INBOUND, topic="Hello")
    await database.do(call)

    report = await undo(database, run)

    kept = {(each.table, each.id): each.reason for each in report.kept}
    assert kept == {
        ("party", names["C-1001"]): "It was changed since.",
        ("party", names["C-1003"]): "Other rows refer to it.",
    }
    assert report.removed["party"] == 2
    assert {row.id for row in await rows_of(database, Party)} == {names["C-1001"], names["C-1003"]}
    assert len(await rows_of(database, ContactMedium)) == 4
    assert len(await rows_of(database, LifecycleChange)) == 2


async def test_the_ledger_is_taken_back_by_rows_and_the_file_can_come_again(database: PreparedDatabase) -> None:
    await take_in(database, SAMPLES / "crm-customers.csv", "crm-customers")
    for number in (1, 2, 3):
        made = await take_in(database, SAMPLES / "erp-invoices.csv", "erp-invoices")
        assert made.counts.created == {"transactions": 4}, number
        again = await take_in(database, SAMPLES / "erp-invoices.csv", "erp-invoices")
        assert again.counts.unchanged == {"transactions": 4}, number
        if number == 3:
            break
        report = await undo(database, await newest(database))
        assert (report.reversed, report.kept, dict(report.removed)) == (4, [], {}), number

    ledger = await rows_of(database, Transaction)
    assert len(ledger) == 4 * 3 + 4 * 2
    assert sum(row.amount.minor for row in ledger) == 41150 + 7980 - 3990 + 2550
    assert [run.attempt for run in await rows_of(database, ImportRun) if run.file_name == "erp-invoices.csv"] == [
        1,
        2,
        3,
    ]


async def test_a_row_that_somebody_reversed_is_not_brought_back_by_an_undo(database: PreparedDatabase) -> None:
    await take_in(database, SAMPLES / "pos-sales.csv", "pos-sales")
    first = (await rows_of(database, Transaction))[0]
    await database.do(ReverseTransaction(id=first.id))

    report = await undo(database, await newest(database))
    again = await take_in(database, SAMPLES / "pos-sales.csv", "pos-sales")

    assert (report.reversed, [each.reason for each in report.kept]) == (3, ["It was taken back already."])
    assert (again.counts.created, again.counts.unchanged) == ({"transactions": 3}, {"transactions": 1})


async def test_customers_with_ledger_rows_stay_for_the_ledger_stays(database: PreparedDatabase, tmp_path: Path) -> None:
    file = table(tmp_path, "customer,day,amount", "1,2026-01-01,5.00", "2,2026-01-01,5.00", name="p.csv")
    context: dict[str, Any] = {"actor": database.actor, "plugins": database.plugins, "clock": database.clock}
    await run_import(database.database, Purchases(), [file], ids=database.ids, **context)

    report = await undo(database, await newest(database))

    assert report.reversed == 2
    assert {each.reason for each in report.kept} == {"Rows of the ledger, which stay, refer to it."}
    assert len(await rows_of(database, Customer)) == 2


async def test_an_undo_is_tried_without_effect_and_a_second_one_changes_nothing(database: PreparedDatabase) -> None:
    await take_in(database, SAMPLES / "crm-customers.csv", "crm-customers")
    await take_in(database, SAMPLES / "erp-invoices.csv", "erp-invoices")
    run = await newest(database)
    before = await counts(database)

    dry = await undo(database, run, dry_run=True)
    assert await counts(database) == before
    assert (await newest(database)).status is ImportStatus.FINISHED
    wet = await undo(database, run)
    between = untraced(await counts(database))
    again = await undo(database, run)

    assert (dry.reversed, dry.removed, dry.dry_run) == (wet.reversed, wet.removed, True)
    assert (again.reversed, again.removed, again.kept) == (0, {}, [])
    assert untraced(await counts(database)) == between


async def test_an_undo_that_was_killed_goes_on(
    database: PreparedDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patron_core.imports.undo._PORTION", 7)
    lines = [f"{n},First{n},Last{n}" for n in range(40)]
    before = untraced(await counts(database))
    await take_in(database, table(tmp_path, "id,first,last", *lines), PEOPLE)
    run = await newest(database)

    def dies(done: int, _all: int) -> None:
        if done >= 14:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await undo(database, run, progress=dies)
    assert len(await rows_of(database, Customer)) == 26
    with pytest.raises(Conflict):
        await take_in(database, tmp_path / "rows.csv", PEOPLE)
    report = await undo(database, run)

    assert (report.removed["party"], report.gone) == (26, 14)
    assert untraced(await counts(database)) == before


async def test_an_undo_needs_its_scope_and_stays_in_its_tenant(database: PreparedDatabase) -> None:
    await take_in(database, SAMPLES / "crm-customers.csv", "crm-customers")
    run = await newest(database)
    stranger = await database.tenant("Duvets")

    with pytest.raises(Forbidden):
        await undo(database, run, actor=Actor(database.tenant_id, "key", "app", scopes=("customer:write",)))
    with pytest.raises(NotFound):
        await undo(database, run, actor=stranger)

    assert len(await rows_of(database, Customer)) == 4
