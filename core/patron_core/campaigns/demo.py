"""Demo rows of a campaign: it runs, some members were contacted and answered."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from patron_core.campaigns.commands import (
    AddCampaignMembers,
    ContactCampaignMembers,
    CreateCampaign,
    RecordCampaignResponse,
    StartCampaign,
)
from patron_core.campaigns.models import Arm, Campaign, CampaignMember, Response
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.privacy.commands import RecordConsent
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """A campaign for all people but the last, who agreed to nothing."""
    if not people:
        return
    for customer in people[:-1]:
        demo.uow.handle(RecordConsent(party_id=customer.party_id, purpose=ConsentPurpose.MARKETING))
    campaign: Campaign = demo.uow.handle(
        CreateCampaign(
            code="SPRING_LETTER",
            name="A letter in spring",
            channel=Channel.EMAIL,
            control_share=Decimal("0.2"),
            owner="north team",
            cost=Money(120_00, "EUR"),
        )
    )
    demo.uow.flush()
    demo.uow.handle(AddCampaignMembers(campaign_id=campaign.id, customer_ids=tuple(each.id for each in people)))
    demo.uow.handle(StartCampaign(id=campaign.id, version=campaign.version))
    demo.uow.flush()
    treated = select(CampaignMember).where(
        CampaignMember.campaign_id == campaign.id, CampaignMember.arm == Arm.TREATMENT
    )
    members = demo.uow.select(treated.order_by(CampaignMember.id))[:6]
    demo.uow.handle(ContactCampaignMembers(campaign_id=campaign.id, member_ids=tuple(each.id for each in members)))
    demo.uow.flush()
    for member, response in zip(members, (Response.POSITIVE, Response.NEGATIVE), strict=False):
        demo.uow.handle(RecordCampaignResponse(id=member.id, version=member.version, response=response))
