"""Demo rows of wishes: the channel over which some customers said they want to be reached, and one that another system told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.preferences.commands import NotePreference
from patron_core.preferences.models import WishOrigin
from patron_core.preferences.service import CONTACT_CHANNEL

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Every third customer said how it wants to be reached; for one of them an old system says otherwise."""
    for customer in [*people, *companies][::3]:
        channel = demo.random.choice(["EMAIL", "PHONE", "CHAT"])
        demo.uow.handle(NotePreference(customer_id=customer.id, key=CONTACT_CHANNEL, preferred=channel))
    for customer in people[:1]:
        demo.uow.handle(
            NotePreference(
                customer_id=customer.id,
                key=CONTACT_CHANNEL,
                preferred="STORE",
                origin=WishOrigin.IMPORTED,
                confidence=Decimal("0.6"),
                evidence="The till of the old shop.",
            )
        )
