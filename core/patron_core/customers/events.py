"""What can have happened to customers. Events carry ids and names of fields, never what the fields hold."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.customers.models import LifecycleStage
from patron_core.messages import Event
from patron_core.records import INTERNAL, Classification

__all__ = [
    "CustomerChanged",
    "CustomerCreated",
    "CustomerDeleted",
    "CustomerRestored",
    "CustomersTakenIn",
    "LifecycleStageChanged",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCreated(Event):
    """A party became a customer. `customer_id` is set."""

    type: ClassVar[str] = "customer.created"
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Event):
    """A customer is new or some of its fields changed. `customer_id` is set.

    created: whether it is new. fields: names of those that changed, never what they hold.
    """

    type: ClassVar[str] = "customer.changed"
    classes: ClassVar[Mapping[str, Classification]] = {"fields": INTERNAL}
    created: bool = False
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDeleted(Event):
    """A customer was taken out of lists. `customer_id` is set."""

    type: ClassVar[str] = "customer.deleted"
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRestored(Event):
    """A customer came back into lists. `customer_id` is set."""

    type: ClassVar[str] = "customer.restored"
    party_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleStageChanged(Event):
    """The business with a customer went from one stage to another. `customer_id` is set."""

    type: ClassVar[str] = "customer.lifecycle_stage_changed"
    from_stage: LifecycleStage
    to_stage: LifecycleStage


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersTakenIn(Event):
    """Many parties became customers at once, in an import; there is no event for each of them.

    customer_ids: the new customers.
    """

    type: ClassVar[str] = "customers.taken_in"
    customer_ids: tuple[uuid.UUID, ...]
