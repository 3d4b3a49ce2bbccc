"""What can have happened to customers. Events carry ids and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.customers.models import LifecycleStage
from patron_core.messages import Event

__all__ = ["CustomerChanged", "CustomerCreated", "CustomersTakenIn", "LifecycleStageChanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCreated(Event):
    """A party became a customer. `customer_id` is set."""

    type: ClassVar[str] = "customer.created"
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Event):
    """A customer is new (`created`) or some of its fields changed. `customer_id` is set."""

    type: ClassVar[str] = "customer.changed"
    created: bool = False
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleStageChanged(Event):
    """The business with a customer went from one stage to another. `customer_id` is set."""

    type: ClassVar[str] = "customer.lifecycle_stage_changed"
    from_stage: LifecycleStage
    to_stage: LifecycleStage


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersTakenIn(Event):
    """Many parties became customers at once, in an import; there is no event for each of them."""

    type: ClassVar[str] = "customers.taken_in"
    customer_ids: tuple[uuid.UUID, ...]
