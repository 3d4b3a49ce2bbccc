"""What may be asked about value: build contributions anew, make a model of value and its scores anew. Both are runs of jobs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from patron_core import validation
from patron_core.errors import InvalidInput
from patron_core.messages import Command, argument
from patron_core.profits.models import ValueKind
from patron_core.validation import within

__all__ = ["BuildProfits", "MakeValueModel", "check_days"]

_MOST_DAYS: Final = 3_653  # ten years
_LEAST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildProfits(Command):
    """Has the contributions of some months built anew, as soon as a worker is free; also where costs were entered late."""

    starts_on: dt.date = argument("A day of the first month.")
    ends_on: dt.date = argument("The first day after the last month; at most ten years later.")

    def __post_init__(self) -> None:
        check_days(self.starts_on, self.ends_on, path="ends_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeValueModel(Command):
    """Has a model of value made anew, and all customers scored with it, as soon as a worker is free."""

    kind: ValueKind = argument("Which.")
    as_of: dt.date | None = argument("The last day whose purchases count; today when left out.", default=None)
    currency: str | None = argument("Of the purchases that count; that of most sales when left out.", default=None)
    horizon_days: int = argument("How far ahead CLV looks, 1 to 1,825 days.", default=365)
    least: int | None = argument(
        "How many consumers are needed, from 10 on; 20 for RFM and 100 for CLV when left out.", default=None
    )

    def __post_init__(self) -> None:
        if self.currency is not None:
            validation.currency(self.currency)
        within(self.horizon_days, most=1_825, path="horizon_days")
        if self.least is not None and self.least < _LEAST:
            raise InvalidInput(
                f"Too few consumers tell nothing. Fewer than {_LEAST} were asked for. Ask for more.", path=("least",)
            )


def check_days(start: dt.date, end: dt.date, *, path: str, most: int = _MOST_DAYS) -> None:
    """Refuses an end that is not after the start, and more than `most` days."""
    if not 0 < (end - start).days <= most:
        raise InvalidInput(
            f"The days are no stretch of time. It begins before it ends, and has at most {most} days. Correct one of them.",
            path=(path,),
        )
