"""Rows that an import made, judged and removed: what was changed since stays, and what others refer to stays.

In come a table and ids of rows that one run made, out comes a `Portion`. A party goes with what belongs to it (contact
media, identifiers, its customer and that one's stages) or stays with all of it; rows of the ledger are taken back by
reversing rows; what else is append-only stays.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Table, and_, delete, func, select

from patron_core.customers.models import Customer, LifecycleChange
from patron_core.database.tenancy import AUDITED
from patron_core.imports.events import ImportRowsRemoved
from patron_core.imports.made import Made
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Party
from patron_core.privacy.subjects import kinds_here
from patron_core.records import Base, Record, records, table_of
from patron_core.transactions.models import Transaction, TransactionLine
from patron_core.transactions.undoing import undo_transactions
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Portion", "order_of", "undo_portion"]

CHANGED: Final = "It was changed since."
REFERRED: Final = "Other rows refer to it."
LEDGER_STAYS: Final = "Rows of the ledger, which stay, refer to it."
APPEND_ONLY: Final = "Its table is append-only."

#: Not touched by an undo: what a tenant has once and everybody uses, and what goes with another row.
_LEFT: Final = frozenset({"tenant_key", "relationship_type", "import_run"})
_PARTS: Final = (LifecycleChange, Customer, ContactMedium, ExternalIdentifier)
_WITH_OTHERS: Final = frozenset(table_of(part).name for part in (TransactionLine, LifecycleChange))
_REACHING: Final = {table_of(part).name: part for part in (ContactMedium, ExternalIdentifier)}
_PARTY, _CUSTOMER, _LEDGER = (table_of(model).name for model in (Party, Customer, Transaction))


@dataclass(slots=True)
class Portion:
    """What became of some rows. removed: ids by table. kept: table, id and reason. gone: were not there any more."""

    removed: dict[str, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))
    kept: list[tuple[str, uuid.UUID, str]] = field(default_factory=list)
    reversed: int = 0
    gone: int = 0

    def keep(self, table: str, ids: Iterable[uuid.UUID], reason: str) -> None:
        """Notes rows that stay."""
        self.kept += ((table, id_, reason) for id_ in ids)


def order_of(counts: Collection[str]) -> list[str]:
    """Tables in the order in which their rows are taken back: who refers before whom it refers to, the ledger first."""
    by_reference = [table.name for table in reversed(Base.metadata.sorted_tables)]
    last = (_PARTY, _CUSTOMER, *_REACHING)
    others = [name for name in by_reference if name in counts and name not in (*_LEFT, *_WITH_OTHERS, *last, _LEDGER)]
    return [*(name for name in (_LEDGER,) if name in counts), *others, *(name for name in last if name in counts)]


def undo_portion(uow: UnitOfWork, table: str, ids: Sequence[uuid.UUID], *, made: Made) -> Portion:
    """Takes back rows of one table that a run made, as far as that is right."""
    portion = Portion()
    if not ids:
        return portion
    if table == _LEDGER:
        reason = f"The import imp_{made.run_id} is undone."
        portion.reversed, kept = undo_transactions(uow, ids, reason=reason)
        portion.kept = [(table, id_, why) for id_, why in kept.items()]
    elif table == _PARTY:
        _remove_parties(uow, ids, made, portion)
    elif table == _CUSTOMER:
        _remove_customers(uow, ids, made, portion)
    else:
        _remove_rows(uow, table, ids if table not in _REACHING else _loose(uow, table, ids, made), made, portion)
    for name, removed in portion.removed.items():
        uow.emit(ImportRowsRemoved(import_run_id=made.run_id, record_type=name, record_ids=tuple(removed)))
    return portion


def _remove_rows(uow: UnitOfWork, table: str, ids: Sequence[uuid.UUID], made: Made, portion: Portion) -> None:
    model = _models()[table]
    versions = _versions(uow, model, ids)
    portion.gone += len(ids) - len(versions)
    if model.append_only:
        portion.keep(table, versions, APPEND_ONLY)
        return
    _, own = made.among(uow, versions)
    touched = {id_ for id_, version in versions.items() if version != 1 + own.get(id_, 0)}
    portion.keep(table, touched, CHANGED)
    free = versions.keys() - touched
    referred = _referred(uow, table_of(model), free, but=())
    portion.keep(table, referred, REFERRED)
    _delete(uow, model, free - referred, portion)


def _loose(uow: UnitOfWork, table: str, ids: Sequence[uuid.UUID], made: Made) -> list[uuid.UUID]:
    """Media and identifiers of parties that the run did not make; the others were judged with their party."""
    model = _REACHING[table]
    rows = uow.look_up(select(model.id, model.party_id), model.id, ids)
    parties, _ = made.among(uow, {row.party_id for row in rows})
    return [row.id for row in rows if row.party_id not in parties]


def _remove_parties(uow: UnitOfWork, ids: Sequence[uuid.UUID], made: Made, portion: Portion) -> None:
    """Each party with all that belongs to it, or nothing of it."""
    versions = _versions(uow, Party, ids)
    portion.gone += len(ids) - len(versions)
    customers = {
        row.id: row.party_id for row in uow.look_up(select(Customer.id, Customer.party_id), Customer.party_id, versions)
    }
    _remove_owned(uow, versions, customers, made, portion, root=_PARTY)


def _remove_customers(uow: UnitOfWork, ids: Sequence[uuid.UUID], made: Made, portion: Portion) -> None:
    """Customers that the run made of parties which were there; those of its own parties were judged with these."""
    rows = uow.look_up(select(Customer.id, Customer.party_id), Customer.id, ids)
    parties, _ = made.among(uow, {row.party_id for row in rows})
    customers = {row.id: row.id for row in rows if row.party_id not in parties}
    _remove_owned(uow, _versions(uow, Customer, customers), customers, made, portion, root=_CUSTOMER)


def _remove_owned(
    uow: UnitOfWork,
    roots: Mapping[uuid.UUID, int],
    customers: Mapping[uuid.UUID, uuid.UUID],
    made: Made,
    portion: Portion,
    *,
    root: str,
) -> None:
    """roots: versions of parties, or of customers. customers: the root of each customer."""
    parts: dict[type[Record], dict[uuid.UUID, uuid.UUID]] = {Customer: dict(customers)}
    versions: dict[uuid.UUID, int] = {**roots, **_versions(uow, Customer, customers)}
    owners: list[tuple[type[Record], Any]] = [(LifecycleChange, LifecycleChange.customer_id)]
    if root == _PARTY:
        owners += [(ContactMedium, ContactMedium.party_id), (ExternalIdentifier, ExternalIdentifier.party_id)]
    for model, owner in owners:
        of = customers if model is LifecycleChange else {id_: id_ for id_ in roots}
        rows = uow.look_up(select(model.id, model.version, owner.label("owner")), owner, of)
        parts[model] = {row.id: of[row.owner] for row in rows}
        versions |= {row.id: row.version for row in rows}
    whose = {**{id_: id_ for id_ in roots}, **{id_: of for part in parts.values() for id_, of in part.items()}}
    created, own = made.among(uow, versions)
    changed = {whose[id_] for id_, version in versions.items() if id_ not in created or version != 1 + own.get(id_, 0)}
    portion.keep(root, changed, CHANGED)
    free = roots.keys() - changed
    of_free = {id_: of for id_, of in customers.items() if of in free}
    own_tables = tuple(table_of(part) for part in _PARTS)
    ledger = {of_free[id_] for id_ in _referred(uow, table_of(Customer), of_free, but=(), only=_LEDGER)}
    referred = {of_free[id_] for id_ in _referred(uow, table_of(Customer), of_free, but=own_tables)}
    if root == _PARTY:
        referred |= _referred(uow, table_of(Party), free, but=own_tables)
    portion.keep(root, ledger, LEDGER_STAYS)
    portion.keep(root, referred - ledger, REFERRED)
    going = free - referred - ledger
    for model in _PARTS:
        _delete(uow, model, {id_ for id_, of in parts.get(model, {}).items() if of in going}, portion)
    if root == _PARTY:
        _delete(uow, Party, going, portion)


def _versions(uow: UnitOfWork, model: type[Record], ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    return {row.id: row.version for row in uow.look_up(select(model.id, model.version), model.id, ids)}


def _referred(
    uow: UnitOfWork, table: Table, ids: Collection[uuid.UUID], *, but: Sequence[Table], only: str | None = None
) -> set[uuid.UUID]:
    """Which of these rows some other row refers to. but: tables whose rows do not count."""
    found: set[uuid.UUID] = set()
    if not ids:
        return found
    for other in map(table_of, kinds_here(uow)):
        if other in but or (only is not None and other.name != only):
            continue
        for key in other.foreign_key_constraints:
            if key.referred_table is table:
                column: Any = next(each for each in key.columns if each.name != "tenant_id")
                rows = select(column).where(other.c.tenant_id == uow.tenant_id, uow.among(column, sorted(ids)))
                if other is table:
                    rows = rows.where(~uow.among(other.c.id, sorted(ids)))  # type: ignore[arg-type]
                found.update(row[0] for row in uow.rows(rows.distinct()))
    return found


def _delete(uow: UnitOfWork, model: type[Record], ids: Collection[uuid.UUID], portion: Portion) -> None:
    if not ids:
        return
    table, wanted = table_of(model), sorted(ids)
    if model.append_only and uow.session.get_bind().dialect.name == "postgresql":
        uow.session.execute(select(func.set_config("app.undo", "on", True)))
    column: Any = table.c.id
    statement = delete(table).where(and_(table.c.tenant_id == uow.tenant_id, uow.among(column, wanted)))
    uow.session.execute(statement, execution_options={AUDITED: True, "synchronize_session": False})
    uow.changes.note("DELETE", table.name, wanted)
    portion.removed[table.name] += wanted


def _models() -> dict[str, type[Record]]:
    return {model.__tablename__: model for model in records()}
