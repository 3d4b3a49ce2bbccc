"""Importing the Berka tables: what becomes of each, of bad rows and of what is no Berka data, on small tables of our own."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from patron_banking.importers import Berka
from patron_banking.models import (
    AccountParty,
    AccountRole,
    Balance,
    FinancialAccount,
    FinancialAccountKind,
    FinancialAccountStatus,
    KycProfile,
    LoanStanding,
    LoanTerms,
    StandingOrder,
    StandingOrderPurpose,
    StatementFrequency,
)
from patron_core.imports.importer import WrongFormat
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Gender, Person
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

from .bank import SAMPLES, all_of, counted, take_in

CREATED = {"account parties": 4, "accounts": 3, "cards": 2, "customers": 4, "loans": 2, "standing orders": 3}


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the sample tables, to be spoiled."""
    return Path(shutil.copytree(SAMPLES / "berka", tmp_path / "berka"))


async def test_each_table_becomes_rows_once(database: PreparedDatabase) -> None:
    first = await take_in(database, Berka(), SAMPLES / "berka")
    second = await take_in(database, Berka(), SAMPLES / "berka")

    assert (first.counts.created, first.counts.skipped) == (CREATED, {"district statistics": 2})
    assert (second.counts.created, second.counts.unchanged) == ({}, CREATED)
    assert (first.rows, first.bad_rows, second.bad_rows) == (20, (), ())


async def test_clients_are_persons_without_a_name(database: PreparedDatabase) -> None:
    await take_in(database, Berka(), SAMPLES / "berka")

    person, *_ = await all_of(database, Person, Person.display_name)
    medium, *_ = await all_of(database, ContactMedium, ContactMedium.value)
    assert (person.display_name, person.given_name, person.family_name) == ("Client 101", None, None)
    assert (person.gender, person.birth_date.isoformat()) == (Gender.FEMALE, "1960-02-29")
    assert medium.value == "Horni Lhota, Hill Country"
    assert {x.value for x in await all_of(database, ExternalIdentifier)} == {"101", "102", "103", "104"}


async def test_loans_and_cards_are_accounts_paid_from_another(database: PreparedDatabase) -> None:
    await take_in(database, Berka(), SAMPLES / "berka")

    accounts = {(a.source, a.source_key): a for a in await all_of(database, FinancialAccount)}
    current, loan, card = (
        accounts[key] for key in (("berka.account", "12"), ("berka.loan", "302"), ("berka.card", "401"))
    )
    terms = await database.do(lambda uow: uow.find(LoanTerms, account_id=loan.id))
    assert (loan.kind, loan.status) == (FinancialAccountKind.LOAN, FinancialAccountStatus.ENABLED)
    assert (loan.settlement_account_id, loan.customer_id) == (current.id, current.customer_id)
    assert (terms.principal, terms.instalment) == (Money.of("48005.00", "CZK"), Money.of("2001.00", "CZK"))
    assert (terms.months, terms.standing) == (24, LoanStanding.IN_ARREARS)
    assert accounts["berka.loan", "301"].status is FinancialAccountStatus.CLOSED
    assert (card.kind, card.product, card.status) == (FinancialAccountKind.CARD, "Gold", None)
    assert (current.statement_frequency, current.branch) == (StatementFrequency.WEEKLY, "Horni Lhota, Hill Country")


async def test_a_disponent_signs_and_owns_nothing(database: PreparedDatabase) -> None:
    await take_in(database, Berka(), SAMPLES / "berka")

    [signatory] = [p for p in await all_of(database, AccountParty) if p.role is AccountRole.SIGNATORY]
    assert signatory.share is None
    assert await counted(database, FinancialAccount, FinancialAccount.customer_id == signatory.customer_id) == 0


async def test_what_the_tables_do_not_say_is_not_there(database: PreparedDatabase) -> None:
    await take_in(database, Berka(), SAMPLES / "berka")

    orders = {order.source_key: order for order in await all_of(database, StandingOrder)}
    assert orders["502"].purpose is None
    assert orders["503"].purpose is StandingOrderPurpose.HOUSEHOLD
    assert await counted(database, Balance) == await counted(database, KycProfile) == 0
    statuses = await database.do(
        lambda uow: uow.select(
            select(FinancialAccount.status).where(FinancialAccount.kind == FinancialAccountKind.DEPOSIT)
        )
    )
    assert set(statuses) == {None}


async def test_currency_and_unit_are_options(database: PreparedDatabase) -> None:
    await take_in(database, Berka(), SAMPLES / "berka", currency="EUR", amount_unit=Decimal(1))

    [order, *_] = await all_of(database, StandingOrder, StandingOrder.source_key)
    assert order.amount == Money.of("100.00", "EUR")


async def test_bad_rows_are_told_and_the_others_taken(database: PreparedDatabase, tables: Path) -> None:
    with (tables / "sample_client.tsv").open("a") as file:
        file.write("105\t1990-13-01\tF\t1\n106\t1990-01-01\tX\t1\n107\t1990-01-01\n")
    with (tables / "sample_account.tsv").open("a") as file:
        file.write("14\t1\t2018-01-01\tM\n")
    with (tables / "sample_disp.tsv").open("a") as file:
        file.write("205\t105\t13\tD\n")
    with (tables / "sample_card.tsv").open("a") as file:
        file.write("403\t999\tG\t2018-01-02\n")
    with (tables / "sample_loan.tsv").open("a") as file:
        file.write("303\t13\t2016-02-01\tNaN\t12\t100.00\tA\n304\t13\t2016-02-01\t0.00001\t12\t100.00\tA\n")

    report = await take_in(database, Berka(), tables)

    assert report.counts.created == CREATED
    told = {(row.file.removeprefix("sample_"), row.line): row.reason for row in report.bad_rows}
    assert set(told) == {
        ("client.tsv", 5),
        ("client.tsv", 6),
        ("client.tsv", 7),
        ("account.tsv", 4),
        ("disp.tsv", 5),
        ("card.tsv", 3),
        ("loan.tsv", 3),
        ("loan.tsv", 4),
    }
    assert told["client.tsv", 5] == "Column birth_date does not hold what it should."
    assert told["account.tsv", 4] == "The account has no owner among the dispositions."
    assert "1990" not in "".join(told.values())


async def test_a_set_that_lacks_a_table_is_refused_whole(database: PreparedDatabase, tables: Path) -> None:
    (tables / "sample_disp.tsv").unlink()

    with pytest.raises(WrongFormat, match=r"disp\.tsv"):
        await take_in(database, Berka(), tables)

    assert await counted(database, Person) == 0


@pytest.mark.parametrize("text", ["", "client_id\tbirth\tgender\tdistrict\n", "1,1990-01-01,F,1\n", "\x00\x01\x02"])
async def test_a_table_that_is_none_is_refused(database: PreparedDatabase, tables: Path, text: str) -> None:
    (tables / "sample_client.tsv").write_text(text)

    with pytest.raises(WrongFormat, match=r"sample_client\.tsv is not a file of format berka"):
        await take_in(database, Berka(), tables)
