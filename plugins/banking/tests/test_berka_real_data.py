"""The published Berka tables import whole, quickly and once; what they do not say is not there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from patron_banking.importers import Berka
from patron_banking.models import (
    AccountParty,
    AccountRole,
    Balance,
    FinancialAccount,
    FinancialAccountKind,
    LoanStanding,
    LoanTerms,
    StandingOrder,
)
from patron_core.customers.models import Customer
from patron_core.imports.runner import ImportReport
from patron_core.parties.models import Person
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

from .bank import counted, take_in

pytestmark = pytest.mark.real_data

ROWS = 77 + 5_369 + 4_500 + 5_369 + 682 + 892 + 6_471


async def imported(database: PreparedDatabase) -> ImportReport:
    return await take_in(database, Berka(), Path(os.environ["PATRON_DATA_DIR"]) / "banking")


async def test_all_tables_import_and_a_second_import_changes_nothing(database: PreparedDatabase) -> None:
    began = time.perf_counter()
    first = await imported(database)
    seconds = time.perf_counter() - began
    second = await imported(database)

    assert (first.rows, first.bad_row_count) == (ROWS, 0)
    assert first.counts.created == {
        "account parties": 5_369,
        "accounts": 4_500,
        "cards": 892,
        "customers": 5_369,
        "loans": 682,
        "standing orders": 6_471,
    }
    assert first.counts.skipped == {"district statistics": 77}
    assert (second.rows, second.bad_row_count, second.counts.created) == (ROWS, 0, {})
    assert second.counts.unchanged == first.counts.created
    print(f"{database.dialect}: {ROWS / seconds:,.0f} rows/s")


async def test_rows_are_what_the_tables_say_and_nothing_more(database: PreparedDatabase) -> None:
    await imported(database)

    kinds = FinancialAccountKind
    by_kind = {kind: await counted(database, FinancialAccount, FinancialAccount.kind == kind) for kind in kinds}
    standings = {s.name: await counted(database, LoanTerms, LoanTerms.standing == s) for s in LoanStanding}
    loan = await database.do(lambda uow: uow.find(FinancialAccount, source="berka.loan", source_key="4959"))
    terms = await database.do(lambda uow: uow.find(LoanTerms, account_id=loan.id))

    assert by_kind == {
        kinds.DEPOSIT: 4_500,
        kinds.SAVINGS: 0,
        kinds.LOAN: 682,
        kinds.CARD: 892,
        kinds.INVESTMENT: 0,
    }
    assert standings == {"REPAID": 203, "DEFAULTED": 31, "RUNNING": 403, "IN_ARREARS": 45}
    assert await counted(database, Customer) == await counted(database, Person) == 5_369
    assert await counted(database, Person, Person.given_name.is_not(None)) == 0
    assert await counted(database, AccountParty, AccountParty.role == AccountRole.SIGNATORY) == 869
    assert await counted(database, StandingOrder, StandingOrder.purpose.is_(None)) == 1_379
    assert await counted(database, Balance) == 0
    assert (terms.principal, terms.instalment) == (Money.of("80952", "CZK"), Money.of("3373", "CZK"))


COUNTS = """
query {
  customers { totalCount }
  owners: customers(where: { portfolio: { accountCount: { gt: 0 } } }) { totalCount }
  disponents: customers(where: { portfolio: { accountCount: { eq: 0 } } }) { totalCount }
  accounts: financialAccounts(where: { kind: { eq: DEPOSIT } }) { totalCount }
  loans: financialAccounts(where: { kind: { eq: LOAN } }) { totalCount }
  arrears: financialAccounts(where: { loan: { standing: { eq: IN_ARREARS } } }) { totalCount }
  cards: financialAccounts(where: { kind: { eq: CARD } }) { totalCount }
  gold: financialAccounts(where: { kind: { eq: CARD }, product: { eq: "Gold" } }) { totalCount }
}
"""


async def test_the_counts_hold_through_the_api(patron: Patron) -> None:
    await imported(patron.prepared)

    data = await patron.data(COUNTS)

    assert {name: connection["totalCount"] for name, connection in data.items()} == {
        "customers": 5_369,
        "owners": 4_500,
        "disponents": 869,
        "accounts": 4_500,
        "loans": 682,
        "arrears": 45,
        "cards": 892,
        "gold": 88,
    }
    assert len(patron.statements) == 8
