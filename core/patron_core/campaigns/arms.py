"""The decision that needs no database: who of a campaign is treated and who is kept aside.

It follows from the ids of campaign and customer alone, so that it is the same whoever works it out, however often, and has nothing
to do with anything that is known of the customer.
"""

from __future__ import annotations

import hashlib
import uuid
from decimal import Decimal
from typing import Final

from patron_core.campaigns.models import Arm

__all__ = ["arm_of"]

_WHOLE: Final = 2**64


def arm_of(campaign_id: uuid.UUID, customer_id: uuid.UUID, *, control_share: Decimal, may_contact: bool) -> Arm:
    """The arm of a customer. control_share: 0 to 1, compared with a number that SHA-256 makes of both ids.

    Who may not be contacted is in neither arm: comparing them would say what consent does, not what the campaign does.
    """
    if not may_contact:
        return Arm.EXCLUDED
    drawn = int.from_bytes(hashlib.sha256(campaign_id.bytes + customer_id.bytes).digest()[:8])
    return Arm.CONTROL if drawn < int(control_share * _WHOLE) else Arm.TREATMENT
