"""The decisions about a reservation that need no database: which status may follow which, and which nights it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from patron_core.errors import InvalidInput
from patron_hospitality.models import ReservationStatus

__all__ = ["NEXT_STATUSES", "check_transition", "nights_between"]

_S = ReservationStatus

#: Who is in the house is checked out and nothing else; what has ended stays ended.
NEXT_STATUSES: Final[Mapping[ReservationStatus, tuple[ReservationStatus, ...]]] = MappingProxyType(
    {
        _S.INQUIRED: (_S.CONFIRMED, _S.CANCELLED),
        _S.CONFIRMED: (_S.IN_HOUSE, _S.CANCELLED, _S.NO_SHOW),
        _S.IN_HOUSE: (_S.CHECKED_OUT,),
        _S.CHECKED_OUT: (),
        _S.CANCELLED: (),
        _S.NO_SHOW: (),
    }
)


def check_transition(current: ReservationStatus, *, to: ReservationStatus) -> None:
    """Refuses a step that the statuses do not allow (`InvalidInput`)."""
    if to not in NEXT_STATUSES[current]:
        allowed = " or ".join(status.name for status in NEXT_STATUSES[current])
        advice = f"From there it can become {allowed}." if allowed else "It has ended. Make a new one."
        raise InvalidInput(f"The reservation cannot become {to.name}. It is {current.name}. {advice}", path=("id",))


def nights_between(arrival: dt.date, departure: dt.date) -> tuple[dt.date, ...]:
    """The days on which the nights of [arrival, departure) begin; none for day use."""
    return tuple(arrival + dt.timedelta(days=number) for number in range((departure - arrival).days))
