"""Demo data of a bank: customers with plainly invented names, their accounts, last month's statements, and what is known of them.

In comes the demo's unit of work, random source and clock, out come the same rows each time. Statements keep the rule that
importers hold: closing is opening plus entries. Two small camt.053 files of our own are imported too.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from stdnum import iban as iban_numbers

from patron_banking import kyc
from patron_banking.importers import Camt053
from patron_banking.importers.camt053 import Camt053Options
from patron_banking.models import (
    AccountEntry,
    AccountEntryStatus,
    AccountParty,
    AccountRole,
    AccountStatement,
    Balance,
    BalanceType,
    CreditDebit,
    FinancialAccount,
    FinancialAccountKind,
    FinancialAccountStatus,
    KycProfile,
    KycStatus,
    LoanStanding,
    LoanTerms,
    RiskRating,
)
from patron_banking.settings import BankingSettings
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.customers.models import LifecycleStage
from patron_core.hookspecs import DemoContext
from patron_core.imports.importer import Item, Source
from patron_core.parties.commands import NewExternalIdentifier, NewOrganization, NewPerson
from patron_core.values import Money, Period

__all__ = ["fill"]

_SAMPLES: Final = Path(__file__).parent / "samples"
_GIVEN: Final = ("Alma", "Bruno", "Clio", "Dario", "Edda", "Fabio", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luca")
_FAMILY: Final = ("Ahornblatt", "Bergsee", "Distelfink", "Eichhorn", "Fichtelwald", "Glockenspiel", "Haselnuss")
_FIRMS: Final = ("Blaubeer Backwaren", "Drei Tannen Holzbau", "Kupferkessel Brauerei", "Nordwind Logistik")
_PEOPLE, _CURRENCY, _SYSTEM = 44, "CHF", "demo.bank"
_PURPOSES: Final = ("Salary", "Rent", "Groceries", "Insurance", "Refund", "Electricity", "Savings plan")


@dataclass(slots=True)
class _Rows:
    """Rows to insert, by table, in the order in which tables refer to each other."""

    accounts: list[dict[str, Any]]
    parties: list[dict[str, Any]]
    loans: list[dict[str, Any]]
    statements: list[dict[str, Any]]
    balances: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    profiles: list[dict[str, Any]]


def fill(demo: DemoContext) -> None:
    """Makes the bank's part of a demo tenant."""
    customers = _customers(demo)
    bank = _Bank(demo)
    for number, customer_id in enumerate(customers):
        bank.serve(customer_id, number, partner=customers[number - 1] if number % 7 == 6 else None)
    bank.write()
    for name in ("camt053_02.xml", "camt053_08.xml"):
        _import(_SAMPLES / name, demo)


def _customers(demo: DemoContext) -> list[uuid.UUID]:
    wanted = [_person(number, demo) for number in range(_PEOPLE)] + [_firm(name) for name in _FIRMS]
    intake = take_in_customers(demo.uow, wanted)
    named = [command.external_identifiers[0] for command in wanted]
    return [intake.customer_id(identifier.system, identifier.value) for identifier in named]


def _person(number: int, demo: DemoContext) -> CreateCustomer:
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // 2 % len(_FAMILY)]
    born = dt.date(1950, 1, 1) + dt.timedelta(days=demo.random.randrange(365 * 52))
    return CreateCustomer(
        person=NewPerson(given_name=given, family_name=family, birth_date=born),
        lifecycle_stage=LifecycleStage.ACTIVE,
        owner=demo.random.choice(("Desk East", "Desk West")),
        external_identifiers=(NewExternalIdentifier(system=_SYSTEM, value=f"person {number}"),),
    )


def _firm(name: str) -> CreateCustomer:
    return CreateCustomer(
        organization=NewOrganization(legal_name=f"{name} (Demo) AG"),
        lifecycle_stage=LifecycleStage.ACTIVE,
        owner="Desk Business",
        external_identifiers=(NewExternalIdentifier(system=_SYSTEM, value=name),),
    )


class _Bank:
    """Gathers what customers have, and writes it with one statement for each table."""

    def __init__(self, demo: DemoContext) -> None:
        self._demo = demo
        self._random = demo.random
        self._today = demo.clock.now().date()
        self._rows = _Rows([], [], [], [], [], [], [])

    def serve(self, customer_id: uuid.UUID, number: int, *, partner: uuid.UUID | None) -> None:
        """Gives a customer an account with a month of movements, and some of what a bank sells besides."""
        current = self._account(customer_id, FinancialAccountKind.DEPOSIT, number, partner=partner)
        self._statement(current)
        if self._random.random() < 0.6:
            self._statement(self._account(customer_id, FinancialAccountKind.SAVINGS, number))
        if self._random.random() < 0.4:
            self._account(customer_id, FinancialAccountKind.CARD, number, settled_by=current["id"])
        if self._random.random() < 0.3:
            self._loan(self._account(customer_id, FinancialAccountKind.LOAN, number, settled_by=current["id"]))
        if self._random.random() < 0.15:
            self._account(customer_id, FinancialAccountKind.INVESTMENT, number)
        self._profile(customer_id)

    def write(self) -> None:
        """Inserts all that was gathered."""
        uow, rows = self._demo.uow, self._rows
        uow.add_many(FinancialAccount, rows.accounts)
        uow.add_many(AccountParty, rows.parties)
        uow.add_many(LoanTerms, rows.loans)
        uow.add_many(AccountStatement, rows.statements)
        uow.add_many(Balance, rows.balances)
        uow.add_many(AccountEntry, rows.entries)
        uow.add_many(KycProfile, rows.profiles)

    def _account(
        self,
        customer_id: uuid.UUID,
        kind: FinancialAccountKind,
        number: int,
        *,
        partner: uuid.UUID | None = None,
        settled_by: uuid.UUID | None = None,
    ) -> dict[str, Any]:
        opened_on = self._today - dt.timedelta(days=self._random.randrange(60, 4_000))
        key = f"{kind.value}-{number}"
        with_iban = kind in (FinancialAccountKind.DEPOSIT, FinancialAccountKind.SAVINGS)
        account = {
            "id": self._demo.uow.ids.new(),
            "customer_id": customer_id,
            "kind": kind,
            "status": FinancialAccountStatus.ENABLED,
            "iban": _iban(number, kind) if with_iban else None,
            "number": f"{number:04d}-{kind.value[:2].upper()}",
            "currency": _CURRENCY,
            "product": self._random.choice(("Classic", "Gold")) if kind is FinancialAccountKind.CARD else None,
            "opened_on": opened_on,
            "settlement_account_id": settled_by,
            "source": _SYSTEM,
            "source_key": key,
        }
        self._rows.accounts.append(account)
        owners = [(customer_id, AccountRole.OWNER)] + ([] if partner is None else [(partner, AccountRole.JOINT)])
        since = dt.datetime.combine(opened_on, dt.time(), tzinfo=dt.UTC)
        self._rows.parties += [
            {
                "customer_id": owner,
                "account_id": account["id"],
                "kind": kind,
                "role": role,
                "share": Decimal(100) / len(owners),
                "validity": Period(since, None),
            }
            for owner, role in owners
        ]
        return account

    def _loan(self, account: dict[str, Any]) -> None:
        months = self._random.choice((12, 24, 36, 48, 60))
        instalment = self._random.randrange(200, 1_500)
        in_arrears = self._random.random() < 0.15
        self._rows.loans.append(
            {
                "account_id": account["id"],
                "principal": Money(months * instalment * 100, _CURRENCY),
                "instalment": Money(instalment * 100, _CURRENCY),
                "months": months,
                "standing": LoanStanding.IN_ARREARS if in_arrears else LoanStanding.RUNNING,
            }
        )

    def _statement(self, account: dict[str, Any]) -> None:
        """Last month's statement: opening balance, movements, and the closing balance they lead to."""
        last = self._today.replace(day=1) - dt.timedelta(days=1)
        first = last.replace(day=1)
        statement_id = self._demo.uow.ids.new()
        movements = [self._movement() for _ in range(self._random.randrange(3, 9))]
        opening = self._random.randrange(50_000, 2_000_000)
        self._rows.statements.append(
            {
                "id": statement_id,
                "account_id": account["id"],
                "number": f"{first:%Y-%m}",
                "created_on_bank_at": None,
                "covers": Period(_start(first), _start(last + dt.timedelta(days=1))),
                "entry_count": len(movements),
                "source_key": f"{first:%Y-%m}",
            }
        )
        ends = ((BalanceType.OPBD, first, opening), (BalanceType.CLBD, last, opening + sum(m for m, _ in movements)))
        self._rows.balances += [
            {
                "account_id": account["id"],
                "statement_id": statement_id,
                "number": number,
                "type": kind,
                "as_of": day,
                "amount": Money(minor, _CURRENCY),
            }
            for number, (kind, day, minor) in enumerate(ends, start=1)
        ]
        for position, (minor, purpose) in enumerate(movements):
            day = first + dt.timedelta(days=self._random.randrange(last.day))
            self._rows.entries.append(_entry(account, statement_id, position, minor, purpose, day))

    def _movement(self) -> tuple[int, str]:
        purpose = self._random.choice(_PURPOSES)
        amount = self._random.randrange(1_000, 500_000)
        return (amount if purpose in ("Salary", "Refund") else -amount // 4), purpose

    def _profile(self, customer_id: uuid.UUID) -> None:
        rating = self._random.choice((RiskRating.LOW, RiskRating.LOW, RiskRating.MEDIUM, RiskRating.HIGH))
        decided_on = self._today - dt.timedelta(days=self._random.randrange(30, 500))
        settings = self._demo.uow.plugins.settings(BankingSettings)
        self._rows.profiles.append(
            {
                "customer_id": customer_id,
                "status": KycStatus.APPROVED,
                "risk_rating": rating,
                "submitted_by": "demo relationship desk",
                "submitted_at": _start(decided_on - dt.timedelta(days=3)),
                "decided_by": "demo compliance desk",
                "decided_at": _start(decided_on),
                "next_review_on": kyc.review_day(rating, decided_on=decided_on, settings=settings),
            }
        )


def _entry(
    account: dict[str, Any], statement_id: uuid.UUID, position: int, minor: int, purpose: str, day: dt.date
) -> dict[str, Any]:
    return {
        "account_id": account["id"],
        "statement_id": statement_id,
        "amount": Money(minor, _CURRENCY),
        "direction": CreditDebit.CRDT if minor >= 0 else CreditDebit.DBIT,
        "status": AccountEntryStatus.BOOK,
        "reversal": False,
        "booked_on": day,
        "value_on": day,
        "occurred_at": _start(day),
        "bank_transaction_code": "PMNT/RCDT/DMCT" if minor >= 0 else "PMNT/ICDT/DMCT",
        "remittance": purpose,
        "source_key": f"{day:%Y-%m}-{position}",
    }


def _start(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)


def _iban(number: int, kind: FinancialAccountKind) -> str:
    """An IBAN with right check digits at a bank that does not exist."""
    inner = f"99998{1 if kind is FinancialAccountKind.SAVINGS else 0:04d}{number:08d}"
    return f"CH{iban_numbers.calc_check_digits(f'CH00{inner}')}{inner}"


def _import(file: Path, demo: DemoContext) -> None:
    importer, options = Camt053(), Camt053Options()
    read = importer.read(Source((file,)), options=options)
    items: Sequence[Item[Any]] = [part for part in read if isinstance(part, Item)]
    importer.apply(items, uow=demo.uow, options=options)
