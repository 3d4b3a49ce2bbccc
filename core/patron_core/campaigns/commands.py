"""What may be asked about campaigns: plan, fill, start, contact, note answers, end. Commands check their own form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from patron_core import validation
from patron_core.campaigns.models import Campaign, CampaignMember, Response
from patron_core.customers.commands import CustomerId
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.privacy.models import ConsentPurpose
from patron_core.segments.models import Segment
from patron_core.touchpoints.models import Channel
from patron_core.validation import key, not_negative, not_null, one_line, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "AddCampaignMembers",
    "CampaignId",
    "CampaignMemberId",
    "ContactCampaignMembers",
    "CreateCampaign",
    "EndCampaign",
    "RecordCampaignResponse",
    "StartCampaign",
    "UpdateCampaign",
]

CampaignId = Annotated[uuid.UUID, IdOf(Campaign)]
CampaignMemberId = Annotated[uuid.UUID, IdOf(CampaignMember)]
_MOST_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCampaign(Command):
    """Plans a campaign."""

    code: str = argument("Stable code in capitals, such as SPRING_TEA.")
    name: str = argument("Name to show.")
    channel: Channel = argument("Over which channel members are contacted.")
    purpose: ConsentPurpose = argument("For which purpose.", default=ConsentPurpose.MARKETING)
    segment_id: Annotated[uuid.UUID, IdOf(Segment)] | None = argument(
        "Whose members it is for; left out where members are named one by one.", default=None
    )
    control_share: Decimal = argument("Which share is kept aside to compare with, 0 to 0.9.", default=Decimal("0.1"))
    outcome_days: int = argument("For how many days a purchase counts as an outcome, 1 to 366.", default=30)
    owner: str | None = argument("Who of us is responsible.", default=None)
    cost: Money | None = argument("What it costs.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", "owner", maximum=80)
        key(self, "idempotency_key")
        not_negative(self.cost, path="cost")
        validation.code(self, "code")
        within(self.control_share, least=0, most=Decimal("0.9"), path="control_share")
        within(self.outcome_days, most=366, path="outcome_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCampaign(Command):
    """Changes a campaign: fields that are left out stay as they are. Whom it compares stays as it was planned."""

    id: CampaignId = argument("The campaign.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show.", default=UNSET)
    owner: str | Unset | None = argument("Who of us is responsible.", default=UNSET)
    cost: Money | Unset | None = argument("What it cost.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name")
        one_line(self, "name", "owner", maximum=80)
        not_negative(self.cost, path="cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCampaignMembers(Command):
    """Adds customers to a campaign; those who are in it already stay as they are."""

    campaign_id: CampaignId = argument("The campaign.")
    customer_ids: tuple[CustomerId, ...] = argument("The customers, at most 500 at a time.")

    def __post_init__(self) -> None:
        validation.count(self.customer_ids, least=1, most=_MOST_AT_ONCE, path="customer_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCampaign(Command):
    """Starts a campaign. The members of its segment are taken in by a job."""

    id: CampaignId = argument("The campaign.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCampaign(Command):
    """Ends a campaign: nobody is contacted any more."""

    id: CampaignId = argument("The campaign.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCampaignMembers(Command):
    """Says that members were contacted just now. Who may not be contacted any more is left out instead, and told."""

    campaign_id: CampaignId = argument("The campaign.")
    member_ids: tuple[CampaignMemberId, ...] = argument("The members, at most 500 at a time.")

    def __post_init__(self) -> None:
        validation.count(self.member_ids, least=1, most=_MOST_AT_ONCE, path="member_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCampaignResponse(Command):
    """Notes what a member answered. Who opts out is contacted for this purpose over this channel no more."""

    id: CampaignMemberId = argument("The member.")
    version: int = argument("The version the change was made from.")
    response: Response = argument("What the customer answered.")
