"""The warning signs of one customer as they are now, each a figure with its threshold; the list of all is kept by a job."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core.access.grants import reads
from patron_core.access.kept_back import is_outside
from patron_core.cases.models import WarningKind
from patron_core.cases.warning_signs import OF_MONEY, Sign, signs_of
from patron_core.customers.models import Customer
from patron_core.health.permissions import HEALTH_READ
from patron_core.records import FINANCIAL
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver
from .figures import Figure, shown

__all__ = ["EXTENSIONS"]


@strawberry.type(description="A figure of a customer, and from where on it is a warning sign.")
class CustomerWarning:
    kind: WarningKind = strawberry.field(description="What is looked at.")
    figure: Figure = strawberry.field(description="What was found, with its evidence.")
    threshold: Decimal = strawberry.field(description="From where on it is a sign.")
    severity: Decimal | None = strawberry.field(
        description="0 at the threshold, 1 at twice the threshold and beyond; null where it is no sign."
    )


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]


@extends(Query)
class WarningQuery:
    @resolver(scope=HEALTH_READ)
    async def customer_warnings(self, info: strawberry.Info[Any, Any], customer_id: Whose) -> list[CustomerWarning]:
        """What points to a customer who may leave or costs more than before; worst first. Amounts need the right to see them."""
        wanted: uuid.UUID = decode_id(customer_id, Customer.id_prefix)
        found: tuple[Sign, ...] = await info.context.read(lambda uow: _signs(wanted, uow))
        money, outside = reads(info.context.actor.opened, FINANCIAL), is_outside(info.context.actor)
        return [
            CustomerWarning(kind=s.kind, figure=shown(s.figure), threshold=s.threshold, severity=s.severity)
            for s in sorted(found, key=lambda sign: -1 if sign.severity is None else sign.severity, reverse=True)
            if (money or s.kind not in OF_MONEY) and not (outside and s.kind is WarningKind.SERVICE_COST)
        ]


def _signs(customer_id: uuid.UUID, uow: UnitOfWork) -> tuple[Sign, ...]:
    uow.get(Customer, customer_id, path=("customerId",))
    return signs_of([customer_id], uow)[customer_id]


EXTENSIONS = (WarningQuery,)
