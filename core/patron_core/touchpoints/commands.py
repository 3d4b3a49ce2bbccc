"""What may be asked about touchpoints: log one. Its form is checked here; customer, time and source by `service`."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.channels.commands import ChannelDefinitionId
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Channel, Direction, Sentiment, Touchpoint
from patron_core.validation import aware, key, one_line, paragraphs

__all__ = ["LogTouchpoint", "NewParticipant", "TouchpointId"]

TouchpointId = Annotated[uuid.UUID, IdOf(Touchpoint)]

_MOST_PARTICIPANTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NewParticipant:
    """A party's part in a contact."""

    party_id: PartyId = argument("Who took part.")
    role: str | None = argument("In which role, such as caller.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "role", maximum=80)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTouchpoint(Command):
    """Logs a contact with a customer; the same source and source key again give the touchpoint that is there."""

    customer_id: CustomerId | None = argument("With whom; null when nobody was named.", default=None)
    channel: Channel = argument("Where it took place.")
    channel_definition_id: ChannelDefinitionId | None = argument(
        "Over which of our channels of that kind.", default=None
    )
    direction: Direction = argument("Who sought the contact.")
    occurred_at: dt.datetime | None = argument(
        "When it took place, at most a day ahead; now when left out.", default=None
    )
    topic: str = argument("What it was about, in one line.")
    outcome: str | None = argument("What came of it.", default=None)
    purpose: ConsentPurpose | None = argument(
        "What we sought the contact for. An outbound one for anything but SERVICE needs the party's consent.",
        default=None,
    )
    participants: tuple[NewParticipant, ...] = argument("Who took part.", default=())
    about_id: str | None = argument("Id of what it was about, such as a deal.", default=None)
    agent: str | None = argument("Who of us had it; who logs it where a person does and leaves this out.", default=None)
    team: str | None = argument("Which team of ours had it.", default=None)
    sentiment: Sentiment | None = argument("How the customer felt.", default=None)
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "topic", maximum=500)
        one_line(self, "about_id", "agent", "team")
        paragraphs(self, "outcome")
        aware(self, "occurred_at")
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)
        self._check_participants()

    def _check_participants(self) -> None:
        validation.count(self.participants, most=_MOST_PARTICIPANTS, path="participants")
        seen: set[uuid.UUID] = set()
        for position, participant in enumerate(self.participants):
            if participant.party_id in seen:
                raise InvalidInput(
                    "A participant is named twice. The same party was given again. Name each once.",
                    path=("participants", position, "party_id"),
                )
            seen.add(participant.party_id)


def check_source(source: str | None, source_key: str | None) -> None:
    """Refuses half of a source key: without both nothing can be found again."""
    if (source is None) != (source_key is None):
        missing = "source" if source is None else "source_key"
        raise InvalidInput(
            "A source key has two parts. Only one of source and source key was given. Give both or neither.",
            path=(missing,),
        )
