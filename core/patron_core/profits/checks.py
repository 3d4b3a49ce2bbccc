"""Whether the contributions that are kept are what the ledger says: added up anew, and compared, in three statements."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, func, select

from patron_core import validation
from patron_core.profits.days import first_of_month, midnight, next_month
from patron_core.profits.ledger import by_customer, read
from patron_core.profits.models import ProfitContribution
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["ProfitCheck", "check_month"]

_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class ProfitCheck:
    """A month in a currency. kept: by the contributions. booked: by the ledger. differing: up to 20 customers of whom they differ."""

    month: dt.date
    kept: Money
    booked: Money
    ledger_rows: int
    differing: tuple[uuid.UUID, ...]

    @property
    def holds(self) -> bool:
        """Whether both are the same, of each customer."""
        return self.kept == self.booked and not self.differing


def check_month(uow: UnitOfWork, day: dt.date, currency: str) -> ProfitCheck:
    """Compares the month of a day."""
    validation.currency(currency)
    month = first_of_month(day)
    start, end = midnight(month), midnight(next_month(month))
    (found,) = read(uow, start, end, currency=currency) or (None,)
    kept = ProfitContribution
    of_month = and_(kept.tenant_id == uow.tenant_id, kept.month == month, kept.revenue_currency == currency)
    ((there,),) = uow.rows(select(func.coalesce(func.sum(kept.contribution_minor), 0)).where(of_month))
    each = by_customer(uow, start, end)
    says = each.c.revenue - each.c.goods - each.c.serving
    here = select(kept.customer_id, kept.contribution_minor).where(of_month).subquery("here")
    booked = select(each.c.customer_id, says.label("says")).where(each.c.currency == currency).subquery("booked")
    whose = func.coalesce(booked.c.customer_id, here.c.customer_id)
    apart = (
        select(whose)
        .select_from(booked.join(here, booked.c.customer_id == here.c.customer_id, full=True))
        .where(booked.c.says.is_distinct_from(here.c.contribution_minor))
        .order_by(whose)
        .limit(_MOST)
    )
    return ProfitCheck(
        month,
        Money(int(there), currency),
        Money(0 if found is None else found.contribution, currency),
        0 if found is None else found.rows,
        tuple(row[0] for row in uow.rows(apart)),
    )
