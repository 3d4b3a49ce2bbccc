"""What happens to offers: they are made, put out, presented, answered and redeemed, inside the caller's unit of work.

An offer's row is locked while it is redeemed, so that caps hold whoever else redeems it; constraints of the table say the same.
Whoever may not be contacted for its purpose, or is not eligible, is not presented with it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from patron_core.customers.models import Customer
from patron_core.customers.removal import check_listed
from patron_core.errors import Conflict, InvalidInput, Vetoed
from patron_core.hookspecs import CommandHandler
from patron_core.offers import events
from patron_core.offers.commands import AnswerOffer, CreateOffer, PresentOffer, RedeemOffer, SetOfferStatus
from patron_core.offers.models import Offer, OfferPresentation, OfferRedemption, OfferStatus, PresentationStatus
from patron_core.offers.permissions import OFFER_WRITE
from patron_core.orders.models import Order
from patron_core.privacy.consent import require_consent
from patron_core.segments.models import Segment, SegmentMembership, SegmentTarget
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version, unused
from patron_core.values import Money, Period

__all__ = [
    "EXHAUSTED",
    "HANDLERS",
    "LIMIT_REACHED",
    "NOT_ELIGIBLE",
    "NOT_OPEN",
    "answer_offer",
    "create_offer",
    "present_offer",
    "redeem_offer",
    "set_offer_status",
]

NOT_OPEN: Final = "OFFER_NOT_OPEN"
NOT_ELIGIBLE: Final = "OFFER_NOT_ELIGIBLE"
EXHAUSTED: Final = "OFFER_EXHAUSTED"
LIMIT_REACHED: Final = "OFFER_LIMIT_REACHED"

_NEXT: Final = {
    OfferStatus.DRAFT: {OfferStatus.ACTIVE, OfferStatus.ENDED},
    OfferStatus.ACTIVE: {OfferStatus.PAUSED, OfferStatus.ENDED},
    OfferStatus.PAUSED: {OfferStatus.ACTIVE, OfferStatus.ENDED},
    OfferStatus.ENDED: set[OfferStatus](),
    OfferStatus.EXPIRED: set[OfferStatus](),
}
_WANTED: Final = (PresentationStatus.PRESENTED, PresentationStatus.ACCEPTED, PresentationStatus.REDEEMED)


def create_offer(command: CreateOffer, uow: UnitOfWork) -> Offer:
    """Makes a draft. CONFLICT where its code is taken; INVALID_INPUT for a segment of others than customers."""
    segment = None if command.segment_id is None else uow.get(Segment, command.segment_id, path=("segment_id",))
    if segment is not None and segment.target is not SegmentTarget.CUSTOMER:
        raise InvalidInput(
            "The segment is not one of customers. Offers are made to customers. Give one of these.",
            path=("segment_id",),
        )
    unused(uow, Offer, code=command.code)
    offer = uow.add(
        Offer(
            code=command.code,
            name=command.name,
            description=command.description,
            status=OfferStatus.DRAFT,
            segment_id=command.segment_id,
            purpose=command.purpose,
            channel=command.channel,
            validity=Period(command.valid_from, command.valid_to),
            cost=command.cost,
            budget=command.budget,
            spent=Money(0, command.cost.currency_code),
            max_redemptions=command.max_redemptions,
            max_per_customer=command.max_per_customer,
            redeemed_count=0,
        )
    )
    uow.emit(events.OfferCreated(offer_id=offer.id))
    return offer


def set_offer_status(command: SetOfferStatus, uow: UnitOfWork) -> Offer:
    """Puts an offer out, pauses or ends it. CONFLICT where it may not go there."""
    offer = uow.get(Offer, command.id, lock=True, path=("id",))
    same_version(offer, version=command.version)
    if command.status not in _NEXT[offer.status]:
        allowed = ", ".join(sorted(status.name for status in _NEXT[offer.status])) or "nothing else"
        raise Conflict(
            f"The offer cannot become that. It is {offer.status.name}. It may become: {allowed}.", path=("status",)
        )
    offer.status = command.status
    uow.emit(events.OfferStatusSet(offer_id=offer.id, status=offer.status))
    return offer


def present_offer(command: PresentOffer, uow: UnitOfWork) -> OfferPresentation:
    """Presents an offer to a customer, once.

    Refused with a code: OFFER_NOT_OPEN, OFFER_NOT_ELIGIBLE, CONSENT_REQUIRED, OFFER_EXHAUSTED; CONFLICT where it was presented.
    """
    offer = uow.get(Offer, command.offer_id, path=("offer_id",))
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    check_listed(customer, path=("customer_id",))
    channel = command.channel or offer.channel
    _refuse_closed(offer, uow, path="offer_id")
    if offer.channel is not None and channel is not offer.channel:
        raise InvalidInput(
            "The offer is for another channel. Another one than the offer's was given. Leave it out.",
            path=("channel",),
        )
    if offer.segment_id is not None and not _is_member(offer, customer, uow):
        raise Vetoed(
            "The customer is not eligible. They are not in the offer's segment as of its last refresh. "
            "Refresh the segment, or offer something else.",
            veto=NOT_ELIGIBLE,
            path=("customer_id",),
        )
    require_consent(uow, customer.party_id, offer.purpose, channel, path=("customer_id",))
    _refuse_exhausted(offer, offer.cost, path="offer_id")
    values = {
        "offer_id": offer.id,
        "customer_id": customer.id,
        "channel": channel,
        "status": PresentationStatus.PRESENTED,
        "presented_at": uow.now,
    }
    ids = uow.add_many(OfferPresentation, [values], unless_exists=("offer_id", "customer_id"))
    if not ids:
        raise Conflict(
            "The offer was presented to the customer already. It is presented once. See what came of that.",
            path=("customer_id",),
        )
    uow.emit(events.OfferPresented(customer_id=customer.id, offer_id=offer.id, presentation_id=ids[0]))
    return uow.get(OfferPresentation, ids[0])


def answer_offer(command: AnswerOffer, uow: UnitOfWork) -> OfferPresentation:
    """Keeps an answer; who accepted may still decline, and the other way round, until it is had or over."""
    presentation = uow.get(OfferPresentation, command.id, lock=True, path=("id",))
    same_version(presentation, version=command.version)
    if presentation.status in (PresentationStatus.REDEEMED, PresentationStatus.EXPIRED):
        raise Conflict(
            f"The offer needs no answer. It is {presentation.status.name}. Nothing is to be done.", path=("id",)
        )
    if command.accepted:
        _refuse_closed(uow.get(Offer, presentation.offer_id), uow, path="id")
    presentation.status = PresentationStatus.ACCEPTED if command.accepted else PresentationStatus.DECLINED
    presentation.answered_at = uow.now
    presentation.reason = None if command.accepted else command.reason
    uow.emit(
        events.OfferAnswered(
            customer_id=presentation.customer_id,
            offer_id=presentation.offer_id,
            presentation_id=presentation.id,
            status=presentation.status,
        )
    )
    return presentation


def redeem_offer(command: RedeemOffer, uow: UnitOfWork) -> OfferRedemption:
    """Gives a customer what was offered. Refused with a code: OFFER_NOT_OPEN, OFFER_LIMIT_REACHED, OFFER_EXHAUSTED."""
    presentation = uow.get(OfferPresentation, command.id, path=("id",))
    order = None if command.order_id is None else uow.get(Order, command.order_id, path=("order_id",))
    offer = uow.get(Offer, presentation.offer_id, lock=True)
    presentation = uow.get(OfferPresentation, command.id, lock=True)
    if order is not None and order.customer_id != presentation.customer_id:
        raise InvalidInput(
            "The order is another customer's. Its customer differs from the offer's. Give one of the same.",
            path=("order_id",),
        )
    amount = command.amount if command.amount is not None else offer.cost
    if amount.currency_code != offer.cost_currency:
        raise InvalidInput(
            "Two currencies meet in one offer. The amount has another one than the offer's cost. Use one currency.",
            path=("amount",),
        )
    _refuse_closed(offer, uow, path="id")
    _refuse_unwanted(presentation)
    _refuse_more(presentation, offer, uow)
    _refuse_exhausted(offer, amount, path="id")
    redemption = uow.add(
        OfferRedemption(presentation_id=presentation.id, order_id=command.order_id, amount=amount, redeemed_at=uow.now)
    )
    offer.redeemed_count += 1
    offer.spent += amount
    presentation.status = PresentationStatus.REDEEMED
    uow.emit(
        events.OfferRedeemed(
            customer_id=presentation.customer_id,
            offer_id=offer.id,
            presentation_id=presentation.id,
            redemption_id=redemption.id,
        )
    )
    return redemption


def _is_member(offer: Offer, customer: Customer, uow: UnitOfWork) -> bool:
    member = select(SegmentMembership.id).where(
        SegmentMembership.segment_id == offer.segment_id,
        SegmentMembership.party_id == customer.party_id,
        SegmentMembership.left_at.is_(None),
    )
    return bool(uow.select(member.limit(1)))


def _refuse_closed(offer: Offer, uow: UnitOfWork, *, path: str) -> None:
    if offer.status is not OfferStatus.ACTIVE:
        raise Vetoed(
            f"The offer cannot be had. It is {offer.status.name}. Put it out first.", veto=NOT_OPEN, path=(path,)
        )
    if not Period(offer.validity_from, offer.validity_to).contains(uow.now):
        raise Vetoed(
            "The offer cannot be had now. It is not its time. See when it is valid.", veto=NOT_OPEN, path=(path,)
        )


def _refuse_unwanted(presentation: OfferPresentation) -> None:
    if presentation.status not in _WANTED:
        raise Conflict(
            f"The offer cannot be had. It is {presentation.status.name} for this customer. Ask for another answer.",
            path=("id",),
        )


def _refuse_more(presentation: OfferPresentation, offer: Offer, uow: UnitOfWork) -> None:
    had = select(func.count(OfferRedemption.id)).where(OfferRedemption.presentation_id == presentation.id)
    if uow.select(had)[0] >= offer.max_per_customer:
        raise Vetoed(
            f"The customer had the offer. It can be had {offer.max_per_customer} times each. Offer something else.",
            veto=LIMIT_REACHED,
            path=("id",),
        )


def _refuse_exhausted(offer: Offer, amount: Money, *, path: str) -> None:
    over = offer.max_redemptions is not None and offer.redeemed_count >= offer.max_redemptions
    spent = offer.budget is not None and offer.spent_minor + amount.minor > offer.budget.minor
    if over or spent:
        what = "was had as often as it can be" if over else "would cost more than its budget"
        raise Vetoed(f"The offer is used up. It {what}. Offer something else.", veto=EXHAUSTED, path=(path,))


HANDLERS: Final = (
    CommandHandler(command=CreateOffer, handler=create_offer, permission=OFFER_WRITE),
    CommandHandler(command=SetOfferStatus, handler=set_offer_status, permission=OFFER_WRITE),
    CommandHandler(command=PresentOffer, handler=present_offer, permission=OFFER_WRITE),
    CommandHandler(command=AnswerOffer, handler=answer_offer, permission=OFFER_WRITE),
    CommandHandler(command=RedeemOffer, handler=redeem_offer, permission=OFFER_WRITE),
)
