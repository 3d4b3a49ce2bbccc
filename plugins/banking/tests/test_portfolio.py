"""What the API shows of a bank: portfolios, filters through them, mutations, the timeline, and the examples of the page."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import orjson
import pytest

from patron_banking.demo import fill
from patron_banking.example_queries import EXAMPLES
from patron_banking.importers import Berka, Camt053
from patron_banking.models import AccountEntry, Balance, BalanceType, FinancialAccount
from patron_core.hookspecs import DemoContext
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

from .bank import SAMPLES, all_of, checker, counted, customer, take_in

PORTFOLIO = """
query ($where: CustomerWhere) {
  customers(where: $where, orderBy: [{ field: DISPLAY_NAME }]) {
    nodes {
      displayName
      portfolio {
        accountCount depositCount loanCount cardCount savingsCount investmentCount
        accounts(orderBy: [{ field: KIND }]) {
          totalCount
          nodes { role share kind account { kind iban currency balances { totalCount } loan { months standing } } }
        }
      }
    }
  }
}
"""


async def test_a_portfolio_shows_all_a_customer_has_in_one_statement(patron: Patron) -> None:
    await take_in(patron.prepared, Berka(), SAMPLES / "berka")
    await customer(patron.prepared, "Nobody")

    data = await patron.data(PORTFOLIO)

    by_name = {node["displayName"]: node["portfolio"] for node in data["customers"]["nodes"]}
    assert len(patron.statements) == 1
    assert by_name["Nobody"] is None
    assert {k: v for k, v in by_name["Client 101"].items() if k != "accounts"} == {
        "accountCount": 3,
        "depositCount": 1,
        "loanCount": 1,
        "cardCount": 1,
        "savingsCount": 0,
        "investmentCount": 0,
    }
    assert [node["kind"] for node in by_name["Client 101"]["accounts"]["nodes"]] == ["CARD", "DEPOSIT", "LOAN"]
    assert by_name["Client 102"]["accountCount"] == 0
    [signed] = by_name["Client 102"]["accounts"]["nodes"]
    assert (signed["role"], signed["share"], signed["account"]["balances"]["totalCount"]) == ("SIGNATORY", None, 0)


async def test_a_portfolio_groups_its_accounts_in_the_same_statement(patron: Patron) -> None:
    await take_in(patron.prepared, Berka(), SAMPLES / "berka")
    await customer(patron.prepared, "Nobody")

    data = await patron.data("""{
      customers(where: {displayName: {in: ["Nobody", "Client 101", "Client 102"]}}, orderBy: [{field: DISPLAY_NAME}]) {
        nodes { portfolio { all: accountsAggregate { count } accountsAggregate(groupBy: {field: KIND}) { key { kind } count } } }
      }
    }""")

    assert len(patron.statements) == 1
    assert [node["portfolio"] for node in data["customers"]["nodes"]] == [
        {
            "all": [{"count": 3}],
            "accountsAggregate": [{"key": {"kind": kind}, "count": 1} for kind in ("CARD", "DEPOSIT", "LOAN")],
        },
        {"all": [{"count": 1}], "accountsAggregate": [{"key": {"kind": "DEPOSIT"}, "count": 1}]},
        None,
    ]


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ({"portfolio": {"loanCount": {"gt": 0}}}, ["Client 101", "Client 103"]),
        (
            {"portfolio": {"accounts": {"some": {"account": {"loan": {"standing": {"eq": "IN_ARREARS"}}}}}}},
            ["Client 103"],
        ),
        ({"portfolio": {"accounts": {"some": {"role": {"eq": "SIGNATORY"}}}}}, ["Client 102"]),
        ({"portfolio": {"accounts": {"none": {"kind": {"eq": "LOAN"}}}}}, ["Client 102", "Client 104"]),
    ],
)
async def test_customers_are_found_through_their_portfolio(
    patron: Patron, where: dict[str, Any], names: list[str]
) -> None:
    await take_in(patron.prepared, Berka(), SAMPLES / "berka")

    data = await patron.data(PORTFOLIO, {"where": where})

    assert [node["displayName"] for node in data["customers"]["nodes"]] == names


async def test_entries_join_the_timeline_of_the_owner(patron: Patron) -> None:
    await take_in(patron.prepared, Camt053(), SAMPLES / "camt053_08.xml")

    data = await patron.data(
        """{ customers { nodes { timeline { nodes {
            __typename occurredAt summary ... on AccountEntry { amount { amount currencyCode } status }
        } } } } }"""
    )

    [owner] = data["customers"]["nodes"]
    assert [node["summary"] for node in owner["timeline"]["nodes"]] == [
        "Account credited",
        "Account debited",
        "Account credited",
    ]
    assert {node["__typename"] for node in owner["timeline"]["nodes"]} == {"AccountEntry"}
    assert owner["timeline"]["nodes"][0]["status"] == "PDNG"


OPEN = """
mutation ($input: AccountOpenInput!) {
  accountOpen(input: $input) {
    account { id kind iban openedOn parties { nodes { role share customer { displayName } } } }
    userErrors { code path }
  }
}
"""


async def test_an_account_opens_through_the_api_once_two_people_know_the_customer(patron: Patron) -> None:
    ada = f"cus_{await customer(patron.prepared)}"
    wanted = {"customerId": ada, "kind": "SAVINGS", "currency": "EUR", "iban": "DE89 3704 0044 0532 0130 00"}

    refused = await patron.data(OPEN, {"input": wanted})
    submitted = await patron.data(
        "mutation ($input: KycSubmitInput!) { kycSubmit(input: $input) { profile { id version status } } }",
        {"input": {"customerId": ada, "riskRating": "LOW"}},
    )
    profile = submitted["kycSubmit"]["profile"]
    decide = """mutation ($input: KycDecideInput!) {
        kycDecide(input: $input) { profile { status decidedBy nextReviewOn } userErrors { code path } } }"""
    decision = {"input": {"id": profile["id"], "version": profile["version"], "decision": "APPROVED"}}
    alone = await patron.data(decide, decision)
    decided = await patron.data(decide, decision, actor=checker(patron.prepared))
    opened = await patron.data(OPEN, {"input": wanted})

    assert refused["accountOpen"] == {
        "account": None,
        "userErrors": [{"code": "KYC_REQUIRED", "path": ["input", "customerId"]}],
    }
    assert alone["kycDecide"]["userErrors"] == [{"code": "FOUR_EYES_REQUIRED", "path": ["input", "id"]}]
    assert decided["kycDecide"]["profile"] == {
        "status": "APPROVED",
        "decidedBy": "checker",
        "nextReviewOn": "2029-03-14",
    }
    account = opened["accountOpen"]["account"]
    assert (account["iban"], account["openedOn"]) == ("DE89370400440532013000", "2026-03-14")
    assert account["parties"]["nodes"] == [{"role": "OWNER", "share": "100.00", "customer": {"displayName": "Ada"}}]


def demo_of(database: PreparedDatabase) -> Any:
    return lambda uow: fill(DemoContext(uow, random.Random(7), database.clock))


async def test_the_demo_bank_is_small_sound_and_the_same_each_time(database: PreparedDatabase) -> None:
    await database.do(demo_of(database))
    other = await database.tenant("Twin")
    await database.do(demo_of(database), actor=other)

    accounts = await all_of(database, FinancialAccount)
    twins: list[Any] = await database.do(lambda uow: uow.select(_all(FinancialAccount)), actor=other)
    assert 80 < len(accounts) < 200
    assert [(a.kind, a.iban, a.opened_on) for a in accounts] == [(a.kind, a.iban, a.opened_on) for a in twins]
    assert await counted(database, AccountEntry) > 200
    await _check_statements(database)


async def _check_statements(database: PreparedDatabase) -> None:
    """Closing is opening plus booked entries, in every statement."""
    sums: dict[Any, int] = {}
    for entry in await all_of(database, AccountEntry):
        if entry.booked_on is not None:
            sums[entry.statement_id] = sums.get(entry.statement_id, 0) + entry.amount.minor
    for balance in await all_of(database, Balance):
        sign = {BalanceType.OPBD: 1, BalanceType.PRCD: 1, BalanceType.CLBD: -1}.get(balance.type, 0)
        sums[balance.statement_id] = sums.get(balance.statement_id, 0) + sign * balance.amount.minor
    assert set(sums.values()) == {0}


def _all(model: type[Any]) -> Any:
    from sqlalchemy import select

    return select(model).order_by(model.id)


async def test_each_example_of_the_page_answers_in_one_statement(patron: Patron) -> None:
    await patron.prepared.do(demo_of(patron.prepared))

    for example in EXAMPLES:
        variables = orjson.loads(example.variables) if example.variables else {}
        data = await patron.data(example.query, variables)
        assert len(patron.statements) == 1, example.title
        [connection] = data.values()
        assert connection["nodes"], example.title


async def test_a_balance_of_last_month_is_the_closing_one(patron: Patron) -> None:
    await patron.prepared.do(demo_of(patron.prepared))

    data = await patron.data(
        """{ financialAccounts(first: 1, where: { kind: { eq: DEPOSIT } }) { nodes {
            balances(where: { type: { eq: CLBD } }) { nodes { asOf amount { amount currencyCode } } }
            statements { nodes { number entryCount entries { totalCount } } } } } }"""
    )

    [account] = data["financialAccounts"]["nodes"]
    [balance] = account["balances"]["nodes"]
    assert balance["asOf"] == dt.date(2026, 2, 28).isoformat()
    [statement] = account["statements"]["nodes"]
    assert statement["entryCount"] == statement["entries"]["totalCount"]
