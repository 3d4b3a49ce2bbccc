"""What may be asked about relationships: define a type, relate two parties, end it.

Commands check their own form; kinds of parties, numbers at any instant and order are the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.parties.models import PartyKind
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.validation import aware, in_order, key, one_line, paragraphs, within

__all__ = ["CreateRelationship", "DefineRelationshipType", "EndRelationship", "RelationshipId", "RelationshipTypeId"]

RelationshipId = Annotated[uuid.UUID, IdOf(Relationship)]
RelationshipTypeId = Annotated[uuid.UUID, IdOf(RelationshipType)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineRelationshipType(Command):
    """Defines a kind of relationship: its names from both sides and the rules its members keep."""

    code: str = argument("Stable code in capitals, such as EMPLOYS.")
    forward_name: str = argument("Read from the source: employs.")
    inverse_name: str = argument("Read from the target: is employed by; the same as the forward name where symmetric.")
    source_kind: PartyKind | None = argument("What the source must be; null for anything.", default=None)
    target_kind: PartyKind | None = argument("What the target must be; null for anything.", default=None)
    symmetric: bool = argument("Whether both directions are the same.", default=False)
    reflexive: bool = argument("Whether a party may be related to itself.", default=False)
    max_active_per_source: int | None = argument("How many a source may have at any instant.", default=None)
    max_active_per_target: int | None = argument("How many a target may have at any instant.", default=None)

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "forward_name", "inverse_name", maximum=80)
        for name in ("max_active_per_source", "max_active_per_target"):
            most = getattr(self, name)
            if most is not None and most < 1:
                raise InvalidInput(
                    f"A limit on relationships is below one. {most} was given. Give 1 or more, or null for no limit.",
                    path=(name,),
                )
        if self.symmetric:
            self._check_symmetric()

    def _check_symmetric(self) -> None:
        """Both sides of a symmetric type are the same side, so what is said of one must be said of the other."""
        pairs = (("forward_name", "inverse_name"), ("source_kind", "target_kind"))
        for left, right in (*pairs, ("max_active_per_source", "max_active_per_target")):
            if getattr(self, left) != getattr(self, right):
                raise InvalidInput(
                    f"The type is symmetric, but {left.replace('_', ' ')} and {right.replace('_', ' ')} differ. "
                    "Two values were given for one thing. Make them equal, or the type not symmetric.",
                    path=(right,),
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRelationship(Command):
    """Relates one party to another for a period."""

    type_code: str = argument("Code of the kind of relationship, such as EMPLOYS.")
    source_id: PartyId = argument("The party the forward name is read from: the employer.")
    target_id: PartyId = argument("The party the inverse name is read from: the employee.")
    role_title: str | None = argument("Role or job title in it.", default=None)
    influence: int | None = argument("Influence from 0 to 100.", default=None)
    valid_from: dt.datetime | None = argument("When it begins; null for always.", default=None)
    valid_to: dt.datetime | None = argument("When it ends, itself outside; null for open.", default=None)
    notes: str | None = argument("Free text.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        validation.code(self, "type_code")
        one_line(self, "role_title")
        paragraphs(self, "notes")
        aware(self, "valid_from", "valid_to")
        key(self, "idempotency_key")
        within(self.influence, least=0, most=100, path="influence")
        in_order(self.valid_from, self.valid_to, path="valid_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRelationship(Command):
    """Ends a relationship; it stays in the history."""

    id: RelationshipId = argument("The relationship.")
    version: int = argument("The version the change was made from.")
    ended_at: dt.datetime | None = argument("When it ends; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "ended_at")
