"""What may be asked about emergency access: take it, review it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Final

from patron_core.emergency.models import EmergencyAccess, ReviewOutcome
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.validation import paragraphs, within

__all__ = ["LONGEST_MINUTES", "EmergencyAccessId", "ReviewEmergencyAccess", "TakeEmergencyAccess"]

EmergencyAccessId = Annotated[uuid.UUID, IdOf(EmergencyAccess)]

LONGEST_MINUTES: Final = 60
_SHORTEST_REASON: Final = 10
_LONGEST_REASON: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEmergencyAccess(Command):
    """Opens everything about one party to who asks, for reading, for some minutes. An alert is raised."""

    party_id: PartyId = argument("Whose data.")
    reason: str = argument(f"What the emergency is, in at least {_SHORTEST_REASON} characters. A reviewer reads it.")
    minutes: int = argument(f"For how long, 1 to {LONGEST_MINUTES}.", default=15)

    def __post_init__(self) -> None:
        paragraphs(self, "reason", maximum=_LONGEST_REASON)
        if len(self.reason.strip()) < _SHORTEST_REASON:
            raise InvalidInput(
                f"The reason is too short. It has {len(self.reason.strip())} characters. "
                f"Say in at least {_SHORTEST_REASON} what the emergency is: a reviewer reads it.",
                path=("reason",),
            )
        within(self.minutes, most=LONGEST_MINUTES, path="minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEmergencyAccess(Command):
    """Says whether somebody else's emergency access was justified. Once."""

    id: EmergencyAccessId = argument("Which access.")
    outcome: ReviewOutcome = argument("What the review found.")
    note: str | None = argument("What there is to say about it.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "note", maximum=_LONGEST_REASON)
