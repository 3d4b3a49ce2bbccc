"""What may be asked about health: weigh a factor of the core. Its form is checked here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from patron_core.health.models import CoreFactor
from patron_core.messages import Command, argument
from patron_core.validation import within

__all__ = ["WeighHealthFactor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighHealthFactor(Command):
    """Says what a factor of the core weighs in this tenant."""

    factor: CoreFactor = argument("Which factor.")
    weight: Decimal = argument("Relative to the others, 0 to 100; 0 leaves it out.")

    def __post_init__(self) -> None:
        within(self.weight, least=0, most=Decimal(100), decimals=2, path="weight")
