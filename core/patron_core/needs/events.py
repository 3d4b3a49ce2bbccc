"""What can have happened to needs. Events carry ids, codes and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.needs.models import Horizon, MatchStatus

__all__ = ["NeedChanged", "NeedMatched", "NeedNoted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedNoted(Event):
    """A customer needs something. `customer_id` is set."""

    type: ClassVar[str] = "need.noted"
    need_id: uuid.UUID
    horizon: Horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedChanged(Event):
    """Some fields of a need changed. `customer_id` is set."""

    type: ClassVar[str] = "need.changed"
    need_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedMatched(Event):
    """A product was proposed for a need, or the customer said something to it. `customer_id` is set."""

    type: ClassVar[str] = "need.matched"
    need_id: uuid.UUID
    need_match_id: uuid.UUID
    status: MatchStatus
