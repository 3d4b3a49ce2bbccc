"""What may be asked about groups of parties: make one, change it, end it, and let parties belong to it for a time."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.households.models import Household, HouseholdKind, HouseholdMember, HouseholdRole
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.validation import aware, key, not_null, one_line
from patron_core.values import UNSET, Unset

__all__ = [
    "AddHouseholdMember",
    "CreateHousehold",
    "EndHousehold",
    "EndHouseholdMember",
    "HouseholdId",
    "HouseholdMemberId",
    "UpdateHousehold",
]

HouseholdId = Annotated[uuid.UUID, IdOf(Household)]
HouseholdMemberId = Annotated[uuid.UUID, IdOf(HouseholdMember)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateHousehold(Command):
    """Makes a group of parties, without members yet."""

    name: str = argument("The name to show; better an address or a number than a person's name.")
    kind: HouseholdKind = argument("What holds the members together.", default=HouseholdKind.HOUSEHOLD)
    valid_from: dt.datetime | None = argument("Since when there is such a group; now when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name")
        aware(self, "valid_from")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateHousehold(Command):
    """Changes a group; what is left out stays."""

    id: HouseholdId = argument("The group.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("The name to show.", default=UNSET)
    kind: HouseholdKind | Unset = argument("What holds the members together.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "kind")
        one_line(self, "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHousehold(Command):
    """Ends a group, and the membership of all who belong to it."""

    id: HouseholdId = argument("The group.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddHouseholdMember(Command):
    """Lets a party belong to a group in a role; one that belongs to it changes its role by ending the old one."""

    household_id: HouseholdId = argument("The group.")
    party_id: PartyId = argument("Who belongs to it.")
    role: HouseholdRole = argument("What the party is in it.", default=HouseholdRole.MEMBER)
    valid_from: dt.datetime | None = argument("Since when; now when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "valid_from")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHouseholdMember(Command):
    """Ends the membership of a party, now or at a given time after its beginning."""

    id: HouseholdMemberId = argument("The membership.")
    version: int = argument("The version the change was made from.")
    ended_at: dt.datetime | None = argument(
        "First instant at which it is no longer so; now when left out.", default=None
    )

    def __post_init__(self) -> None:
        aware(self, "ended_at")
