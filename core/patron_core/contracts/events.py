"""What can have happened to contracts. Events carry ids, codes and days, never what was agreed."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.contracts.models import RenewalStatus
from patron_core.messages import Event

__all__ = ["ContractCancelled", "ContractCreated", "ContractEnded", "RenewalOpened", "RenewalStatusChanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCreated(Event):
    """There is a contract. `customer_id` is set."""

    type: ClassVar[str] = "contract.created"
    contract_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCancelled(Event):
    """Notice was given: the contract ends with its term. `customer_id` is set."""

    type: ClassVar[str] = "contract.cancelled"
    contract_id: uuid.UUID
    ends_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractEnded(Event):
    """A contract is over. `customer_id` is set."""

    type: ClassVar[str] = "contract.ended"
    contract_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalOpened(Event):
    """The time has come to talk about a further term. `customer_id` is set."""

    type: ClassVar[str] = "renewal.opened"
    contract_id: uuid.UUID
    renewal_id: uuid.UUID
    term_ends_on: dt.date
    notice_by: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalStatusChanged(Event):
    """A renewal is at risk, renewed or lost, or open again. `customer_id` is set."""

    type: ClassVar[str] = "renewal.status_changed"
    contract_id: uuid.UUID
    renewal_id: uuid.UUID
    status: RenewalStatus
