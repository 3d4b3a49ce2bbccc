"""Breaking the glass in an emergency, and reviewing that somebody did."""

from __future__ import annotations

import datetime as dt

import strawberry

from patron_core.emergency import commands, models
from patron_core.emergency.events import EmergencyAccessGranted

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.emergency import EmergencyAccess

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class BreakGlassPayload:
    """What taking emergency access gives: plain values, for who takes it may not read what others took."""

    id: strawberry.ID | None = strawberry.field(description="What the header Patron-Break-Glass names.")
    expires_at: dt.datetime | None = strawberry.field(description="When it ends by itself.")

    @staticmethod
    def of(access: models.EmergencyAccess) -> BreakGlassPayload:
        """The payload of an access that was taken."""
        return BreakGlassPayload(id=strawberry.ID(f"{access.id_prefix}_{access.id}"), expires_at=access.expires_at)


@payload
class EmergencyAccessPayload:
    """What reviewing emergency access gives."""

    emergency_access: EmergencyAccess | None = strawberry.field(description="The access, with its review.")


@extends(Mutation)
class EmergencyMutation:
    access_break_glass: BreakGlassPayload = mutation(
        commands.TakeEmergencyAccess,
        description="Opens everything about one party for reading, for minutes. Alerts, is audited and gets reviewed.",
    )
    emergency_access_review: EmergencyAccessPayload = mutation(
        commands.ReviewEmergencyAccess, description="Says whether somebody else's emergency access was justified."
    )


@extends(Subscription)
class EmergencySubscription:
    emergency_access_granted: EmergencyAccess = subscription(
        EmergencyAccessGranted,
        node_id="emergency_access_id",
        by_customer=False,
        description="The alert: somebody took emergency access.",
    )


TYPES = (BreakGlassPayload, EmergencyAccessPayload)
EXTENSIONS = (EmergencyMutation, EmergencySubscription)
