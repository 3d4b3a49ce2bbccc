"""What may be changed: mutations over the plugin's commands, each with a payload of its own."""

from __future__ import annotations

import strawberry

from patron_hospitality import commands, events
from patron_hospitality.types import Guest, GuestPreference, Property, Reservation
from patron_schema.declare import Mutation, Subscription, extends, mutation, payload, subscription

__all__ = ["EXTENSIONS", "TYPES"]

_RESERVATION = "The reservation as it is now; null when it was refused."


@payload
class PropertyCreatePayload:
    """What propertyCreate gives."""

    property: Property | None = strawberry.field(description="The new hotel; null when it was refused.")


@payload
class ReservationCreatePayload:
    """What reservationCreate gives."""

    reservation: Reservation | None = strawberry.field(description=_RESERVATION)


@payload
class ReservationConfirmPayload:
    """What reservationConfirm gives."""

    reservation: Reservation | None = strawberry.field(description=_RESERVATION)


@payload
class ReservationCancelPayload:
    """What reservationCancel gives."""

    reservation: Reservation | None = strawberry.field(description=_RESERVATION)


@payload
class ReservationMarkNoShowPayload:
    """What reservationMarkNoShow gives."""

    reservation: Reservation | None = strawberry.field(description=_RESERVATION)


@payload
class ReservationCheckInPayload:
    """What reservationCheckIn gives."""

    reservation: Reservation | None = strawberry.field(description=_RESERVATION)


@payload
class ReservationCheckOutPayload:
    """What reservationCheckOut gives."""

    reservation: Reservation | None = strawberry.field(description=_RESERVATION)


@payload
class GuestPreferenceSetPayload:
    """What guestPreferenceSet gives."""

    preference: GuestPreference | None = strawberry.field(
        description="The preference that counts now; null when it was refused."
    )


@payload
class GuestBlockPayload:
    """What guestBlock gives."""

    guest: Guest | None = strawberry.field(description="The guest; null when it was refused.")


@payload
class GuestUnblockPayload:
    """What guestUnblock gives."""

    guest: Guest | None = strawberry.field(description="The guest; null when it was refused.")


@extends(Mutation)
class HospitalityMutation:
    property_create: PropertyCreatePayload = mutation(
        commands.CreateProperty, description="Makes a hotel with its kinds of rooms."
    )
    reservation_create: ReservationCreatePayload = mutation(
        commands.CreateReservation, description="Books a room for a customer, who becomes a guest by it."
    )
    reservation_confirm: ReservationConfirmPayload = mutation(
        commands.ConfirmReservation, description="Promises the room of an inquiry to the guest."
    )
    reservation_cancel: ReservationCancelPayload = mutation(
        commands.CancelReservation, description="Calls a reservation off before arrival; its room is free again."
    )
    reservation_mark_no_show: ReservationMarkNoShowPayload = mutation(
        commands.MarkNoShow, description="Notes that the guest did not come; the room is free again."
    )
    reservation_check_in: ReservationCheckInPayload = mutation(
        commands.CheckIn, description="The guest is here: a stay begins."
    )
    reservation_check_out: ReservationCheckOutPayload = mutation(
        commands.CheckOut, description="The guest has left: the stay is completed, and what stays tell is read again."
    )
    guest_preference_set: GuestPreferenceSetPayload = mutation(
        commands.SetPreference,
        description="Keeps what a guest says to prefer; it outweighs what was inferred or imported.",
    )
    guest_block: GuestBlockPayload = mutation(commands.BlockGuest, description="Refuses a guest new reservations.")
    guest_unblock: GuestUnblockPayload = mutation(commands.UnblockGuest, description="Lets a guest reserve again.")


@extends(Subscription)
class HospitalitySubscription:
    """What of the hotels can be followed."""

    reservation_changed: Reservation = subscription(
        events.ReservationMade,
        events.ReservationChanged,
        events.ReservationsTakenIn,
        node_id="reservation_id",
        description="Each reservation that was made or went to another status, one by one or in an import.",
    )


TYPES = (
    PropertyCreatePayload,
    ReservationCreatePayload,
    ReservationConfirmPayload,
    ReservationCancelPayload,
    ReservationMarkNoShowPayload,
    ReservationCheckInPayload,
    ReservationCheckOutPayload,
    GuestPreferenceSetPayload,
    GuestBlockPayload,
    GuestUnblockPayload,
)
EXTENSIONS = (HospitalityMutation, HospitalitySubscription)
