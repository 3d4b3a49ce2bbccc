"""The file formats of hotels, one module for each."""

from __future__ import annotations

from patron_hospitality.importers.hotel_bookings import HotelBookings, HotelBookingsOptions

__all__ = ["HotelBookings", "HotelBookingsOptions"]
