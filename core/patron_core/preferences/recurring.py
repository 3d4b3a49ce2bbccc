"""What recurs: wishes run out, and the channel a customer uses is taken for the one it likes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from patron_core.customers.models import Customer
from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.preferences.commands import NotePreference
from patron_core.preferences.models import Preference, PreferenceStanding, WishOrigin
from patron_core.preferences.service import CONTACT_CHANNEL, end, note_preference
from patron_core.touchpoints.models import Direction, Touchpoint

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "LOOKED_AT", "SAME_AT_LEAST", "end_old_wishes", "infer_channels"]

_AT_ONCE: Final = 200
#: Of the last contacts a customer made, so many are looked at, and so many of them must agree.
LOOKED_AT: Final = 5
SAME_AT_LEAST: Final = 3


def end_old_wishes(step: Step, uow: UnitOfWork) -> Progress | None:
    """Ends wishes that ran out, up to 200 in each step."""
    over = select(Preference).where(Preference.valid_until <= uow.now, Preference.standing != PreferenceStanding.ENDED)
    found = uow.select(over.order_by(Preference.id).limit(_AT_ONCE))
    for word in found:
        uow.get(Customer, word.customer_id, lock=True)
        end(word, uow)
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


def infer_channels(step: Step, uow: UnitOfWork) -> Progress | None:
    """Notes the channel of at least 3 of the last 5 contacts that a customer made, of up to 200 customers in each step."""
    customers = uow.select(select(Customer.id).where(Customer.id > reached(step)).order_by(Customer.id).limit(_AT_ONCE))
    place = func.row_number().over(
        partition_by=Touchpoint.customer_id, order_by=(Touchpoint.occurred_at.desc(), Touchpoint.id.desc())
    )
    latest = (
        select(Touchpoint.customer_id, Touchpoint.channel, place.label("place"))
        .where(Touchpoint.direction == Direction.INBOUND, uow.among(Touchpoint.customer_id, customers))
        .subquery()
    )
    often = (
        select(latest.c.customer_id, latest.c.channel, func.count().label("number"))
        .where(latest.c.place <= LOOKED_AT)
        .group_by(latest.c.customer_id, latest.c.channel)
        .having(func.count() >= SAME_AT_LEAST)
    )
    found = uow.rows(often) if customers else []
    known = _inferred([row.customer_id for row in found], uow)
    for row in found:
        customer_id, channel, count = row.customer_id, row.channel, row.number
        if known.get(customer_id) != channel.name:
            note_preference(
                NotePreference(
                    customer_id=customer_id,
                    key=CONTACT_CHANNEL,
                    preferred=channel.name,
                    origin=WishOrigin.INFERRED,
                    confidence=Decimal(count) / LOOKED_AT,
                    evidence=f"{count} of the last {LOOKED_AT} contacts the customer made came over this channel.",
                ),
                uow,
            )
    return go_on(step, customers, most=_AT_ONCE)


def _inferred(customers: list[object], uow: UnitOfWork) -> dict[object, str]:
    """The channel that was inferred last, by customer."""
    statement = select(Preference.customer_id, Preference.preferred).where(
        uow.among(Preference.customer_id, customers),
        Preference.key == CONTACT_CHANNEL,
        Preference.scope == "",
        Preference.origin == WishOrigin.INFERRED,
        Preference.standing != PreferenceStanding.ENDED,
    )
    return {row.customer_id: row.preferred for row in uow.rows(statement)} if customers else {}


JOBS: Final = (
    Job(
        name="core.end_old_wishes",
        description="Ends wishes of customers that ran out.",
        schedule="FREQ=HOURLY;BYMINUTE=20",
        step=end_old_wishes,
    ),
    Job(
        name="core.infer_channels",
        description="Notes the channel that customers use as the one they like, where they said nothing else.",
        schedule="FREQ=DAILY;BYHOUR=4",
        step=infer_channels,
    ),
)
