"""What can have happened to guests. Events carry ids and names, never what a guest likes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.records import INTERNAL, Classification
from patron_hospitality.models import PreferenceCategory, PreferenceOrigin, ReservationStatus

__all__ = [
    "GuestBlockChanged",
    "GuestCheckedIn",
    "GuestPreferencesChanged",
    "ReservationChanged",
    "ReservationMade",
    "ReservationsTakenIn",
    "StayCompleted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationMade(Event):
    """A reservation was made, as an inquiry or confirmed. `customer_id` is the guest's."""

    type: ClassVar[str] = "hospitality.reservation_made"
    reservation_id: uuid.UUID
    guest_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationChanged(Event):
    """A reservation went from one status to another. `customer_id` is the guest's."""

    type: ClassVar[str] = "hospitality.reservation_changed"
    reservation_id: uuid.UUID
    guest_id: uuid.UUID
    from_status: ReservationStatus
    to_status: ReservationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationsTakenIn(Event):
    """Many reservations were taken in at once, by an import; there is no event for each of them."""

    type: ClassVar[str] = "hospitality.reservations_taken_in"
    classes: ClassVar[Mapping[str, Classification]] = {"source": INTERNAL}
    source: str
    reservation_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestCheckedIn(Event):
    """A guest arrived and a stay began. `customer_id` is the guest's."""

    type: ClassVar[str] = "hospitality.guest_checked_in"
    stay_id: uuid.UUID
    guest_id: uuid.UUID
    reservation_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StayCompleted(Event):
    """A guest checked out. `customer_id` is the guest's."""

    type: ClassVar[str] = "hospitality.stay_completed"
    stay_id: uuid.UUID
    guest_id: uuid.UUID
    property_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPreferencesChanged(Event):
    """It became known what a guest likes, or that it no longer holds. `customer_id` is the guest's."""

    type: ClassVar[str] = "hospitality.guest_preferences_changed"
    guest_id: uuid.UUID
    category: PreferenceCategory
    origin: PreferenceOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestBlockChanged(Event):
    """A guest is refused new reservations, or no longer. `customer_id` is the guest's."""

    type: ClassVar[str] = "hospitality.guest_block_changed"
    guest_id: uuid.UUID
    blocked: bool
