"""What mapped records do: written by the batch, each target by what its slice takes in many at once.

In come items of a mapping and a unit of work, out come counts. Who imports needs the scope of what is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from patron_core.access.permissions import require
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.customers.permissions import CUSTOMER_WRITE
from patron_core.imports.importer import BadRow, Counts, Item
from patron_core.imports.mapping import RecordMapping
from patron_core.imports.records import NewRelationship
from patron_core.parties.commands import NewExternalIdentifier
from patron_core.parties.models import ExternalIdentifier
from patron_core.parties.permissions import PARTY_WRITE
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.relationships.permissions import RELATIONSHIP_WRITE
from patron_core.touchpoints.intake import NewTouchpoint, take_in_touchpoints
from patron_core.touchpoints.permissions import TOUCHPOINT_WRITE
from patron_core.transactions.commands import IngestTransactions, NewTransaction
from patron_core.transactions.permissions import TRANSACTION_WRITE
from patron_core.unit_of_work import UnitOfWork

__all__ = ["SCOPES", "take_in"]

#: What writing each target needs.
SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": (PARTY_WRITE, CUSTOMER_WRITE),
    "relationships": (RELATIONSHIP_WRITE,),
    "touchpoints": (TOUCHPOINT_WRITE,),
    "transactions": (TRANSACTION_WRITE,),
}
_NO_PARTY: Final = "There is no such party. The external identifier names none that you may see. Check it, or import the parties first."


def take_in(items: Sequence[Item[Any]], *, mapping: RecordMapping, uow: UnitOfWork) -> Counts:
    """Writes a batch; what is there already stays as it is. FORBIDDEN without the target's scopes."""
    for scope in SCOPES[mapping.target]:
        require(uow.actor, scope)
    match mapping.target:
        case "customers":
            return _customers([item.value for item in items], uow)
        case "relationships":
            return _relationships(items, mapping, uow)
        case "touchpoints":
            return _touchpoints(items, mapping, uow)
        case _:
            return _transactions(items, mapping, uow)


def _customers(commands: Sequence[CreateCustomer], uow: UnitOfWork) -> Counts:
    intake = take_in_customers(uow, commands)
    return Counts(created={"customers": intake.created}, unchanged={"customers": intake.unchanged})


def _touchpoints(items: Sequence[Item[NewTouchpoint]], mapping: RecordMapping, uow: UnitOfWork) -> Counts:
    intake = take_in_touchpoints(uow, [item.value for item in items])
    refused = tuple(_refused(items[i], error.message, error.path, mapping) for i, error in intake.refused.items())
    return Counts(
        created={"touchpoints": intake.created}, unchanged={"touchpoints": intake.unchanged}, rejected=refused
    )


def _transactions(items: Sequence[Item[NewTransaction]], mapping: RecordMapping, uow: UnitOfWork) -> Counts:
    result = uow.handle(IngestTransactions(source=mapping.source, rows=tuple(item.value for item in items)))
    refused = tuple(
        _refused(items[row.index], row.message, row.path, mapping) for row in result.rows if row.message is not None
    )
    nobody = sum(item.value.customer is None for item in items)
    return Counts(
        created={"transactions": result.created},
        unchanged={"transactions": result.duplicates},
        noted={"transactions without a customer": nobody},
        rejected=refused,
    )


def _relationships(items: Sequence[Item[NewRelationship]], mapping: RecordMapping, uow: UnitOfWork) -> Counts:
    """One by one, for each locks its parties; whom several rows name is looked up once."""
    named = [identifier for item in items for identifier in (item.value.source, item.value.target)]
    parties = _parties(uow, named)
    known = _known(uow, set(parties.values()))
    created = 0
    refused: list[BadRow] = []
    for item in items:
        new = item.value
        source, target = (parties.get((each.system, each.value)) for each in (new.source, new.target))
        if source is None or target is None:
            field = "source_party" if source is None else "target_party"
            refused.append(_refused(item, _NO_PARTY, (field,), mapping))
            continue
        key = (new.command.type_code, source, target, new.command.valid_from)
        if key not in known:
            uow.handle(replace(new.command, source_id=source, target_id=target))
            known.add(key)
            created += 1
    unchanged = len(items) - created - len(refused)
    return Counts(created={"relationships": created}, unchanged={"relationships": unchanged}, rejected=tuple(refused))


def _parties(uow: UnitOfWork, named: Sequence[NewExternalIdentifier]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for system in {each.system for each in named}:
        wanted = select(ExternalIdentifier.value, ExternalIdentifier.party_id).where(
            ExternalIdentifier.system == system
        )
        values = {each.value for each in named if each.system == system}
        for row in uow.look_up(wanted, ExternalIdentifier.value, values):
            found[system, row.value] = row.party_id
    return found


def _known(uow: UnitOfWork, parties: set[Any]) -> set[tuple[Any, ...]]:
    """The relationships there are, by code, ends and beginning; of a symmetric type both ways round."""
    wanted = select(
        RelationshipType.code,
        RelationshipType.symmetric,
        Relationship.source_id,
        Relationship.target_id,
        Relationship.validity_from,
    ).join(RelationshipType, RelationshipType.id == Relationship.type_id)
    known: set[tuple[Any, ...]] = set()
    for row in uow.look_up(wanted, Relationship.source_id, parties):
        known.add((row.code, row.source_id, row.target_id, row.validity_from))
        if row.symmetric:
            known.add((row.code, row.target_id, row.source_id, row.validity_from))
    return known


def _refused(item: Item[Any], message: str, path: Sequence[str | int], mapping: RecordMapping) -> BadRow:
    name = next((part for part in path if isinstance(part, str)), "")
    rule = mapping.fields.get(name.removesuffix("_id"))
    column = None if rule is None else rule.column
    return BadRow(item.file, item.line, message, column=column, raw=item.raw)
