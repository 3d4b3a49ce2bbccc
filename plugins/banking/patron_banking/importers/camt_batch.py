"""Writing a batch of statements and entries: a look-up of what is known and an insert of what is new, whatever the size.

Accounts are found by IBAN, or by the bank's own number. One that is not known is made, with its owner as a customer, where
the statement names the owner. An entry that was pending becomes booked when a later statement says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import or_, select

from patron_banking.events import StatementsImported
from patron_banking.importers.camt_statements import AccountData, EntryData, Owner, StatementData
from patron_banking.models import (
    AccountEntry,
    AccountEntryStatus,
    AccountParty,
    AccountRole,
    AccountStatement,
    Balance,
    FinancialAccount,
)
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.customers.models import LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.imports.importer import Counts
from patron_core.parties.commands import NewExternalIdentifier, NewOrganization, NewPerson
from patron_core.parties.models import PartyKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Period

__all__ = ["EntryPart", "Part", "StatementPart", "write"]

_SOURCE: Final = "camt053"
NewOwner = Literal["organization", "person"]


@dataclass(frozen=True, slots=True)
class StatementPart:
    """A statement that was found sound. entries: how many it lists."""

    data: StatementData
    entries: int


@dataclass(frozen=True, slots=True)
class EntryPart:
    """An entry of a sound statement. dropped: whether the statement lists it a second time without counting it."""

    account: AccountData
    statement_key: str
    key: str
    data: EntryData
    dropped: bool


Part = StatementPart | EntryPart
StatementMark = tuple[uuid.UUID | None, str]
EntryMark = tuple[uuid.UUID | None, str | None, int]


class _Mark(NamedTuple):
    """What names an entry's statement (account, key) and, under any status, the entry (account, reference, amount)."""

    statement: StatementMark
    entry: EntryMark


def write(values: Sequence[Part], uow: UnitOfWork, *, new_owner: NewOwner) -> Counts:
    """Writes statements and entries. `InvalidInput` for an account that is not known and has no named owner."""
    statements = [value for value in values if isinstance(value, StatementPart)]
    entries = [value for value in values if isinstance(value, EntryPart)]
    batch = _Batch(uow, new_owner)
    batch.find_accounts([part.data.account for part in statements] + [part.account for part in entries])
    return batch.accounts(statements) + batch.statements(statements) + batch.entries(entries)


class _Batch:
    """One batch: the accounts it is about, and the writing of its parts."""

    def __init__(self, uow: UnitOfWork, new_owner: NewOwner) -> None:
        self._uow = uow
        self._new_owner: NewOwner = new_owner
        self._accounts: dict[str, uuid.UUID] = {}
        self._currencies: dict[uuid.UUID, str] = {}

    def find_accounts(self, accounts: Iterable[AccountData]) -> None:
        """Looks the accounts up, by IBAN or by the number a statement gave before."""
        keys = {account.key for account in accounts}
        if not keys:
            return
        ours = (FinancialAccount.source == _SOURCE) & FinancialAccount.source_key.in_(keys)
        rows = self._uow.rows(
            select(
                FinancialAccount.id,
                FinancialAccount.iban,
                FinancialAccount.currency,
                FinancialAccount.source,
                FinancialAccount.source_key,
            ).where(or_(FinancialAccount.iban.in_(keys), ours))
        )
        for row in rows:
            if row.source == _SOURCE:
                self._accounts.setdefault(row.source_key, row.id)
            if row.iban is not None:
                self._accounts[row.iban] = row.id
            self._currencies[row.id] = row.currency

    def accounts(self, statements: Sequence[StatementPart]) -> Counts:
        """Makes the accounts that are not known, with their owners."""
        new = {p.data.account.key: p.data for p in statements if p.data.account.key not in self._accounts}
        if not new:
            return Counts()
        owners = {key: _owner(data.account, self._new_owner) for key, data in new.items()}
        intake = take_in_customers(self._uow, list(owners.values()))
        rows: list[dict[str, Any]] = []
        for key, data in new.items():
            named = owners[key].external_identifiers[0]
            rows.append(self._account(data, intake.customer_id(named.system, named.value)))
            self._accounts[key] = rows[-1]["id"]
        self._uow.add_many(FinancialAccount, rows)
        self._uow.add_many(AccountParty, [_owning(row) for row in rows])
        return Counts(
            created={"accounts": len(rows), "customers": intake.created}, unchanged={"customers": intake.unchanged}
        )

    def statements(self, parts: Sequence[StatementPart]) -> Counts:
        """Adds statements that are new, with their balances."""
        rows = {part: self._statement(part) for part in parts}
        inserted = set(
            self._uow.add_many(AccountStatement, list(rows.values()), unless_exists=("account_id", "source_key"))
        )
        new = [(part, row) for part, row in rows.items() if row["id"] in inserted]
        balances = [balance for part, row in new for balance in _balances(part.data, row)]
        self._uow.add_many(Balance, balances)
        other = sum(part.data.other_balances for part, _ in new)
        return Counts(
            created={"statements": len(new), "balances": len(balances)},
            unchanged={"statements": len(parts) - len(new)},
            skipped={"balances of the bank's own kinds": other},
        )

    def entries(self, parts: Sequence[EntryPart]) -> Counts:
        """Adds entries that are new, and books those that were pending."""
        statements = self._statement_ids(parts)
        # A refused statement was reported with its reason; its entries go with it.
        sound = [part for part in parts if self._mark(part).statement in statements]
        kept = [part for part in sound if not part.dropped]
        known = self._by_reference(kept)
        now_booked = {self._mark(part).entry for part in kept if part.data.booked}
        booked = settled = 0
        rows: list[dict[str, Any]] = []
        for part in kept:
            mark = self._mark(part)
            before = known.get(mark.entry, []) if part.data.reference is not None else []
            pending = next((e for e in before if e.status is AccountEntryStatus.PDNG), None)
            statement_id = statements[mark.statement]
            if part.data.booked and pending is not None:
                self._book(pending, part, statement_id)
                booked += 1
            elif not part.data.booked and (before or (part.data.reference is not None and mark.entry in now_booked)):
                settled += 1
            else:
                rows.append(self._entry(part, statement_id))
        inserted = self._uow.add_many(AccountEntry, rows, unless_exists=("account_id", "source_key"))
        if inserted or booked:
            accounts = tuple(sorted({self._accounts[part.account.key] for part in kept}))
            self._uow.emit(StatementsImported(account_ids=accounts, entry_count=len(inserted) + booked))
        unchanged = settled + len(rows) - len(inserted)
        return Counts(
            created={"entries": len(inserted)},
            changed={"entries": booked},
            unchanged={"entries": unchanged},
            skipped={
                "entries of refused statements": len(parts) - len(sound),
                "entries listed twice": len(sound) - len(kept),
            },
        )

    def _mark(self, part: EntryPart) -> _Mark:
        account_id = self._accounts.get(part.account.key)
        return _Mark((account_id, part.statement_key), (account_id, part.data.reference, part.data.amount.minor))

    def _by_reference(self, parts: Sequence[EntryPart]) -> dict[EntryMark, list[AccountEntry]]:
        """Entries that could be one of these under another status: same account, reference and amount."""
        named = [(part.data.reference, part.data.booked) for part in parts if part.data.reference is not None]
        if not named:
            return {}
        accounts = {self._accounts[part.account.key] for part in parts}
        references = {reference for reference, _ in named}
        pending = {reference for reference, booked in named if not booked}
        found: dict[EntryMark, list[AccountEntry]] = {}
        wanted = select(AccountEntry).where(
            AccountEntry.account_id.in_(accounts),
            AccountEntry.servicer_reference.in_(references),
            or_(AccountEntry.status == AccountEntryStatus.PDNG, AccountEntry.servicer_reference.in_(pending)),
        )
        for entry in self._uow.select(wanted):
            found.setdefault((entry.account_id, entry.servicer_reference, entry.amount.minor), []).append(entry)
        return found

    def _statement_ids(self, parts: Sequence[EntryPart]) -> Mapping[StatementMark, uuid.UUID]:
        keys = {part.statement_key for part in parts}
        accounts = {self._accounts[part.account.key] for part in parts if part.account.key in self._accounts}
        rows = self._uow.rows(
            select(AccountStatement.account_id, AccountStatement.source_key, AccountStatement.id).where(
                AccountStatement.account_id.in_(accounts), AccountStatement.source_key.in_(keys)
            )
        )
        return {(row.account_id, row.source_key): row.id for row in rows}

    def _account(self, data: StatementData, customer_id: uuid.UUID) -> dict[str, Any]:
        account = data.account
        return {
            "id": self._uow.ids.new(),
            "customer_id": customer_id,
            "kind": account.kind,
            "iban": account.iban,
            "number": account.number,
            "currency": data.currency,
            "product": account.product,
            "source": _SOURCE,
            "source_key": account.key,
        }

    def _statement(self, part: StatementPart) -> dict[str, Any]:
        data = part.data
        account_id = self._accounts[data.account.key]
        if self._currencies.get(account_id, data.currency) != data.currency:
            raise InvalidInput(
                "The statement is not in the currency of its account. The account is kept in another. Check the account."
            )
        return {
            "id": self._uow.ids.new(),
            "account_id": account_id,
            "number": data.number,
            "created_on_bank_at": data.created_at,
            "covers": data.covers,
            "entry_count": part.entries,
            "source_key": data.key,
        }

    def _entry(self, part: EntryPart, statement_id: uuid.UUID) -> dict[str, Any]:
        data = part.data
        return {
            "account_id": self._accounts[part.account.key],
            "statement_id": statement_id,
            "amount": data.amount,
            "direction": data.direction,
            "status": data.status,
            "reversal": data.reversal,
            "booked_on": data.booked_on,
            "value_on": data.value_on,
            "occurred_at": data.occurred_at or self._uow.now,
            "bank_transaction_code": data.code,
            "servicer_reference": data.reference,
            "remittance": data.remittance,
            "source_key": part.key,
        }

    def _book(self, pending: AccountEntry, part: EntryPart, statement_id: uuid.UUID) -> None:
        for name, value in self._entry(part, statement_id).items():
            setattr(pending, name, value)


def _balances(data: StatementData, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "account_id": row["account_id"],
            "statement_id": row["id"],
            "number": number,
            "type": balance.type,
            "as_of": balance.as_of,
            "amount": balance.amount,
        }
        for number, balance in enumerate(data.balances, start=1)
    ]


def _owning(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "account_id": row["id"],
        "kind": row["kind"],
        "role": AccountRole.OWNER,
        "share": None,
        "validity": Period(None, None),
    }


def _owner(account: AccountData, new_owner: NewOwner) -> CreateCustomer:
    if account.owner is None:
        raise InvalidInput(
            "The account of the statement is not known. Its number was given without the owner's name. Open the account "
            "first."
        )
    owner: Owner = account.owner
    kind = owner.kind or PartyKind[new_owner.upper()]
    is_person = kind is PartyKind.PERSON
    return CreateCustomer(
        person=NewPerson(display_name=owner.name) if is_person else None,
        organization=None if is_person else NewOrganization(legal_name=owner.name),
        lifecycle_stage=LifecycleStage.ACTIVE,
        # Without an identifier of its own the owner is known by the account: equal names may be two owners.
        external_identifiers=(
            NewExternalIdentifier(
                system=owner.system or "camt053.account",
                value=account.key if owner.system is None or owner.value is None else owner.value,
            ),
        ),
    )
