"""Importing camt.053: statements come in whole, once, and only when they add up, in both versions."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from patron_banking.commands import OpenAccount
from patron_banking.importers import Camt053
from patron_banking.models import (
    AccountEntry,
    AccountEntryStatus,
    AccountParty,
    AccountStatement,
    Balance,
    BalanceType,
    CreditDebit,
    FinancialAccount,
    FinancialAccountKind,
)
from patron_core.customers.models import Customer, CustomerKind
from patron_core.imports.importer import Item, Source, WrongFormat
from patron_core.parties.models import Organization, Person
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

from .bank import SAMPLES, all_of, approved, counted, customer, take_in

V02, V08 = SAMPLES / "camt053_02.xml", SAMPLES / "camt053_08.xml"
NEXT, WRONG = SAMPLES / "camt053_08_next.xml", SAMPLES / "camt053_08_wrong_closing.xml"


def changed(source: Path, target: Path, *changes: tuple[str, str]) -> Path:
    text = source.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    target.write_text(text)
    return target


async def test_version_02_comes_in_once(database: PreparedDatabase) -> None:
    first = await take_in(database, Camt053(), V02)
    second = await take_in(database, Camt053(), V02)

    created = {"accounts": 2, "balances": 4, "customers": 1, "entries": 4, "statements": 2}
    assert (first.counts.created, first.bad_rows) == (created, ())
    assert first.counts.skipped == {"balances of the bank's own kinds": 1}
    assert (second.counts.created, second.counts.unchanged) == ({}, {"entries": 4, "statements": 2})


async def test_entries_say_what_the_statement_says(database: PreparedDatabase) -> None:
    await take_in(database, Camt053(), V02, timezone="Europe/Prague")

    entries = await all_of(database, AccountEntry, AccountEntry.occurred_at, AccountEntry.amount_minor)
    credit, debit, fee, same_fee = entries
    assert (credit.amount, credit.direction, credit.status) == (
        Money.of("5000.00", "CZK"),
        CreditDebit.CRDT,
        AccountEntryStatus.BOOK,
    )
    assert credit.occurred_at == dt.datetime(2026, 1, 4, 23, tzinfo=dt.UTC)
    assert (credit.bank_transaction_code, credit.remittance) == ("PMNT/RCDT/DMCT", "Invoice 2025-117")
    assert (debit.amount, debit.remittance) == (Money.of("-1700.00", "CZK"), "RF18539007547034")
    assert (fee.servicer_reference, fee.bank_transaction_code, fee.remittance) == (None, "FEE", "Fee")
    assert (fee.amount, fee.booked_on) == (same_fee.amount, same_fee.booked_on)


async def test_the_owner_of_a_new_account_is_one_customer(database: PreparedDatabase) -> None:
    await take_in(database, Camt053(), V02)

    [owner] = await all_of(database, Customer)
    [party] = await all_of(database, Organization)
    accounts = await all_of(database, FinancialAccount, FinancialAccount.iban)
    assert (owner.kind, party.legal_name) == (CustomerKind.B2B, "Pekarna U Mostu s.r.o.")
    assert [(a.kind, a.currency, a.customer_id) for a in accounts] == [
        (FinancialAccountKind.DEPOSIT, "CZK", owner.id),
        (FinancialAccountKind.SAVINGS, "CZK", owner.id),
    ]
    assert await counted(database, AccountParty) == 2


async def test_version_08_brings_overdrafts_reversals_and_pending_entries(database: PreparedDatabase) -> None:
    await take_in(database, Camt053(), V08)

    balances = {b.type: b.amount for b in await all_of(database, Balance)}
    rent, reversal, pending = await all_of(database, AccountEntry, AccountEntry.servicer_reference)
    assert balances == {
        BalanceType.OPBD: Money.of("250.00", "CHF"),
        BalanceType.CLBD: Money.of("-149.95", "CHF"),
        BalanceType.CLAV: Money.of("850.05", "CHF"),
    }
    assert rent.remittance == "Workshop rent\nBicycle stands"
    assert rent.occurred_at == dt.datetime(2026, 3, 1, 8, 15, 30, tzinfo=dt.UTC)
    assert (reversal.reversal, reversal.amount) == (True, Money.of("100.00", "CHF"))
    assert (pending.status, pending.booked_on) == (AccountEntryStatus.PDNG, None)


async def test_a_pending_entry_is_booked_and_one_listed_again_is_known(database: PreparedDatabase) -> None:
    await take_in(database, Camt053(), V08)
    later = await take_in(database, Camt053(), NEXT)
    again = [await take_in(database, Camt053(), file) for file in (V08, NEXT, V08)]

    assert later.counts.created == {"balances": 2, "statements": 1}
    assert (later.counts.changed, later.counts.unchanged) == ({"entries": 1}, {"entries": 1})
    assert all(report.counts.created == report.counts.changed == {} for report in again)
    entries = await all_of(database, AccountEntry, AccountEntry.servicer_reference)
    assert {e.status for e in entries} == {AccountEntryStatus.BOOK}
    assert entries[2].booked_on == dt.date(2026, 3, 3)


async def test_both_files_in_the_other_order_leave_no_pending_entry(database: PreparedDatabase, tmp_path: Path) -> None:
    owner = "<Ownr><Nm>Velowerk Zwei GmbH</Nm></Ownr>"
    first = changed(NEXT, tmp_path / "first.xml", ("<Ccy>CHF</Ccy>\n", f"<Ccy>CHF</Ccy>{owner}\n"))

    await take_in(database, Camt053(), first)
    await take_in(database, Camt053(), V08)

    entries = await all_of(database, AccountEntry)
    assert {e.status for e in entries} == {AccountEntryStatus.BOOK}
    assert len(entries) == 3


async def test_a_statement_that_does_not_add_up_is_refused_whole(database: PreparedDatabase) -> None:
    report = await take_in(database, Camt053(), WRONG)

    [row] = report.bad_rows
    assert (row.line, row.reason.partition(":")[0]) == (9, "BALANCE_MISMATCH")
    for model in (FinancialAccount, AccountStatement, Balance, AccountEntry, Customer):
        assert await counted(database, model) == 0


async def test_a_refused_statement_leaves_the_others_of_its_file(database: PreparedDatabase, tmp_path: Path) -> None:
    file = changed(V02, tmp_path / "a.xml", (">13250.50<", ">13250.51<"))

    report = await take_in(database, Camt053(), file)

    assert [row.reason[:16] for row in report.bad_rows] == ["BALANCE_MISMATCH"]
    assert report.counts.created == {"accounts": 1, "balances": 2, "customers": 1, "statements": 1}


_CLOSING = '<Cd>CLBD</Cd></CdOrPrtry></Tp>\n        <Amt Ccy="CZK">13250.50<'
_DEBIT = "<CdtDbtInd>DBIT</CdtDbtInd>\n        <Sts>BOOK</Sts>\n        <BookgDt><Dt>2026-01-12"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("CZ1999990000001234567890", "CZ1899990000001234567890"), "Acct/Id/IBAN is no valid IBAN"),
        (('<Amt Ccy="CZK">5000.00<', '<Amt Ccy="EUR">5000.00<'), "An entry is not in the currency"),
        (('<Amt Ccy="CZK">5000.00<', '<Amt Ccy="CZK">5000.001<'), "Amt has an unknown currency, or more digits"),
        (('<Amt Ccy="CZK">5000.00<', '<Amt Ccy="CZK">-5000.00<'), "Amt is no decimal number"),
        (('<Amt Ccy="CZK">5000.00<', '<Amt Ccy="CZK">1e3<'), "Amt is no decimal number"),
        (("<BookgDt><Dt>2026-01-05<", "<BookgDt><Dt>2026-01-32<"), "BookgDt is no date"),
        (("<BookgDt><Dt>2026-01-05<", "<BookgDt><Dt>0001-01-01<"), "BookgDt is no date"),
        ((_CLOSING, _CLOSING.replace("CLBD", "XPCD")), "The statement has no opening or no closing"),
        (("<Id>CZ-2026-001</Id>", ""), "Id of the statement is missing"),
        ((_DEBIT, _DEBIT.replace("DBIT", "DEBT")), "CdtDbtInd is neither"),
        (("<ToDtTm>2026-02-01", "<ToDtTm>2025-02-01"), "FrToDt ends before it begins"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_statement_refuses_it_with_a_reason(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    importer, file = Camt053(), changed(V02, tmp_path / "a.xml", change)

    read = list(importer.read(Source((file,)), options=importer.options()))

    bad, good = read[0], read[1:]
    assert not isinstance(bad, Item)
    assert bad.reason.startswith(reason)
    assert len(good) == 1  # the statement of the savings account


async def test_an_unknown_account_without_an_owner_is_refused(database: PreparedDatabase) -> None:
    report = await take_in(database, Camt053(), NEXT)

    [row] = report.bad_rows
    assert "not known" in row.reason
    assert report.counts.skipped == {"entries of refused statements": 2}
    assert await counted(database, AccountEntry) == 0


async def test_an_account_the_bank_opened_gets_its_statement(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)
    account = await database.do(
        OpenAccount(customer_id=ada, kind=FinancialAccountKind.DEPOSIT, currency="CHF", iban="CH9599999000000000017")
    )

    report = await take_in(database, Camt053(), V08)

    assert report.counts.created == {"balances": 3, "entries": 3, "statements": 1}
    assert {entry.account_id for entry in await all_of(database, AccountEntry)} == {account.id}


async def test_a_statement_in_another_currency_than_its_account_is_refused(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)
    values: dict[str, Any] = {"kind": FinancialAccountKind.DEPOSIT, "currency": "EUR"}
    await database.do(OpenAccount(customer_id=ada, iban="CH9599999000000000017", **values))

    report = await take_in(database, Camt053(), V08)

    assert len(report.bad_rows) == 1
    assert await counted(database, AccountEntry) == await counted(database, AccountStatement) == 0


async def test_an_entry_sent_twice_counts_once_where_the_balance_says_so(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    text = V02.read_text()
    entry = text[text.index("      <Ntry>") : text.index("</Ntry>") + len("</Ntry>\n")]
    file = changed(V02, tmp_path / "twice.xml", (entry, entry * 2))

    report = await take_in(database, Camt053(), file)

    assert report.bad_rows == ()
    assert (report.counts.created["entries"], report.counts.skipped["entries listed twice"]) == (4, 1)


async def test_two_entries_with_one_reference_are_kept_where_the_balance_needs_both(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    text = V02.read_text()
    entry = text[text.index("      <Ntry>") : text.index("</Ntry>") + len("</Ntry>\n")]
    file = changed(V02, tmp_path / "both.xml", (entry, entry * 2), (">13250.50<", ">18250.50<"))

    first = await take_in(database, Camt053(), file)
    second = await take_in(database, Camt053(), file)

    assert first.counts.created["entries"] == 5
    assert second.counts.unchanged["entries"] == 5


async def test_an_owner_without_a_kind_is_what_the_option_says(database: PreparedDatabase, tmp_path: Path) -> None:
    file = changed(WRONG, tmp_path / "right.xml", (">140.00<", ">130.00<"))

    await take_in(database, Camt053(), file, new_owner="person")

    [person] = await all_of(database, Person)
    assert (person.display_name, person.given_name) == ("Beispiel Laden KG", None)


_BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_FILE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        "<Document/>",
        "<html><body/></html>",
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"/>',
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.99"/>',
        f'{_BOMB}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>',
        f'{_FILE}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&x;</Document>',
        '<?xml version="1.0" encoding="no-such"?><Document/>',
    ],
)
def test_what_is_no_statement_is_refused_before_anything_is_read(tmp_path: Path, text: str) -> None:
    importer, file = Camt053(), tmp_path / "x.xml"
    file.write_text(text)

    with pytest.raises(WrongFormat):
        importer.check(Source((file,)), options=importer.options())


async def test_a_file_that_breaks_off_changes_nothing(database: PreparedDatabase, tmp_path: Path) -> None:
    file = tmp_path / "x.xml"
    file.write_text(V02.read_text()[:-200])

    with pytest.raises(WrongFormat, match="breaks off"):
        await take_in(database, Camt053(), file)

    assert await counted(database, AccountStatement) == 0


def test_reading_a_large_statement_takes_little_memory(tmp_path: Path) -> None:
    text, entries = WRONG.read_text(), 20_000
    start, end = text.index("      <Ntry>"), text.index("    </Stmt>")
    rows = (text[start:end].replace("SMP-2001", f"SMP-{number}") for number in range(entries))
    file = tmp_path / "large.xml"
    closing = f">{100 + 30 * entries}.00<"
    file.write_text(text[:start].replace(">140.00<", closing) + "".join(rows) + text[end:])
    importer = Camt053()

    tracemalloc.start()
    read = sum(1 for part in importer.read(Source((file,)), options=importer.options()) if isinstance(part, Item))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == entries + 1
    assert peak < 10_000_000
