"""Tables and JSON Lines of any system: what a mapping makes of rows, and what it says of those it cannot read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Forbidden, InvalidInput
from patron_core.imports.importer import BadRow, WrongFormat
from patron_core.imports.mapped import CsvRecords, JsonLines
from patron_core.imports.mapping import bundled, load_mapping, parse_mapping, schema
from patron_core.imports.runner import ImportReport, run_import
from patron_core.messages import Actor
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Organization, Party, Person
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.touchpoints.models import Channel, Touchpoint
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_schema.testing.databases import PreparedDatabase

SAMPLES = Path(__file__).resolve().parents[2] / "core/patron_core/imports/bundled/samples"
PEOPLE: Mapping[str, Any] = {
    "version": 1,
    "target": "customers",
    "source": "old-crm",
    "key": ["id"],
    "fields": {"given_name": "first", "family_name": "last"},
}


async def take_in(
    database: PreparedDatabase, file: Path, mapping: Mapping[str, Any] | str, *, actor: Actor | None = None, **more: Any
) -> ImportReport:
    importer: Any = JsonLines() if file.suffix == ".jsonl" else CsvRecords()
    options = {"mapping": mapping, **more.pop("options", {})}
    return await run_import(
        database.database,
        importer,
        [file],
        actor=actor or database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
        options=options,
        **more,
    )


async def rows_of(database: PreparedDatabase, model: Any) -> list[Any]:
    return list(await database.do(lambda uow: uow.select(select(model).order_by(model.id))))


def table(folder: Path, *lines: str, name: str = "rows.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding, "surrogateescape"))
    return file


async def test_every_bundled_mapping_takes_its_sample_in_twice_with_the_effect_of_once(
    database: PreparedDatabase,
) -> None:
    expected = {
        "crm-customers": {"customers": 4},
        "erp-invoices": {"transactions": 4},
        "erp-orders": {"transactions": 3},
        "erp-payments": {"transactions": 3},
        "pos-sales": {"transactions": 4},
        "web-orders": {"transactions": 2},
    }
    assert set(expected) == set(bundled())

    for name in bundled():
        (sample,) = SAMPLES.glob(f"{name}.*")
        first, again = [await take_in(database, sample, name) for _ in range(2)]
        assert (first.counts.created, first.bad_rows) == (expected[name], ()), name
        assert (again.counts.created, again.counts.unchanged) == ({}, expected[name]), name


async def test_invoices_become_sales_and_refunds_with_lines(database: PreparedDatabase) -> None:
    for name in ("crm-customers", "erp-invoices", "erp-payments", "pos-sales"):
        await take_in(database, SAMPLES / f"{name}.csv", name)

    ledger = {row.source_key: row for row in await rows_of(database, Transaction)}
    lines = await rows_of(database, TransactionLine)
    assert ledger["invoice/INV-501"].kind is TransactionKind.SALE
    assert str(ledger["invoice/INV-501"].amount.amount) == "411.50"
    assert str(ledger["credit_note/CN-17"].amount.amount) == "-39.90"
    assert str(ledger["P-900"].amount.amount) == "-371.60"
    assert ledger["HH-1/70003"].kind is TransactionKind.REFUND
    assert ledger["HH-1/70001"].customer_id is None
    assert ledger["HH-1/70001"].occurred_at.isoformat() == "2026-01-05T08:14:00+00:00"
    of_first = [line for line in lines if line.transaction_id == ledger["invoice/INV-501"].id]
    assert [(line.sku, str(line.quantity)) for line in of_first] == [("LMP-20", "10.000"), ("SHP", "1.000")]


async def test_customers_come_with_contacts_identifiers_and_transformed_values(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    file = table(
        tmp_path,
        "nr;name;firma;mail;geb;art;betreuer",
        "1; Lovelace, Ada ;;ADA@Example.ORG;10.12.1815;p;",
        "2;;Engines, Ltd;;;f;=cmd|' /C calc'!A0",
        encoding="cp1252",
    )
    mapping = {
        "version": 1, "target": "customers", "source": "old", "key": ["nr"], "date": "%d.%m.%Y",
        "fields": {
            "family_name": {"column": "name", "split": {"at": ",", "part": 0}},
            "given_name": {"column": "name", "split": {"at": ",", "part": 1}},
            "legal_name": "firma",
            "birth_date": "geb",
            "party": {"column": "art", "values": {"p": "PERSON"}, "other": "ORGANIZATION"},
            "lifecycle_stage": {"constant": "active"},
            "owner": "betreuer",
        },
        "contacts": [{"kind": "EMAIL", "column": "mail", "preferred": True}],
        "identifiers": [{"system": "ledger", "column": "nr"}],
    }  # fmt: skip

    report = await take_in(database, file, mapping, options={"delimiter": "semicolon", "encoding": "cp1252"})

    assert (report.counts.created, report.bad_rows) == ({"customers": 2}, ())
    (person,) = await rows_of(database, Person)
    assert (person.given_name, person.family_name, person.birth_date.isoformat()) == ("Ada", "Lovelace", "1815-12-10")
    (company,) = await rows_of(database, Organization)
    assert company.legal_name == "Engines, Ltd"
    (medium,) = await rows_of(database, ContactMedium)
    assert (medium.value, medium.preferred) == ("ADA@example.org", True)
    identifiers = await rows_of(database, ExternalIdentifier)
    assert {(each.system, each.value) for each in identifiers} == {
        ("old", "1"), ("ledger", "1"), ("old", "2"), ("ledger", "2"),
    }  # fmt: skip
    owners = {row.owner for row in await rows_of(database, Customer)}
    assert owners == {None, "=cmd|' /C calc'!A0"}  # a formula is a text like any other


async def test_a_formula_that_an_export_made_harmless_comes_back_as_it_was(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    mapping = {**PEOPLE, "formulas": "restore"}

    await take_in(database, table(tmp_path, "id,first,last", "1,'=1+1,'s Gravesande"), mapping)

    (person,) = await rows_of(database, Person)
    assert (person.given_name, person.family_name) == ("=1+1", "'s Gravesande")


MONEY: Mapping[str, Any] = {
    "version": 1, "target": "transactions", "source": "bank", "key": ["id"], "decimal": ",", "group": ".",
    "date": "%d.%m.%Y", "timezone": "Europe/Berlin",
    "fields": {
        "amount": "amount", "currency": {"column": "cur", "default": "EUR"}, "occurred_at": "day",
        "kind": {"column": "kind", "values": {"s": "SALE", "r": "REFUND"}}, "customer": "who",
    },
}  # fmt: skip


async def test_bad_rows_are_told_with_line_column_class_reason_and_advice_and_never_with_the_value(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    file = table(
        tmp_path,
        "id,amount,cur,day,kind,who",
        '1,"1.234,50",,14.03.2026,s,',
        "2,secret words,,14.03.2026,s,",
        "3,5,,2026-03-14,s,",
        "4,5,,14.03.2026,x,",
        "5,5,ZZZ,14.03.2026,s,",
        '6,"5,001",,14.03.2026,s,',
        "7,-5,,14.03.2026,s,",
        "8,5,,14.03.2026,s,nobody",
        ",5,,14.03.2026,s,",
        "1,5,,14.03.2026,s,",
        "9,5,,14.03.2026",
        '10,"5,00",,14.03.2026,s,',
    )

    report = await take_in(database, file, MONEY)

    assert report.counts.created == {"transactions": 2}
    told = [(row.line, row.column, row.value_class) for row in report.bad_rows]
    assert told == [
        (3, "amount", "text of 12 characters"),
        (4, "day", "what looks like a date of 10 characters"),
        (5, "kind", "text of 1 characters"),
        (6, "cur", "text of 3 characters"),
        (7, "amount", "a number"),
        (8, "amount", "a whole number of 2 characters"),
        (9, "who", None),
        (10, "id", "nothing"),
        (11, "id", None),
        (12, None, None),
    ]
    texts = " ".join(f"{row.reason} {row.advice} {row!r}" for row in report.bad_rows)
    assert not [value for value in ("secret", "nobody", "ZZZ", "5,001") if value in texts]
    assert all(row.reason.endswith(".") for row in report.bad_rows)
    assert [row.raw for row in report.bad_rows][:2] == ["2,secret words,,14.03.2026,s,", "3,5,,2026-03-14,s,"]
    ledger = {row.source_key: row for row in await rows_of(database, Transaction)}
    assert (str(ledger["1"].amount.amount), ledger["1"].occurred_at.isoformat()) == (
        "1234.50",
        "2026-03-13T23:00:00+00:00",
    )


async def test_lines_of_a_record_are_taken_in_together_or_not_at_all(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    head = "store,receipt_no,sold_at,loyalty_no,currency,sku,item,quantity,price"
    line = "S,{},2026-01-05T09:14:00Z,,EUR,A,Thing,1,{}"
    file = table(
        tmp_path, head, line.format(1, "1.00"), line.format(1, "one"), line.format(2, "1.00"),
        line.format(3, "1.00"), "a broken row", line.format(3, "1.00"), line.format(4, "2.00"), line.format(2, "3.00"),
    )  # fmt: skip

    report = await take_in(database, file, "pos-sales")

    assert [row.source_key for row in await rows_of(database, Transaction)] == ["S/2", "S/4"]
    assert [(row.line, row.column) for row in report.bad_rows] == [
        (2, "price"), (5, None), (6, None), (7, "store"), (9, "store"),
    ]  # fmt: skip
    first = report.bad_rows[0].raw
    assert first is not None
    assert first.count("\n") == 1  # both lines of the receipt


async def test_json_lines_are_read_by_paths_and_lists_of_items(database: PreparedDatabase, tmp_path: Path) -> None:
    mapping = {
        "version": 1, "target": "transactions", "source": "shop", "key": ["order.id"],
        "fields": {"currency": "order.cur", "occurred_at": "order.at"},
        "lines": {"each": "order.items", "fields": {"sku": "code", "unit_price": "price", "quantity": "n"}},
    }  # fmt: skip
    items = [{"code": "A", "price": 0.1, "n": 3}, {"code": "B", "price": 10000000000000.01, "n": 1}]
    order = {"id": 7, "cur": "EUR", "at": "2026-01-01T10:00:00+02:00", "items": items}
    file = table(
        tmp_path,
        json.dumps({"order": order}),
        '{"order": {"id": 8, "items": 5}}',
        "[1]",
        "{",
        '{"order": ' * 60 + "1" + "}" * 60,
        json.dumps({"order": {**order, "id": {"a": 1}}}),
        name="orders.jsonl",
    )

    report = await take_in(database, file, mapping)

    (row,) = await rows_of(database, Transaction)
    assert str(row.amount.amount) == "10000000000000.31"  # no digit was lost to a binary fraction
    assert [(bad.line, bad.column, bad.value_class) for bad in report.bad_rows] == [
        (2, "order.items", "a whole number of 1 characters"),
        (3, None, "a list of 1"),
        (4, None, None),
        (5, None, None),
        (6, "order.id", "an object"),
    ]


async def test_relationships_and_touchpoints_find_their_parties_by_identifiers(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    await take_in(database, SAMPLES / "crm-customers.csv", "crm-customers")
    staff = table(tmp_path, "kind,boss,person,since", "EMPLOYS,C-1001,C-1003,2026-01-01", "EMPLOYS,C-1001,C-9,")
    related = {
        "version": 1, "target": "relationships", "source": "hr", "key": ["boss", "person"], "customers": "erp",
        "fields": {"type": "kind", "source_party": "boss", "target_party": "person", "valid_from": "since"},
    }  # fmt: skip
    calls = table(
        tmp_path,
        "id,who,at,about",
        "1,C-1003,2026-02-01T10:00:00Z,A lamp",
        "2,,2026-02-02,Rain",
        "3,C-9,2026-02-02,No",
        name="calls.csv",
    )
    touched = {
        "version": 1, "target": "touchpoints", "source": "phone", "key": ["id"], "customers": "erp",
        "fields": {
            "customer": "who", "occurred_at": "at", "topic": "about",
            "channel": {"constant": "PHONE"}, "direction": {"constant": "OUTBOUND"},
        },
    }  # fmt: skip

    for created in (True, False):
        reports = [await take_in(database, staff, related), await take_in(database, calls, touched)]
        assert reports[0].counts.created == ({"relationships": 1} if created else {})
        assert reports[0].counts.unchanged == ({} if created else {"relationships": 1})
        assert [(row.line, row.column) for row in reports[0].bad_rows] == [(3, "person")]
        assert reports[1].counts.created == ({"touchpoints": 2} if created else {})
        assert [(row.line, row.column) for row in reports[1].bad_rows] == [(4, "who")]

    (relationship,) = await rows_of(database, Relationship)
    assert relationship.validity.start.isoformat() == "2026-01-01T00:00:00+00:00"
    assert {row.channel for row in await rows_of(database, Touchpoint)} == {Channel.PHONE}
    assert len(await rows_of(database, RelationshipType)) == 1


async def test_an_import_by_mapping_needs_the_scope_of_what_it_writes(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    file = table(tmp_path, "id,first,last", "1,Ada,")
    actor = Actor(database.tenant_id, "key", "app", scopes=("import:run", "customer:write"))

    with pytest.raises(Forbidden) as refused:
        await take_in(database, file, PEOPLE, actor=actor)

    assert refused.value.extensions["scope"] == "party:write"
    assert await rows_of(database, Party) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"target": "dragons"}, "target"),
        ({"version": 2}, "version"),
        ({"key": []}, "key"),
        ({"fields": {"given_name": "a", "given_nam": "x"}}, "number 2 is no field"),
        ({"fields": {"given_name": {"column": "a", "constant": "b"}}}, "given_name"),
        ({"fields": {"since": {"column": "a", "timezone": "../../etc/passwd"}}}, "timezone"),
        ({"lines": {"fields": {}}}, "lines"),
        ({"target": "transactions", "fields": {}}, "amount"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_its_place(change: Mapping[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_mapping(json.dumps({**PEOPLE, **change}))

    assert place in refused.value.message


def test_a_mapping_is_toml_or_json_and_has_a_schema(tmp_path: Path) -> None:
    toml = 'version = 1\ntarget = "customers"\nsource = "old-crm"\nkey = ["id"]\n[fields]\ngiven_name = "first"\nfamily_name = "last"\n'
    (tmp_path / "m.toml").write_text(toml)

    assert parse_mapping(toml) == parse_mapping(json.dumps(PEOPLE)) == load_mapping(tmp_path / "m.toml")
    assert {"version", "target", "source", "key", "fields"} <= set(schema()["required"])
    for wrong in ("{", "= =", "[" * 100_000, "x" * 200_000):
        with pytest.raises(InvalidInput):
            parse_mapping(wrong)
    with pytest.raises(InvalidInput):
        load_mapping(tmp_path / "missing.toml")


async def test_a_file_without_the_mappings_columns_is_another_file(database: PreparedDatabase, tmp_path: Path) -> None:
    wrong = [
        (table(tmp_path, "id,first", "1,Ada"), PEOPLE),
        (table(tmp_path, ",".join(f"c{n}" for n in range(3_000)), name="wide.csv"), PEOPLE),
        (table(tmp_path, "no json", name="no.jsonl"), PEOPLE),
    ]
    for file, mapping in wrong:
        with pytest.raises(WrongFormat):
            await take_in(database, file, mapping)
    with pytest.raises(InvalidInput) as refused:
        await run_import(
            database.database, CsvRecords(), [wrong[0][0]],
            actor=database.actor, plugins=database.plugins, clock=database.clock, ids=database.ids,
        )  # fmt: skip
    assert refused.value.path == ("mapping",)


async def test_the_number_of_a_card_is_refused_and_not_kept_for_the_file_of_errors(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    rejected: list[BadRow] = []
    file = table(tmp_path, "id,first,last", "1,4111 1111 1111 1111,Card", "2,Ada,Lovelace")

    report = await take_in(database, file, PEOPLE, rejected=rejected.append)

    assert report.counts.created == {"customers": 1}
    assert [(row.line, row.raw) for row in rejected] == [(2, None)]
