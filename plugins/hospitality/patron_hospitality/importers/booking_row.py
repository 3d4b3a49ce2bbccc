"""A line of a hotel-bookings table as values: text in, a `Booking` out, or the reason why the line says nothing sound.

The table is that of N. Antonio, A. de Almeida and L. Nunes, "Hotel booking demand datasets", Data in Brief 22 (2019)
41-49: 32 columns, one booking a line, the text NULL where a value is missing. Reasons name columns and hold no values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, TypeVar

from patron_core.values import Money
from patron_hospitality.models import DistributionChannel, MarketSegment, MealPlan, ReservationStatus

__all__ = ["COLUMNS", "Booking", "UnsoundRow", "booking"]

COLUMNS: Final = (
    "hotel",
    "is_canceled",
    "lead_time",
    "arrival_date_year",
    "arrival_date_month",
    "arrival_date_week_number",
    "arrival_date_day_of_month",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "adults",
    "children",
    "babies",
    "meal",
    "country",
    "market_segment",
    "distribution_channel",
    "is_repeated_guest",
    "previous_cancellations",
    "previous_bookings_not_canceled",
    "reserved_room_type",
    "assigned_room_type",
    "booking_changes",
    "deposit_type",
    "agent",
    "company",
    "days_in_waiting_list",
    "customer_type",
    "adr",
    "required_car_parking_spaces",
    "total_of_special_requests",
    "reservation_status",
    "reservation_status_date",
)

T = TypeVar("T")
_MISSING: Final = ("NULL", "NA", "")
_MONTH_NAMES: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTHS: Final = MappingProxyType({name: number for number, name in enumerate(_MONTH_NAMES, start=1)})
_STATUSES: Final = MappingProxyType(
    {
        "Check-Out": ReservationStatus.CHECKED_OUT,
        "Canceled": ReservationStatus.CANCELLED,
        "No-Show": ReservationStatus.NO_SHOW,
    }
)
#: The paper's table of columns reads "Undefined/SC - no meal package".
_MEALS: Final = MappingProxyType(
    {"BB": MealPlan.BB, "HB": MealPlan.HB, "FB": MealPlan.FB, "SC": MealPlan.SC, "Undefined": MealPlan.SC}
)
_SEGMENTS: Final[Mapping[str, MarketSegment | None]] = MappingProxyType(
    {
        "Direct": MarketSegment.DIRECT,
        "Corporate": MarketSegment.CORPORATE,
        "Online TA": MarketSegment.ONLINE_AGENT,
        "Offline TA/TO": MarketSegment.OFFLINE_AGENT,
        "Groups": MarketSegment.GROUPS,
        "Complementary": MarketSegment.COMPLEMENTARY,
        "Aviation": MarketSegment.AVIATION,
        "Undefined": None,
    }
)
_CHANNELS: Final[Mapping[str, DistributionChannel | None]] = MappingProxyType(
    {
        "Direct": DistributionChannel.DIRECT,
        "Corporate": DistributionChannel.CORPORATE,
        "TA/TO": DistributionChannel.AGENT,
        "GDS": DistributionChannel.GDS,
        "Undefined": None,
    }
)


class UnsoundRow(Exception):
    """A line that cannot be taken in; the text is the reason, without the line's values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking as the table tells it. status_on: day the last status was set, of a stay the day of check-out."""

    hotel: str
    status: ReservationStatus
    status_on: dt.date
    booked_on: dt.date
    arrival: dt.date
    departure: dt.date
    nights: int
    adults: int
    children: int | None
    babies: int | None
    meal: MealPlan | None
    country: str | None
    market_segment: MarketSegment | None
    distribution_channel: DistributionChannel | None
    reserved_room_type: str | None
    assigned_room_type: str | None
    rate: Money | None
    special_requests: int

    @property
    def stayed(self) -> bool:
        """Whether the guest came and left again."""
        return self.status is ReservationStatus.CHECKED_OUT


def booking(row: Mapping[str, str], *, currency: str) -> Booking:
    """The booking of a line. currency: of the column adr, ISO 4217. Raises `UnsoundRow`."""
    arrival = _arrival(row)
    nights = _count(row, "stays_in_weekend_nights") + _count(row, "stays_in_week_nights")
    status, status_on = _status(row, arrival)
    return Booking(
        hotel=_words(row, "hotel"),
        status=status,
        status_on=status_on,
        booked_on=_moved(arrival, -_count(row, "lead_time"), "lead_time"),
        arrival=arrival,
        departure=_moved(arrival, nights, "stays_in_week_nights"),
        nights=nights,
        adults=_count(row, "adults"),
        children=_count_or_none(row, "children"),
        babies=_count_or_none(row, "babies"),
        meal=None if row["meal"] in _MISSING else _one_of(row, "meal", _MEALS),
        country=_words_or_none(row, "country"),
        market_segment=_one_of(row, "market_segment", _SEGMENTS),
        distribution_channel=_one_of(row, "distribution_channel", _CHANNELS),
        reserved_room_type=_words_or_none(row, "reserved_room_type"),
        assigned_room_type=_words_or_none(row, "assigned_room_type"),
        rate=_rate(row, currency),
        special_requests=_count(row, "total_of_special_requests"),
    )


def _arrival(row: Mapping[str, str]) -> dt.date:
    month = _one_of(row, "arrival_date_month", _MONTHS)
    try:
        return dt.date(_count(row, "arrival_date_year"), month, _count(row, "arrival_date_day_of_month"))
    except ValueError:
        raise UnsoundRow("The columns arrival_date_year, _month and _day_of_month make no date.") from None


def _status(row: Mapping[str, str], arrival: dt.date) -> tuple[ReservationStatus, dt.date]:
    status = _one_of(row, "reservation_status", _STATUSES)
    cancelled = _one_of(row, "is_canceled", {"0": False, "1": True})
    if cancelled == (status is ReservationStatus.CHECKED_OUT):
        raise UnsoundRow("Columns is_canceled and reservation_status contradict each other.")
    status_on = _day(row, "reservation_status_date")
    if status is ReservationStatus.CHECKED_OUT and status_on < arrival:
        raise UnsoundRow("Column reservation_status_date has a check-out before the arrival.")
    return status, status_on


def _day(row: Mapping[str, str], column: str) -> dt.date:
    """A day as 7/1/2015 (month first) or as 2015-07-01: both are in circulation."""
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(row[column], form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise UnsoundRow(f"Column {column} holds no date.")


def _moved(day: dt.date, days: int, column: str) -> dt.date:
    try:
        return day + dt.timedelta(days=days)
    except OverflowError:
        raise UnsoundRow(f"Column {column} leads to a date that does not exist.") from None


def _one_of(row: Mapping[str, str], column: str, known: Mapping[str, T]) -> T:
    try:
        return known[row[column]]
    except KeyError:
        raise UnsoundRow(f"Column {column} holds a value this format does not have.") from None


def _count(row: Mapping[str, str], column: str) -> int:
    text = row[column].removesuffix(".0")  # tables that went through a spreadsheet have 2.0 for 2
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise UnsoundRow(f"Column {column} holds no whole number from 0 on.")
    return int(text)


def _count_or_none(row: Mapping[str, str], column: str) -> int | None:
    return None if row[column] in _MISSING else _count(row, column)


def _words(row: Mapping[str, str], column: str) -> str:
    text = _words_or_none(row, column)
    if text is None:
        raise UnsoundRow(f"Column {column} is empty.")
    return text


def _words_or_none(row: Mapping[str, str], column: str) -> str | None:
    text = row[column].strip()
    if len(text) > 100 or not text.isprintable():
        raise UnsoundRow(f"Column {column} holds more than 100 characters, or characters that cannot be shown.")
    return None if text in _MISSING else text


def _rate(row: Mapping[str, str], currency: str) -> Money | None:
    if row["adr"] in _MISSING:
        return None
    try:
        return Money.of(Decimal(row["adr"]), currency)
    except (ValueError, InvalidOperation):
        raise UnsoundRow(f"Column adr holds no amount of {currency}.") from None
