"""What can have happened to campaigns. Events carry ids, codes and counts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.campaigns.models import CampaignStatus, Response
from patron_core.messages import Event

__all__ = ["CampaignChanged", "CampaignMemberContacted", "CampaignMemberResponded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignChanged(Event):
    """A campaign was planned, started, ended or changed otherwise."""

    type: ClassVar[str] = "campaign.changed"
    campaign_id: uuid.UUID
    status: CampaignStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMemberContacted(Event):
    """A customer was contacted in a campaign. `customer_id` is set."""

    type: ClassVar[str] = "campaign.member_contacted"
    campaign_id: uuid.UUID
    campaign_member_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMemberResponded(Event):
    """A customer answered to a campaign. `customer_id` is set."""

    type: ClassVar[str] = "campaign.member_responded"
    campaign_id: uuid.UUID
    campaign_member_id: uuid.UUID
    response: Response
