"""Contracts as the API shows them, with what is subscribed to in them and how their renewal goes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from patron_core.contracts import models
from patron_core.values import Money

from ..declare import Connection, Query, extends, planned, related, root, total
from ..nodes import Node
from .customers import Customer

__all__ = ["EXTENSIONS", "TYPES", "Contract", "ContractSubscription", "Renewal"]


@planned(models.Contract)
class Contract(Node):
    """An agreement with a customer for a time."""

    customer: Customer
    number: str
    name: str
    status: models.ContractStatus
    term_from: dt.date
    term_to: dt.date
    notice_days: int
    auto_renew: bool
    monthly_amount: Money | None
    owner: str | None
    signed_on: dt.date | None
    cancelled_on: dt.date | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    subscriptions: Connection[ContractSubscription] = related(
        models.Subscription.contract, description="What is subscribed to in it."
    )
    renewals: Connection[Renewal] = related(models.Renewal.contract, description="How each of its terms was renewed.")
    subscription_count: int = total(via=models.Subscription.contract, description="How many subscriptions it has had.")


@planned(models.Subscription)
class ContractSubscription(Node):
    """Something a customer has subscribed to within a contract."""

    contract: Contract
    product: str
    quantity: Decimal
    monthly_amount: Money
    begins_on: dt.date
    ends_on: dt.date | None
    version: int


@planned(models.Renewal)
class Renewal(Node):
    """Whether a contract goes on after its term, and what came of it."""

    contract: Contract
    status: models.RenewalStatus
    opened_on: dt.date
    term_ends_on: dt.date
    notice_by: dt.date
    expected_amount: Money | None
    agreed_amount: Money | None
    reason: str | None
    decided_at: dt.datetime | None
    version: int


@extends(Customer)
class CustomerContracts:
    contracts: Connection[Contract] = related(models.Contract.customer, description="Agreements with the customer.")


@extends(Query)
class ContractQuery:
    contract: Contract | None = root(description="A contract by its id.")
    contracts: Connection[Contract] = root(description="Agreements with customers.")
    contract_subscriptions: Connection[ContractSubscription] = root(description="What customers have subscribed to.")
    renewals: Connection[Renewal] = root(description="The renewals of contracts: who goes on, who is at risk.")


TYPES = (Contract, ContractSubscription, Renewal)
EXTENSIONS = (CustomerContracts, ContractQuery)
