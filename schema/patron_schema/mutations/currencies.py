"""Enter rates between currencies."""

from __future__ import annotations

import strawberry

from patron_core.currencies import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.currencies import ExchangeRate

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ExchangeRatePayload:
    """What a mutation of a rate gives."""

    exchange_rate: ExchangeRate | None = strawberry.field(description="The rate, as it is now.")


@extends(Mutation)
class CurrencyMutation:
    exchange_rate_enter: ExchangeRatePayload = mutation(
        commands.EnterExchangeRate, description="Enters a rate between two currencies for a day."
    )
    exchange_rate_correct: ExchangeRatePayload = mutation(
        commands.CorrectExchangeRate, description="Corrects a rate that was entered wrongly."
    )


TYPES = (ExchangeRatePayload,)
EXTENSIONS = (CurrencyMutation,)
