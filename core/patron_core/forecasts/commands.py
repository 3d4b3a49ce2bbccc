"""What may be asked about forecasts: keep one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from patron_core import validation
from patron_core.messages import Command, argument
from patron_core.validation import in_order, key, one_line

__all__ = ["KeepForecast"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepForecast(Command):
    """Keeps a forecast as it is now, to be compared with what comes."""

    period_from: dt.date = argument("First day foreseen.")
    period_to: dt.date = argument("First day after.")
    currency_code: str = argument("The currency it is told in (ISO 4217).")
    owner: str | None = argument("Whose deals and customers; all when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        validation.currency(self.currency_code, path="currency_code")
        one_line(self, "owner")
        key(self, "idempotency_key")
        in_order(self.period_from, self.period_to, path="period_to")
