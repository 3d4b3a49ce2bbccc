"""What may be asked about segments: define one, change it, refresh it now, retire it.

Commands check their own form; whether a condition fits the schema and may be asked by its author is the business of `service`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.predicates import WhereOf
from patron_core.segments.models import Segment
from patron_core.validation import given, key, not_null, one_line
from patron_core.values import UNSET, Unset

__all__ = [
    "CreateSegment",
    "CustomerCondition",
    "PartyCondition",
    "RefreshSegment",
    "RetireSegment",
    "SegmentId",
    "UpdateSegment",
]

SegmentId = Annotated[uuid.UUID, IdOf(Segment)]
CustomerCondition = Annotated[Mapping[str, Any], WhereOf("Customer")]
PartyCondition = Annotated[Mapping[str, Any], WhereOf("Party")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSegment(Command):
    """Defines a segment of customers, or of any parties, by a condition."""

    name: str = argument("Name to show, unique.")
    description: str | None = argument("What it is for.", default=None)
    customers: CustomerCondition | None = argument(
        "Which customers, as `customers` takes it; in place of `parties`.", default=None
    )
    parties: PartyCondition | None = argument(
        "Which parties, such as suppliers, as `parties` takes it; in place of `customers`.", default=None
    )
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        key(self, "idempotency_key")
        if (self.customers is None) == (self.parties is None):
            raise InvalidInput(
                "A segment has one condition. Both `customers` and `parties` were given, or none. Give one of them.",
                path=("customers",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSegment(Command):
    """Changes a segment; a new condition is a new version of it. What is left out stays as it is."""

    id: SegmentId = argument("The segment.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show, unique.", default=UNSET)
    description: str | Unset | None = argument("What it is for.", default=UNSET)
    customers: CustomerCondition | Unset = argument("Which customers; of a segment of customers.", default=UNSET)
    parties: PartyCondition | Unset = argument("Which parties; of a segment of parties.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "customers", "parties")
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        if given(self.customers) and given(self.parties):
            raise InvalidInput(
                "A segment has one condition. Both `customers` and `parties` were given. Give the one it has.",
                path=("customers",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSegment(Command):
    """Finds anew who is in a segment, now."""

    id: SegmentId = argument("The segment.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireSegment(Command):
    """Ends a segment: everybody leaves it, and it is not refreshed any more. Its history stays."""

    id: SegmentId = argument("The segment.")
    version: int = argument("The version the change was made from.")
