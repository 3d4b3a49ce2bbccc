"""Demo rows: an offer that some people consented to get, one of whom had it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.offers.commands import AnswerOffer, CreateOffer, PresentOffer, RedeemOffer, SetOfferStatus
from patron_core.offers.models import Offer, OfferPresentation, OfferStatus
from patron_core.privacy.commands import RecordConsent
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """An offer by e-mail with a budget; the first three people consented, accepted, declined or did not answer."""
    offer: Offer = demo.uow.handle(
        CreateOffer(
            code="WELCOME_10",
            name="Ten euro off",
            description="Ten euro off the next order.",
            channel=Channel.EMAIL,
            valid_to=demo.uow.now + dt.timedelta(days=60),
            cost=Money(1_000, "EUR"),
            budget=Money(50_000, "EUR"),
            max_redemptions=100,
        )
    )
    demo.uow.flush()
    demo.uow.handle(SetOfferStatus(id=offer.id, version=offer.version, status=OfferStatus.ACTIVE))
    demo.uow.flush()
    for answer, customer in zip((True, False, None), people, strict=False):
        demo.uow.handle(RecordConsent(party_id=customer.party_id, purpose=ConsentPurpose.MARKETING))
        demo.uow.flush()
        presented: OfferPresentation = demo.uow.handle(PresentOffer(offer_id=offer.id, customer_id=customer.id))
        if answer is not None:
            demo.uow.handle(AnswerOffer(id=presented.id, version=presented.version, accepted=answer))
            demo.uow.flush()
        if answer:
            demo.uow.handle(RedeemOffer(id=presented.id))
            demo.uow.flush()
