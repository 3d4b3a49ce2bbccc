"""What may be asked about rates: enter one, correct one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.currencies.models import RATE_SCALE, ExchangeRate
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import key, one_line

__all__ = ["CorrectExchangeRate", "EnterExchangeRate", "ExchangeRateId"]

ExchangeRateId = Annotated[uuid.UUID, IdOf(ExchangeRate)]

_HIGHEST = Decimal(10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterExchangeRate(Command):
    """Enters a rate for a day; the same rate again changes nothing."""

    base_currency: str = argument("The currency one of which is told (ISO 4217).")
    quote_currency: str = argument("The currency it is told in (ISO 4217).")
    day: dt.date = argument("From which day on it counts.")
    rate: Decimal = argument("How much of the quote currency one of the base currency is; above 0, up to 9 decimals.")
    source: str = argument("Who published it, such as ECB.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        validation.currency(self.base_currency, path="base_currency")
        validation.currency(self.quote_currency, path="quote_currency")
        one_line(self, "source", maximum=80)
        key(self, "idempotency_key")
        _check_rate(self.rate)
        if self.base_currency == self.quote_currency:
            raise InvalidInput(
                "A currency has no rate to itself. The same one was given twice. Give two currencies.",
                path=("quote_currency",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectExchangeRate(Command):
    """Corrects a rate that was entered wrongly."""

    id: ExchangeRateId = argument("The rate.")
    version: int = argument("The version the change was made from.")
    rate: Decimal = argument("How much of the quote currency one of the base currency is; above 0, up to 9 decimals.")
    source: str = argument("Who published it, such as ECB.")

    def __post_init__(self) -> None:
        one_line(self, "source", maximum=80)
        _check_rate(self.rate)


def _check_rate(rate: Decimal) -> None:
    if not rate.is_finite() or not 0 < rate < _HIGHEST or rate != round(rate, RATE_SCALE):
        raise InvalidInput(
            f"The rate cannot be kept. It is not above zero, or has more than {RATE_SCALE} decimals. Correct or round it.",
            path=("rate",),
        )
