"""What may be asked about leads: take one in, change, answer, qualify, convert, disqualify, forget it; set when answers are due."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.leads.models import Lead, LeadResponseTarget
from patron_core.messages import Command, argument
from patron_core.opportunities.commands import OpportunityId
from patron_core.opportunities.models import Motivation
from patron_core.parties import contact
from patron_core.parties.commands import PartyId
from patron_core.parties.models import ContactKind
from patron_core.privacy.models import ConsentDecision, ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.validation import aware, given, key, not_negative, not_null, one_line, paragraphs, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "ConvertLead",
    "DisqualifyLead",
    "ForgetLead",
    "LeadDeal",
    "LeadId",
    "NewLeadConsent",
    "QualifyLead",
    "ReceiveLead",
    "RespondLead",
    "SetLeadResponseTarget",
    "UpdateLead",
]

LeadId = Annotated[uuid.UUID, IdOf(Lead)]
LeadResponseTargetId = Annotated[uuid.UUID, IdOf(LeadResponseTarget)]

_LONGEST_TARGET = 60 * 24 * 30
_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeadConsent:
    """What a lead agreed to, or not."""

    purpose: ConsentPurpose = argument("For which purpose.")
    channel: Channel | None = argument("For contact over which channel; null for all.", default=None)
    status: ConsentDecision = argument("GIVEN or DENIED; GIVEN when left out.", default=ConsentDecision.GIVEN)
    decided_at: dt.datetime | None = argument("When it was said; when the lead came in, if left out.", default=None)
    text_version: str | None = argument("Which version of the text was agreed to.", default=None)

    def __post_init__(self) -> None:
        aware(self, "decided_at")
        one_line(self, "text_version")
        if self.status is ConsentDecision.WITHDRAWN:
            raise InvalidInput(
                "A lead's consent is not recorded as withdrawn. WITHDRAWN was given. Give DENIED.", path=("status",)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveLead(Command):
    """Takes a lead in: a draft of a person, an organization or both. The same source key again gives the same lead."""

    given_name: str | None = argument("First names.", default=None)
    family_name: str | None = argument("Family name.", default=None)
    organization_name: str | None = argument("The organization.", default=None)
    email: str | None = argument("E-mail address.", default=None)
    phone: str | None = argument("Telephone number with its country code.", default=None)
    party_id: PartyId | None = argument("Who it is, where that is known.", default=None)
    interest: str | None = argument("What they are interested in.", default=None)
    source: str = argument("The system or the form it came from.")
    source_key: str | None = argument("Its key there: the same key twice is one lead.", default=None)
    channel: Channel = argument("Over which channel.")
    motivation: Motivation | None = argument("Why they would buy.", default=None)
    motivators: tuple[str, ...] = argument("What moves them to buy, at most 20.", default=())
    budget: Money | None = argument("What they can spend.", default=None)
    decision_on: dt.date | None = argument("On which day they decide.", default=None)
    owner: str | None = argument("Who of us is responsible.", default=None)
    received_at: dt.datetime | None = argument("When it came in, not in the future; now when left out.", default=None)
    first_response_minutes: int | None = argument(
        "Minutes within which it is to be answered; as set for the channel when left out.", default=None
    )
    consents: tuple[NewLeadConsent, ...] = argument("What they agreed to, at most 20.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "given_name", "family_name", "organization_name", "owner", "source")
        paragraphs(self, "interest", maximum=2_000)
        key(self, "source_key", "idempotency_key")
        aware(self, "received_at")
        _reachable(self)
        object.__setattr__(self, "motivators", _motivators(self.motivators))
        not_negative(self.budget, path="budget")
        within(self.first_response_minutes, most=_LONGEST_TARGET, path="first_response_minutes")
        validation.count(self.consents, most=_MOST, path="consents")
        names = (self.given_name, self.family_name, self.organization_name, self.email, self.phone, self.party_id)
        if not any(names):
            raise InvalidInput(
                "Nobody is named. Neither a name, a way to reach them nor a known party was given. Give one of them.",
                path=("family_name",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLead(Command):
    """Changes a lead: fields that are left out stay as they are, null empties them. Its score is made anew."""

    id: LeadId = argument("The lead.")
    version: int = argument("The version the change was made from.")
    given_name: str | Unset | None = argument("First names.", default=UNSET)
    family_name: str | Unset | None = argument("Family name.", default=UNSET)
    organization_name: str | Unset | None = argument("The organization.", default=UNSET)
    email: str | Unset | None = argument("E-mail address.", default=UNSET)
    phone: str | Unset | None = argument("Telephone number with its country code.", default=UNSET)
    interest: str | Unset | None = argument("What they are interested in.", default=UNSET)
    motivation: Motivation | Unset | None = argument("Why they would buy.", default=UNSET)
    motivators: tuple[str, ...] | Unset = argument("What moves them to buy, all of it, at most 20.", default=UNSET)
    budget: Money | Unset | None = argument("What they can spend.", default=UNSET)
    decision_on: dt.date | Unset | None = argument("On which day they decide.", default=UNSET)
    owner: str | Unset | None = argument("Who of us is responsible.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "motivators")
        one_line(self, "given_name", "family_name", "organization_name", "owner")
        paragraphs(self, "interest", maximum=2_000)
        _reachable(self)
        if isinstance(self.motivators, tuple):
            object.__setattr__(self, "motivators", _motivators(self.motivators))
        not_negative(self.budget, path="budget")


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondLead(Command):
    """Keeps that a lead was answered for the first time; what comes later does not count, and changes nothing."""

    id: LeadId = argument("The lead.")
    responded_at: dt.datetime | None = argument("When, not in the future; now when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "responded_at")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualifyLead(Command):
    """Says that a lead is worth an offer."""

    id: LeadId = argument("The lead.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifyLead(Command):
    """Says that nothing will come of a lead, and why."""

    id: LeadId = argument("The lead.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDeal:
    """The deal that is made of a lead."""

    name: str = argument("What it is about, in one line.")
    pipeline_code: str = argument("The pipeline it goes through.", default="SALES")
    amount: Money | None = argument("What it is worth.", default=None)
    expected_close_on: dt.date | None = argument("On which day it should close.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name")
        not_negative(self.amount, path="amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertLead(Command):
    """Makes a customer of a lead, and a deal where one is wanted: new ones, or those that are known. It happens once."""

    id: LeadId = argument("The lead.")
    customer_id: CustomerId | None = argument("A customer that is known already.", default=None)
    party_id: PartyId | None = argument("A known party that becomes a customer.", default=None)
    opportunity_id: OpportunityId | None = argument("A deal with the customer that is known already.", default=None)
    opportunity: LeadDeal | None = argument("A new deal.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetLead(Command):
    """Deletes a lead that became nobody, with all that is kept about it (GDPR art. 17)."""

    id: LeadId = argument("The lead.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLeadResponseTarget(Command):
    """Sets within how many minutes leads of a channel are to be answered first, from now on."""

    channel: Channel = argument("The channel.")
    minutes: int = argument("Minutes, in calendar time, 1 to 43,200.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        within(self.minutes, most=_LONGEST_TARGET, path="minutes")


def _reachable(command: ReceiveLead | UpdateLead) -> None:
    for name, kind in (("email", ContactKind.EMAIL), ("phone", ContactKind.PHONE)):
        value = getattr(command, name)
        if given(value):
            try:
                object.__setattr__(command, name, contact.normal_form(kind, value))
            except InvalidInput as error:
                raise InvalidInput(error.message, path=(name,)) from None


def _motivators(names: tuple[str, ...]) -> tuple[str, ...]:
    stripped = tuple(dict.fromkeys(name.strip() for name in names))
    if len(stripped) > _MOST or any(not 1 <= len(name) <= 80 or not name.isprintable() for name in stripped):
        raise InvalidInput(
            f"The motivators cannot be kept. There are more than {_MOST}, or one is empty or has over 80 letters. "
            "Shorten them.",
            path=("motivators",),
        )
    return stripped
