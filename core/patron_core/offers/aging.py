"""What time does to offers: those whose time is over expire, and so do the presentations that nobody redeemed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.hookspecs import Progress, Step
from patron_core.offers import events
from patron_core.offers.models import Offer, OfferPresentation, OfferStatus, PresentationStatus

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["expire_offers"]

_AT_ONCE: Final = 500
_OVER: Final = (OfferStatus.EXPIRED, OfferStatus.ENDED)
_PENDING: Final = (PresentationStatus.PRESENTED, PresentationStatus.ACCEPTED)


def expire_offers(step: Step, uow: UnitOfWork) -> Progress | None:
    """Expires offers, then presentations of offers that are over, up to 500 rows of each in a step."""
    due = (
        Offer.status.in_((OfferStatus.DRAFT, OfferStatus.ACTIVE, OfferStatus.PAUSED)),
        Offer.validity_to <= uow.now,
    )
    some = select(Offer.id).where(*due).order_by(Offer.id).limit(_AT_ONCE)
    offers = uow.update_rows(Offer, *due, Offer.id.in_(some), values={"status": OfferStatus.EXPIRED})
    for id_ in offers:
        uow.emit(events.OfferStatusSet(offer_id=id_, status=OfferStatus.EXPIRED))
    presentations = _expire_presentations(uow)
    if max(len(offers), len(presentations)) < _AT_ONCE:
        return None
    return Progress(done=step.done + len(offers) + len(presentations))


def _expire_presentations(uow: UnitOfWork) -> list[OfferPresentation]:
    pending = (
        OfferPresentation.status.in_(_PENDING),
        OfferPresentation.offer_id.in_(select(Offer.id).where(Offer.status.in_(_OVER))),
    )
    some = select(OfferPresentation.id).where(*pending).order_by(OfferPresentation.id).limit(_AT_ONCE)
    ids = uow.update_rows(
        OfferPresentation, *pending, OfferPresentation.id.in_(some), values={"status": PresentationStatus.EXPIRED}
    )
    found = select(OfferPresentation).where(uow.among(OfferPresentation.id, ids)).order_by(OfferPresentation.id)
    expired = uow.select(found) if ids else []
    for each in expired:
        uow.emit(
            events.OfferAnswered(
                customer_id=each.customer_id, offer_id=each.offer_id, presentation_id=each.id, status=each.status
            )
        )
    return expired
