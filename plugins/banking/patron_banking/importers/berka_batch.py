"""Writing a batch of Berka rows: for each table a look-up of what is known and an insert of what is new, whatever the size.

The source keys are the files' own ids: of parties in the external identifiers of system `berka`, of accounts, loans, cards
and orders in `source` and `source_key`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from sqlalchemy import select

from patron_banking.importers.berka_rows import Account, Card, Client, Disposition, District, Loan, Order, Value
from patron_banking.models import (
    AccountParty,
    AccountRole,
    FinancialAccount,
    FinancialAccountKind,
    FinancialAccountStatus,
    LoanStanding,
    LoanTerms,
    StandingOrder,
)
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import find_customers, take_in_customers
from patron_core.customers.models import CustomerKind, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.imports.importer import Counts
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewPerson
from patron_core.parties.models import ContactKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, Period

__all__ = ["write"]

_SYSTEM: Final = "berka"
_ACCOUNT, _LOAN, _CARD, _ORDER = "berka.account", "berka.loan", "berka.card", "berka.order"
_KEY: Final = ("source", "source_key")
_ALWAYS: Final = Period(None, None)
_RUNNING: Final = (LoanStanding.RUNNING, LoanStanding.IN_ARREARS)

V = TypeVar("V")


def write(values: Sequence[Value], uow: UnitOfWork, *, currency: str, unit: Decimal) -> Counts:
    """Writes the rows of a batch, of whatever tables. `InvalidInput` where a row refers to what is not there."""
    batch = _Batch(uow, currency, unit)
    counts = Counts(skipped={"district statistics": len(_of(values, District))})
    counts += batch.clients(_of(values, Client))
    counts += batch.accounts(_of(values, Account))
    counts += batch.dispositions(_of(values, Disposition))
    counts += batch.loans(_of(values, Loan))
    counts += batch.cards(_of(values, Card))
    return counts + batch.orders(_of(values, Order))


def _of(values: Sequence[Value], kind: type[V]) -> list[V]:
    return [value for value in values if isinstance(value, kind)]


class _Batch:
    """Writes each table's rows of one batch."""

    def __init__(self, uow: UnitOfWork, currency: str, unit: Decimal) -> None:
        self._uow = uow
        self._currency = currency
        self._unit = unit

    def clients(self, clients: Sequence[Client]) -> Counts:
        """Persons without names, each a customer."""
        if not clients:
            return Counts()
        intake = take_in_customers(self._uow, [_customer(client) for client in clients])
        return Counts(created={"customers": intake.created}, unchanged={"customers": intake.unchanged})

    def accounts(self, accounts: Sequence[Account]) -> Counts:
        """Current accounts, each about its owner. Their status is not in the files."""
        customers = self._customers(account.owner for account in accounts)
        rows = [
            {
                "customer_id": customers[account.owner],
                "kind": FinancialAccountKind.DEPOSIT,
                "number": account.key,
                "currency": self._currency,
                "opened_on": account.opened_on,
                "branch": account.place,
                "statement_frequency": account.frequency,
                "source": _ACCOUNT,
                "source_key": account.key,
            }
            for account in accounts
        ]
        return _counted("accounts", len(rows), self._uow.add_many(FinancialAccount, rows, unless_exists=_KEY))

    def dispositions(self, dispositions: Sequence[Disposition]) -> Counts:
        """The owner's and others' parts in current accounts."""
        customers = self._customers(disposition.client for disposition in dispositions)
        accounts = self._accounts(disposition.account for disposition in dispositions)
        rows = [
            _party(
                customers[disposition.client],
                accounts[disposition.account],
                FinancialAccountKind.DEPOSIT,
                AccountRole.OWNER if disposition.owner else AccountRole.SIGNATORY,
            )
            for disposition in dispositions
        ]
        return _counted("account parties", len(rows), self._add_parties(rows))

    def loans(self, loans: Sequence[Loan]) -> Counts:
        """Loans as accounts of their own, paid from a current account. Of status A and B they have ended."""
        customers = self._customers(loan.owner for loan in loans)
        paying = self._accounts(loan.account for loan in loans)
        rows = [
            {
                **self._account(FinancialAccountKind.LOAN, _LOAN, loan.key, customers[loan.owner], loan.granted_on),
                "status": FinancialAccountStatus.ENABLED
                if loan.standing in _RUNNING
                else FinancialAccountStatus.CLOSED,
                "settlement_account_id": paying[loan.account],
            }
            for loan in loans
        ]
        made = self._add_accounts(rows)
        terms = [
            {
                "account_id": made[loan.key],
                "principal": self._money(loan.principal),
                "instalment": self._money(loan.instalment),
                "months": loan.months,
                "standing": loan.standing,
            }
            for loan in loans
            if loan.key in made
        ]
        self._uow.add_many(LoanTerms, terms)
        return _counted("loans", len(rows), list(made))

    def cards(self, cards: Sequence[Card]) -> Counts:
        """Cards as accounts of their own, paid from a current account. Their status is not in the files."""
        customers = self._customers(card.client for card in cards)
        paying = self._accounts(card.account for card in cards)
        rows = [
            {
                **self._account(FinancialAccountKind.CARD, _CARD, card.key, customers[card.client], card.issued_on),
                "product": card.product,
                "settlement_account_id": paying[card.account],
            }
            for card in cards
        ]
        return _counted("cards", len(rows), list(self._add_accounts(rows)))

    def orders(self, orders: Sequence[Order]) -> Counts:
        """Standing orders of current accounts."""
        accounts = self._accounts(order.account for order in orders)
        rows = [
            {
                "account_id": accounts[order.account],
                "amount": self._money(order.amount),
                "purpose": order.purpose,
                "payee_bank": order.bank,
                "payee_account": order.payee,
                "source": _ORDER,
                "source_key": order.key,
            }
            for order in orders
        ]
        return _counted("standing orders", len(rows), self._uow.add_many(StandingOrder, rows, unless_exists=_KEY))

    def _customers(self, clients: Iterable[str]) -> Mapping[str, uuid.UUID]:
        wanted = dict.fromkeys(clients)
        found = find_customers(self._uow, [(_SYSTEM, client) for client in wanted]) if wanted else {}
        known = {client: taken.customer_id for (_, client), taken in found.items()}
        _refuse_unknown(wanted, known, "client")
        return known

    def _accounts(self, keys: Iterable[str]) -> Mapping[str, uuid.UUID]:
        wanted = dict.fromkeys(keys)
        ours = select(FinancialAccount.source_key, FinancialAccount.id).where(FinancialAccount.source == _ACCOUNT)
        known = {row.source_key: row.id for row in self._uow.look_up(ours, FinancialAccount.source_key, wanted)}
        _refuse_unknown(wanted, known, "account")
        return known

    def _account(
        self, kind: FinancialAccountKind, source: str, key: str, customer_id: uuid.UUID, opened_on: dt.date
    ) -> dict[str, Any]:
        return {
            "id": self._uow.ids.new(),
            "customer_id": customer_id,
            "kind": kind,
            "number": key,
            "currency": self._currency,
            "opened_on": opened_on,
            "source": source,
            "source_key": key,
        }

    def _add_accounts(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, uuid.UUID]:
        """Adds accounts with their owners and returns the new ones by source key."""
        if not rows:
            return {}
        inserted = set(self._uow.add_many(FinancialAccount, rows, unless_exists=_KEY))
        new = [row for row in rows if row["id"] in inserted]
        self._add_parties([_party(row["customer_id"], row["id"], row["kind"], AccountRole.OWNER) for row in new])
        return {row["source_key"]: row["id"] for row in new}

    def _add_parties(self, rows: Sequence[Mapping[str, Any]]) -> list[uuid.UUID]:
        return self._uow.add_many(AccountParty, rows, unless_exists=("account_id", "customer_id", "role"))

    def _money(self, amount: Decimal) -> Money:
        try:
            return Money.of(amount * self._unit, self._currency)
        except ValueError as error:
            raise InvalidInput(str(error)) from None


def _customer(client: Client) -> CreateCustomer:
    place = () if client.place is None else (NewContactMedium(kind=ContactKind.ADDRESS, value=client.place),)
    return CreateCustomer(
        person=NewPerson(display_name=f"Client {client.key}", birth_date=client.birth_date, gender=client.gender),
        kind=CustomerKind.B2C,
        lifecycle_stage=LifecycleStage.ACTIVE,
        contact_media=place,
        external_identifiers=(NewExternalIdentifier(system=_SYSTEM, value=client.key),),
    )


def _party(
    customer_id: uuid.UUID, account_id: uuid.UUID, kind: FinancialAccountKind, role: AccountRole
) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "account_id": account_id,
        "kind": kind,
        "role": role,
        "share": None,  # the files do not say who holds how much
        "validity": _ALWAYS,
    }


def _refuse_unknown(wanted: Iterable[str], known: Mapping[str, Any], noun: str) -> None:
    if any(key not in known for key in wanted):
        raise InvalidInput(
            f"The row names no known {noun}. Its id is not among those of the {noun}s. Import the whole set.",
        )


def _counted(noun: str, rows: int, inserted: Sequence[Any]) -> Counts:
    if not rows:
        return Counts()
    return Counts(created={noun: len(inserted)}, unchanged={noun: rows - len(inserted)})
