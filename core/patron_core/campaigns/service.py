"""What happens to campaigns: planned, filled, started, members contacted and heard, inside the caller's unit of work.

Consent is asked when a customer is taken in, and again when the customer is contacted.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from patron_core.campaigns import events
from patron_core.campaigns.arms import arm_of
from patron_core.campaigns.commands import (
    AddCampaignMembers,
    ContactCampaignMembers,
    CreateCampaign,
    EndCampaign,
    RecordCampaignResponse,
    StartCampaign,
    UpdateCampaign,
)
from patron_core.campaigns.models import Arm, Campaign, CampaignMember, CampaignStatus, Response
from patron_core.campaigns.permissions import CAMPAIGN_WRITE
from patron_core.customers.models import Customer
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler
from patron_core.jobs.service import enqueue
from patron_core.privacy.commands import WithdrawConsent
from patron_core.privacy.consent import who_may_be_contacted
from patron_core.privacy.service import withdraw_consent
from patron_core.segments.models import Segment
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version, unused

__all__ = [
    "FILL",
    "HANDLERS",
    "add_members",
    "contact_members",
    "create_campaign",
    "end_campaign",
    "record_response",
    "start_campaign",
    "take_in",
    "update_campaign",
]

#: The job that takes the members of a segment into a campaign.
FILL: Final = "core.fill_campaign"


def create_campaign(command: CreateCampaign, uow: UnitOfWork) -> Campaign:
    """Plans a campaign. CONFLICT where its code is taken, NOT_FOUND for an unknown segment."""
    if command.segment_id is not None:
        uow.get(Segment, command.segment_id, path=("segment_id",))
    unused(uow, Campaign, code=command.code)
    campaign = uow.add(
        Campaign(
            code=command.code,
            name=command.name,
            purpose=command.purpose,
            channel=command.channel,
            status=CampaignStatus.DRAFT,
            segment_id=command.segment_id,
            control_share=command.control_share,
            outcome_days=command.outcome_days,
            owner=command.owner,
            cost=command.cost,
        )
    )
    _tell(campaign, uow)
    return campaign


def update_campaign(command: UpdateCampaign, uow: UnitOfWork) -> Campaign:
    """Changes what may change of a campaign at any time."""
    campaign = uow.get(Campaign, command.id, path=("id",))
    same_version(campaign, version=command.version)
    apply_update(command, to=campaign)
    _tell(campaign, uow)
    return campaign


def start_campaign(command: StartCampaign, uow: UnitOfWork) -> Campaign:
    """Starts a campaign; a job takes the members of its segment in. CONFLICT where it was started before."""
    campaign = uow.get(Campaign, command.id, lock=True, path=("id",))
    same_version(campaign, version=command.version)
    if campaign.status is not CampaignStatus.DRAFT:
        raise Conflict("The campaign began already. It was to be started again. Plan a new one.", path=("id",))
    campaign.status, campaign.started_at = CampaignStatus.RUNNING, uow.now
    if campaign.segment_id is not None:
        enqueue(uow, FILL, {"campaign": str(campaign.id)}, key=str(campaign.id))
    _tell(campaign, uow)
    return campaign


def end_campaign(command: EndCampaign, uow: UnitOfWork) -> Campaign:
    """Ends a campaign. CONFLICT where it is over."""
    campaign = uow.get(Campaign, command.id, lock=True, path=("id",))
    same_version(campaign, version=command.version)
    _refuse_ended(campaign, path="id")
    campaign.status, campaign.ended_at = CampaignStatus.ENDED, uow.now
    _tell(campaign, uow)
    return campaign


def add_members(command: AddCampaignMembers, uow: UnitOfWork) -> Campaign:
    """Takes customers in. NOT_FOUND where one is not known, CONFLICT where the campaign is over."""
    campaign = uow.get(Campaign, command.campaign_id, path=("campaign_id",))
    for number, customer_id in enumerate(command.customer_ids):
        uow.get(Customer, customer_id, path=("customer_ids", number))
    _refuse_ended(campaign, path="campaign_id")
    take_in(campaign, command.customer_ids, uow)
    return campaign


def take_in(campaign: Campaign, customers: Sequence[uuid.UUID], uow: UnitOfWork) -> int:
    """Makes customers members, each in its arm; returns how many are new."""
    allowed = who_may_be_contacted(uow, customers, campaign.purpose, campaign.channel)
    arms = {
        each: arm_of(campaign.id, each, control_share=campaign.control_share, may_contact=each in allowed)
        for each in customers
    }
    rows = [
        {
            "campaign_id": campaign.id,
            "customer_id": customer_id,
            "arm": arm,
            "drawn_arm": arm,
            "assigned_at": uow.now,
            "outcome_until": uow.now + dt.timedelta(days=campaign.outcome_days),
        }
        for customer_id, arm in arms.items()
    ]
    return len(uow.add_many(CampaignMember, rows, unless_exists=("campaign_id", "customer_id")))


def contact_members(command: ContactCampaignMembers, uow: UnitOfWork) -> Campaign:
    """Notes that members were contacted now; who may not be any more is EXCLUDED instead.

    NOT_FOUND for one that is not in the campaign, CONFLICT where the campaign does not run or one is kept aside.
    """
    campaign = uow.get(Campaign, command.campaign_id, path=("campaign_id",))
    members = [
        uow.get(CampaignMember, id_, lock=True, path=("member_ids", number))
        for number, id_ in enumerate(command.member_ids)
    ]
    if campaign.status is not CampaignStatus.RUNNING:
        raise Conflict(
            "The campaign does not run. Its members were to be contacted. Start it first, or plan a new one.",
            path=("campaign_id",),
        )
    if any(member.campaign_id != campaign.id or member.arm is Arm.CONTROL for member in members):
        raise Conflict(
            "A member is not to be contacted. It is kept aside to compare with, or is in another campaign. Leave it out.",
            path=("member_ids",),
        )
    allowed = who_may_be_contacted(uow, [m.customer_id for m in members], campaign.purpose, campaign.channel)
    for member in members:
        if member.customer_id not in allowed:
            member.arm = Arm.EXCLUDED
        elif member.contacted_at is None:
            member.contacted_at = uow.now
            uow.emit(
                events.CampaignMemberContacted(
                    customer_id=member.customer_id, campaign_id=campaign.id, campaign_member_id=member.id
                )
            )
    return campaign


def record_response(command: RecordCampaignResponse, uow: UnitOfWork) -> CampaignMember:
    """Notes an answer; who opts out withdraws the consent for the campaign's purpose and channel."""
    member = uow.get(CampaignMember, command.id, path=("id",))
    same_version(member, version=command.version)
    campaign = uow.get(Campaign, member.campaign_id)
    member.response, member.responded_at = command.response, uow.now
    if command.response is Response.OPT_OUT:
        customer = uow.get(Customer, member.customer_id)
        withdraw_consent(
            WithdrawConsent(
                party_id=customer.party_id,
                purpose=campaign.purpose,
                channel=campaign.channel,
                evidence=f"Opted out of the campaign {campaign.code}.",
            ),
            uow,
        )
    uow.emit(
        events.CampaignMemberResponded(
            customer_id=member.customer_id,
            campaign_id=campaign.id,
            campaign_member_id=member.id,
            response=command.response,
        )
    )
    return member


def _refuse_ended(campaign: Campaign, *, path: str) -> None:
    if campaign.status is CampaignStatus.ENDED:
        raise Conflict("The campaign is over. It was to be changed. Plan a new one.", path=(path,))


def _tell(campaign: Campaign, uow: UnitOfWork) -> None:
    uow.emit(events.CampaignChanged(campaign_id=campaign.id, status=campaign.status))


HANDLERS: Final = (
    CommandHandler(command=CreateCampaign, handler=create_campaign, permission=CAMPAIGN_WRITE),
    CommandHandler(command=UpdateCampaign, handler=update_campaign, permission=CAMPAIGN_WRITE),
    CommandHandler(command=AddCampaignMembers, handler=add_members, permission=CAMPAIGN_WRITE),
    CommandHandler(command=StartCampaign, handler=start_campaign, permission=CAMPAIGN_WRITE),
    CommandHandler(command=ContactCampaignMembers, handler=contact_members, permission=CAMPAIGN_WRITE),
    CommandHandler(command=RecordCampaignResponse, handler=record_response, permission=CAMPAIGN_WRITE),
    CommandHandler(command=EndCampaign, handler=end_campaign, permission=CAMPAIGN_WRITE),
)
