"""Two customers become one, and two again: what moves follows from the references that models declare, plugins' included.

The party that goes stays as an empty row that says what it became; its values before lie in the journal, which is about the
party that stays. Moving is left to `privacy.moving`, values before to `journal`, whose value stays to `survivorship`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from patron_core.access.grants import reads
from patron_core.customers.events import CustomerChanged
from patron_core.customers.models import Customer
from patron_core.customers.removal import check_listed, refuse_held
from patron_core.duplicates import events
from patron_core.duplicates.commands import MergeCustomers, UndoMerge
from patron_core.duplicates.journal import MergeJournal, changed_since, put_back
from patron_core.duplicates.models import MatchKey, Merge, MergedRow, MergeUndo
from patron_core.duplicates.survivorship import FIELDS_OF_PARTY, FieldChoice, Survival, survivals
from patron_core.errors import Conflict, InvalidInput
from patron_core.parties.hierarchy import check_joined
from patron_core.parties.models import Organization, Party, Person
from patron_core.privacy.moving import Moved, move_subject, rehearse_move
from patron_core.privacy.row_changes import delete_rows, opened
from patron_core.records import Record
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Merged", "Preview", "merge_customers", "preview_merge", "undo_merge"]

_NAMELESS: Final = "Merged"
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge: the customer that stays, and the receipt. restored: the customer that is there again, after an undo."""

    customer: Customer
    merge: Merge
    restored: Customer | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do. survivals: by field. moved: by kind of rows, with the rows of which one would stay."""

    survivals: tuple[Survival, ...]
    moved: Moved


@dataclass(frozen=True, slots=True)
class _Side:
    customer: Customer
    party: Party


def preview_merge(
    uow: UnitOfWork, *, source_id: uuid.UUID, target_id: uuid.UUID, survivors: Sequence[FieldChoice] = ()
) -> Preview:
    """What `merge_customers` would do now, with the same refusals. Nothing is changed."""
    source, target = _sides(uow, source_id, target_id, lock=False)
    survive = survivals(survivors, source=(source.party, source.customer), target=(target.party, target.customer))
    return Preview(tuple(survive), rehearse_move(uow, source.party.id, target.party.id))


def merge_customers(command: MergeCustomers, uow: UnitOfWork) -> Merged:
    """Makes two customers one, and keeps what it takes to undo it.

    INVALID_INPUT where they are the same, of different kinds, or would close a circle of organizations; CONFLICT under a
    legal hold and for a customer that was deleted.
    """
    source, target = _sides(uow, command.source_id, command.target_id, lock=True)
    survive = survivals(
        command.survivors, source=(source.party, source.customer), target=(target.party, target.customer)
    )
    journal = MergeJournal(uow)
    gone_id, loser_id, survivor_id = source.customer.id, source.party.id, target.party.id
    _forget_keys(uow, loser_id)
    with journal.changes(Party, [loser_id, survivor_id]), journal.changes(Customer, [target.customer.id]):
        changed = _survive(survive, target)
        _empty(source.party, survivor_id, uow)
    move_subject(uow, loser_id, survivor_id, journal=journal)
    customer = uow.get(Customer, command.target_id)
    merge = uow.add(
        Merge(
            survivor_id=survivor_id,
            loser_id=loser_id,
            loser_customer_id=gone_id,
            merged_at=uow.now,
            merged_by=uow.actor.subject,
            rows=len(journal.entries),
        )
    )
    uow.emit(
        events.CustomersMerged(
            customer_id=customer.id, merge_id=merge.id, party_id=survivor_id, loser_id=loser_id, gone_id=gone_id
        )
    )
    uow.emit(CustomerChanged(customer_id=customer.id, fields=changed))
    uow.flush()
    journal.write(merge)
    return Merged(customer, merge)


def undo_merge(command: UndoMerge, uow: UnitOfWork) -> Merged:
    """Takes a merge back. CONFLICT, with the rows named, where any of them changed since; nothing is done then."""
    merge = uow.get(Merge, command.id, path=("id",))
    if uow.find(MergeUndo, merge_id=merge.id) is not None:
        raise Conflict("The merge was taken back already. It was given again. Nothing is to be done.", path=("id",))
    refuse_held(merge.survivor_id, uow, path=("id",))
    uow.get(Party, merge.survivor_id, lock=True)
    entries = uow.select(select(MergedRow).where(MergedRow.merge_id == merge.id))
    if len(entries) != merge.rows:
        raise Conflict(
            "The merge cannot be taken back. What it did is not known any more, because the party was erased or merged on. "
            "Take a later merge back first, or change by hand what is wrong.",
            path=("id",),
        )
    _refuse_changed(uow, entries)
    with opened(uow):
        put_back(uow, entries)
    uow.flush()
    delete_rows(uow, MergedRow, [entry.id for entry in entries])
    uow.add(MergeUndo(merge_id=merge.id, undone_at=uow.now, undone_by=uow.actor.subject))
    customer = uow.find(Customer, party_id=merge.survivor_id)
    restored = uow.find(Customer, party_id=merge.loser_id)
    assert customer is not None
    uow.emit(
        events.MergeUndone(
            customer_id=customer.id, merge_id=merge.id, party_id=merge.survivor_id, loser_id=merge.loser_id
        )
    )
    return Merged(customer, uow.get(Merge, command.id), restored)


def _sides(uow: UnitOfWork, source_id: uuid.UUID, target_id: uuid.UUID, *, lock: bool) -> tuple[_Side, _Side]:
    """Both customers with their parties, locked in the order of ids, and fit to be one."""
    if source_id == target_id:
        raise InvalidInput(
            "A customer cannot be merged into itself. Source and target are the same. Pass two different ones.",
            path=("target_id",),
        )
    paths = {source_id: "source_id", target_id: "target_id"}
    found = {id_: uow.get(Customer, id_, lock=lock, path=(path,)) for id_, path in sorted(paths.items())}
    sides = {
        id_: _Side(customer, uow.get(Party, customer.party_id, lock=lock)) for id_, customer in sorted(found.items())
    }
    source, target = sides[source_id], sides[target_id]
    if source.party.kind is not target.party.kind:
        raise InvalidInput(
            f"A {source.party.kind.name.lower()} cannot become a {target.party.kind.name.lower()}. Parties of different "
            "kinds were given. Pass two of the same kind.",
            path=("target_id",),
        )
    for id_, path in paths.items():
        check_listed(sides[id_].customer, path=(path,))
        refuse_held(sides[id_].party.id, uow, path=(path,))
    if not isinstance(source.party, Person):
        check_joined(uow, source_id=source.party.id, target_id=target.party.id)
    return source, target


def _survive(survive: Sequence[Survival], target: _Side) -> tuple[str, ...]:
    """Gives the target the values that stay, and returns the names of those of the customer that changed."""
    changed = []
    for each in survive:
        row = target.party if each.of_party else target.customer
        if getattr(row, each.attribute) != each.value:
            setattr(row, each.attribute, each.value)
            if not each.of_party:
                changed.append(each.attribute)
    return tuple(changed)


def _empty(party: Party, survivor_id: uuid.UUID, uow: UnitOfWork) -> None:
    """Leaves nothing of a party but what it became: who forgets the one that stays must find nothing here."""
    for field in FIELDS_OF_PARTY[isinstance(party, Person)]:
        setattr(party, str(field.value), None)
    if isinstance(party, Organization):
        party.parent_id = None
    party.display_name = _NAMELESS
    party.deleted_at, party.merged_into_id = uow.now, survivor_id


def _forget_keys(uow: UnitOfWork, party_id: uuid.UUID) -> None:
    delete_rows(uow, MatchKey, uow.select(select(MatchKey.id).where(MatchKey.party_id == party_id)))


def _refuse_changed(uow: UnitOfWork, entries: Sequence[MergedRow]) -> None:
    changed = changed_since(uow, entries)
    if not changed:
        return
    named = [_named(model, id_) for _, model, id_ in changed if model is not None and _is_told(model, uow)]
    listed = ", ".join(named[:_MOST_NAMED]) or "Rows that you may not see"
    more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
    raise Conflict(
        f"The merge cannot be taken back. {listed}{more} changed since, or came from somewhere that is not loaded. "
        "Change by hand what is wrong.",
        path=("id",),
    )


def _is_told(model: type[Record], uow: UnitOfWork) -> bool:
    return reads(uow.actor.opened, model.existence)


def _named(model: type[Record], id_: uuid.UUID) -> str:
    return f"{model.__name__} {model.id_prefix}_{id_}"
