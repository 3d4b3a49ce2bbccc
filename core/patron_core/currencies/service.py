"""What happens to rates: entered once for a pair of currencies and a day, corrected with a version."""

from __future__ import annotations

from typing import Final

from patron_core.currencies.commands import CorrectExchangeRate, EnterExchangeRate
from patron_core.currencies.events import ExchangeRateEntered
from patron_core.currencies.models import ExchangeRate
from patron_core.currencies.permissions import CURRENCY_WRITE
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version

__all__ = ["HANDLERS", "correct_exchange_rate", "enter_exchange_rate"]

_KEY: Final = ("base_currency", "quote_currency", "day")


def enter_exchange_rate(command: EnterExchangeRate, uow: UnitOfWork) -> ExchangeRate:
    """Enters a rate. CONFLICT where that day has another one already."""
    equals = {name: getattr(command, name) for name in _KEY}
    made = uow.add_many(ExchangeRate, [{**equals, "rate": command.rate, "source": command.source}], unless_exists=_KEY)
    rate = uow.get(ExchangeRate, made[0]) if made else uow.find(ExchangeRate, **equals)
    if rate is None or rate.rate != command.rate:
        raise Conflict(
            "That day has another rate already. A different one was given for the pair. Correct the one there is.",
            path=("rate",),
        )
    if made:
        _tell(rate, uow)
    return rate


def correct_exchange_rate(command: CorrectExchangeRate, uow: UnitOfWork) -> ExchangeRate:
    """Corrects a rate."""
    rate = uow.get(ExchangeRate, command.id, path=("id",))
    same_version(rate, version=command.version)
    rate.rate, rate.source = command.rate, command.source
    _tell(rate, uow)
    return rate


def _tell(rate: ExchangeRate, uow: UnitOfWork) -> None:
    uow.emit(
        ExchangeRateEntered(exchange_rate_id=rate.id, base=rate.base_currency, quote=rate.quote_currency, day=rate.day)
    )


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=EnterExchangeRate, handler=enter_exchange_rate, permission=CURRENCY_WRITE),
    CommandHandler(command=CorrectExchangeRate, handler=correct_exchange_rate, permission=CURRENCY_WRITE),
)
