"""What recurs: the members of a segment are taken into a campaign that started, step by step."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.campaigns.models import Campaign, CampaignStatus
from patron_core.campaigns.service import FILL, take_in
from patron_core.customers.models import Customer
from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.segments.models import SegmentMembership

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "fill_campaign"]

_AT_ONCE: Final = 500


def fill_campaign(step: Step, uow: UnitOfWork) -> Progress | None:
    """Takes up to 500 open members of the campaign's segment in; asked for when a campaign starts."""
    campaign = uow.get(Campaign, uuid.UUID(step.arguments["campaign"]))
    if campaign.segment_id is None or campaign.status is not CampaignStatus.RUNNING:
        return None
    members = (
        select(SegmentMembership.customer_id)
        .join(Customer, Customer.id == SegmentMembership.customer_id)
        .where(Customer.deleted_at.is_(None))
        .where(SegmentMembership.segment_id == campaign.segment_id, SegmentMembership.left_at.is_(None))
        .where(SegmentMembership.customer_id > reached(step))
        .order_by(SegmentMembership.customer_id)
        .limit(_AT_ONCE)
    )
    customers = [id_ for id_ in uow.select(members) if id_ is not None]
    take_in(campaign, customers, uow)
    return go_on(step, customers, most=_AT_ONCE)


JOBS: Final = (
    Job(
        name=FILL,
        description="Takes the members of a segment into a campaign; campaignStart asks for it.",
        step=fill_campaign,
        needs=("campaign",),
    ),
)
