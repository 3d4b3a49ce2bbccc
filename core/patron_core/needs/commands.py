"""What may be asked about needs: note and change them, match them with products, keep what the customer says.

Commands check their own form; divisions, persons and products are the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.customers.commands import CustomerId
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.needs.models import Horizon, Need, NeedMatch, NeedStatus
from patron_core.parties.commands import PartyId
from patron_core.validation import key, not_null, one_line, within
from patron_core.values import UNSET, Unset

__all__ = ["CreateNeed", "DecideNeedMatch", "MatchNeed", "NeedId", "NeedMatchId", "UpdateNeed"]

NeedId = Annotated[uuid.UUID, IdOf(Need)]
NeedMatchId = Annotated[uuid.UUID, IdOf(NeedMatch)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNeed(Command):
    """Notes something that a customer, a division or a person of it needs."""

    customer_id: CustomerId = argument("Who needs it.")
    division_id: PartyId | None = argument("In which part of its organization; null for the whole.", default=None)
    person_id: PartyId | None = argument("Whose need it is, where it is somebody's.", default=None)
    name: str = argument("What is needed, in one line.")
    horizon: Horizon = argument("Soon or later.")
    category: str | None = argument("The category of products that would meet it.", default=None)
    keywords: str | None = argument(
        "Words that a product which meets it has in its name, separated by spaces.", default=None
    )
    priority: int = argument("1 is the most urgent, 5 the least.", default=3)
    needed_by: dt.date | None = argument("By which day.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", "keywords")
        one_line(self, "category", maximum=100)
        key(self, "idempotency_key")
        within(self.priority, most=5, path="priority")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNeed(Command):
    """Changes a need: fields that are left out stay as they are, null empties them."""

    id: NeedId = argument("The need.")
    version: int = argument("The version the change was made from.")
    division_id: PartyId | Unset | None = argument("In which part of the organization.", default=UNSET)
    name: str | Unset = argument("What is needed, in one line.", default=UNSET)
    horizon: Horizon | Unset = argument("Soon or later.", default=UNSET)
    category: str | Unset | None = argument("The category of products that would meet it.", default=UNSET)
    keywords: str | Unset | None = argument("Words that a product which meets it has in its name.", default=UNSET)
    priority: int | Unset = argument("1 is the most urgent, 5 the least.", default=UNSET)
    needed_by: dt.date | Unset | None = argument("By which day.", default=UNSET)
    status: NeedStatus | Unset = argument("What became of it.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "horizon", "priority", "status")
        one_line(self, "name", "keywords")
        one_line(self, "category", maximum=100)
        within(self.priority, most=5, path="priority")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchNeed(Command):
    """Proposes a product of the catalogue for a need."""

    need_id: NeedId = argument("Which need.")
    sku: str = argument("The product's stock-keeping unit.")
    reason: str | None = argument("Why it fits; by category and words when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "sku", maximum=100)
        one_line(self, "reason", maximum=500)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideNeedMatch(Command):
    """Keeps what the customer says to a product for a need; it may be decided anew."""

    id: NeedMatchId = argument("The match.")
    version: int = argument("The version the change was made from.")
    accepted: bool = argument("Whether it suits.")
