"""What the plugin knows of a customer's health and what it would do next: arrivals to prepare, conflicts to ask about."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from patron_core.hookspecs import Factor, Recommendation
from patron_core.records import PII
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality.models import (
    Guest,
    GuestPreference,
    PreferenceStatus,
    Property,
    Reservation,
    ReservationStatus,
)
from patron_hospitality.places import day_at
from patron_hospitality.settings import HospitalitySettings

__all__ = ["kept_reservations", "recommend"]

_FEWEST: Final = 3


def kept_reservations(customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
    """The share of ended reservations that became stays; does not apply below three."""
    statement = select(Reservation.status, func.count(Reservation.id).label("number")).join(
        Guest, Guest.id == Reservation.guest_id
    )
    ended = (ReservationStatus.CHECKED_OUT, ReservationStatus.CANCELLED, ReservationStatus.NO_SHOW)
    statement = statement.where(Guest.customer_id == customer_id, Reservation.status.in_(ended))
    counts = {row.status: row.number for row in uow.rows(statement.group_by(Reservation.status))}
    size, kept = sum(counts.values()), counts.get(ReservationStatus.CHECKED_OUT, 0)
    if size < _FEWEST:
        reason = f"{size} reservations have ended, {_FEWEST} are needed to say anything."
        return Factor(value=None, reason=reason, sample_size=size, as_of=uow.now)
    reason = f"{kept} of {size} reservations became stays."
    return Factor(value=Decimal(kept) / Decimal(size), reason=reason, sample_size=size, as_of=uow.now)


def recommend(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterator[Recommendation]:
    """What to do next for a customer, as far as they are a guest."""
    guest = uow.find(Guest, customer_id=customer_id)
    if guest is not None:
        preferences = uow.select(select(GuestPreference).where(GuestPreference.guest_id == guest.id))
        yield from _prepare(guest, [p for p in preferences if p.status is PreferenceStatus.ACTIVE], uow)
        yield from _ask([p for p in preferences if p.status is PreferenceStatus.OVERRULED])


def _prepare(guest: Guest, active: list[GuestPreference], uow: UnitOfWork) -> Iterator[Recommendation]:
    """Arrivals that are near, with what counts at that hotel."""
    days = uow.plugins.settings(HospitalitySettings).days_before_arrival
    columns = (Reservation.id, Reservation.arrival, Reservation.property_id, Property.timezone)
    near = select(*columns).join(Property, Property.id == Reservation.property_id)
    near = near.where(Reservation.guest_id == guest.id, Reservation.status == ReservationStatus.CONFIRMED)
    for reservation in uow.rows(near.order_by(Reservation.arrival, Reservation.id)):
        today = day_at(uow.now, timezone=reservation.timezone)
        here = [p for p in active if p.property_id in (None, reservation.property_id)]
        if here and today <= reservation.arrival <= today + dt.timedelta(days=days):
            yield Recommendation(
                code="PREPARE_ARRIVAL",
                classification=PII,
                title="Prepare the room as the guest likes it",
                reason=f"The guest arrives on {reservation.arrival} and {len(here)} preferences are known.",
                facts=(reservation.id, *(p.id for p in here)),
            )


def _ask(overruled: list[GuestPreference]) -> Iterator[Recommendation]:
    for preference in overruled:
        yield Recommendation(
            code="ASK_ABOUT_PREFERENCE",
            classification=PII,
            title="Ask the guest what they prefer",
            reason=f"Something else is {preference.origin.value} than what counts, about {preference.category.value}.",
            facts=(preference.id,),
        )
