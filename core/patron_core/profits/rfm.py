"""Recency, frequency, monetary: how recently, how often and for how much consumers bought, each in fifths of all of them.

After Hughes, Strategic Database Marketing (1994). Equal figures are in the same fifth, so that a cut-off is a figure: the fifth is the
share of consumers with a smaller one. All that decides is one statement; a run writes the scores of two thousand customers in a step.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Subquery, and_, func, literal_column, select, type_coerce, union_all
from sqlalchemy.engine import Row

from patron_core.columns import Day
from patron_core.customers.models import Customer, CustomerKind, EngagementMode
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on
from patron_core.profits.consumers import NOT_A_CONSUMER, is_consumer, main_currency, purchases, save_model, save_scores
from patron_core.profits.days import midnight
from patron_core.profits.models import RfmScore, ValueKind
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.values import Money

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["LEAST_CONSUMERS", "METHOD", "score_rfm"]

#: Consumers who bought, below which there are no fifths: four in each. A choice of ours; arguments of a run may ask for more.
LEAST_CONSUMERS: Final = 20
METHOD: Final = "Recency, frequency, monetary value in fifths of all consumers who bought (Hughes, Strategic Database Marketing, 1994)."
_AT_ONCE: Final = 2_000
_APPLIES: Final = "Compared with all consumers who bought."
_PARTS: Final = ("recency", "frequency", "monetary")


def score_rfm(step: Step, uow: UnitOfWork) -> Progress | None:
    """Scores all customers. arguments: `asOf` (a day, today by default), `currency` (that of most sales), `least` (20)."""
    state = dict(step.state) or _begin(step.arguments, uow)
    as_of, after = dt.date.fromisoformat(state["asOf"]), uuid.UUID(state["after"])
    scored = _scored(uow, as_of, state["currency"])
    statement = (
        select(Customer.id, Customer.kind, Customer.engagement_mode, *(c for c in scored.c if c.name != "customer_id"))
        .outerjoin(scored, scored.c.customer_id == Customer.id)
        .where(Customer.tenant_id == uow.tenant_id, Customer.id > after)
        .order_by(Customer.id)
        .limit(_AT_ONCE)
    )
    rows = uow.rows(statement)
    if rows:
        _keep(rows, state, uow)
    return go_on(step, [row.id for row in rows], most=_AT_ONCE, state=state)


def _begin(arguments: Mapping[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    as_of = dt.date.fromisoformat(arguments["asOf"]) if "asOf" in arguments else uow.now.date()
    currency = arguments.get("currency") or main_currency(uow)
    least = int(arguments.get("least") or LEAST_CONSUMERS)
    count, cut_offs = _cut_offs(uow, as_of, currency)
    enough = count >= least
    model = save_model(
        uow,
        ValueKind.RFM,
        applicable=enough,
        reason=f"{count} consumers bought in {currency}, "
        + ("enough" if enough else "too few")
        + f": {least} are needed.",
        method=METHOD,
        sample_size=count,
        currency=currency,
        as_of=as_of,
        parameters=cut_offs if enough else {},
    )
    return {
        "asOf": as_of.isoformat(),
        "currency": currency,
        "model": str(model.id),
        "after": str(uuid.UUID(int=0)),
        "none": "" if enough else model.reason,
    }


def _scored(uow: UnitOfWork, as_of: dt.date, currency: str) -> Subquery:
    """Each consumer who bought, with the three figures and their fifths."""
    bought = purchases(uow, as_of, currency)
    often = (
        select(bought.c.customer_id, func.max(bought.c.day, type_=Day()).label("last"), func.count().label("purchases"))
        .group_by(bought.c.customer_id)
        .subquery("often")
    )
    spent = _spent(uow, as_of, currency)
    figures = (
        select(often.c.customer_id, often.c.last, often.c.purchases, spent.c.spent)
        .join(spent, spent.c.customer_id == often.c.customer_id)
        .join(Customer, and_(Customer.tenant_id == uow.tenant_id, Customer.id == often.c.customer_id))
        .where(is_consumer())
        .subquery("figure")
    )
    fifth = {
        name: (1 + 5 * (func.rank().over(order_by=figures.c[by]) - 1) // func.count().over()).label(name)
        for name, by in zip(_PARTS, ("last", "purchases", "spent"), strict=True)
    }
    return select(figures, *fifth.values()).subquery("scored")


def _spent(uow: UnitOfWork, as_of: dt.date, currency: str) -> Subquery:
    """What each customer spent until a day, refunds and what was taken back off."""
    row = Transaction
    return (
        select(row.customer_id, type_coerce(func.sum(row.amount_minor), BigInteger()).label("spent"))
        .where(
            row.tenant_id == uow.tenant_id,
            row.kind.in_((TransactionKind.SALE, TransactionKind.REFUND)),
            row.amount_currency == currency,
            row.customer_id.is_not(None),
            row.occurred_at < midnight(as_of + dt.timedelta(days=1)),
        )
        .group_by(row.customer_id)
        .subquery("spent")
    )


def _cut_offs(uow: UnitOfWork, as_of: dt.date, currency: str) -> tuple[int, dict[str, Decimal]]:
    """How many consumers bought, and from which figure on each fifth begins; for recency, up to how many days ago."""
    scored = _scored(uow, as_of, currency)
    parts = [
        select(
            literal_column(f"'{name}'").label("part"),
            scored.c[name].label("fifth"),
            func.count().label("many"),
            func.min(scored.c["last"], type_=Day()).label("last"),
            func.min(scored.c.purchases).label("purchases"),
            func.min(scored.c.spent).label("spent"),
        ).group_by(scored.c[name])
        for name in _PARTS
    ]
    found = uow.rows(select(union_all(*parts).subquery("cut")))
    count, values = 0, dict[str, Decimal]()
    for row in found:
        part, fifth = str(row.part), int(row.fifth)
        if part == "recency":
            count += int(row.many)
            values[f"recency_{fifth}"] = Decimal((as_of - row.last).days)
        elif part == "frequency":
            values[f"frequency_{fifth}"] = Decimal(int(row.purchases))
        else:
            values[f"monetary_{fifth}"] = Money(int(row.spent), currency).amount
    return count, values


def _keep(rows: list[Row[Any]], state: Mapping[str, Any], uow: UnitOfWork) -> None:
    save_scores(uow, RfmScore, {row.id: _values(row, state) for row in rows}, after=uuid.UUID(state["after"]))


def _values(row: Row[Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """What is written of a customer; one of whom the fifths say nothing has none, and why."""
    none = ""
    if row.kind is not CustomerKind.B2C or row.engagement_mode is EngagementMode.RELATIONSHIP:
        none = NOT_A_CONSUMER
    elif row.purchases is None:
        none = f"Nothing was bought in {state['currency']}."
    elif state["none"]:
        none = state["none"]
    fifths = {name: None if none else int(getattr(row, name)) for name in _PARTS}
    return {
        "model_id": uuid.UUID(state["model"]),
        "applicable": not none,
        "reason": none or _APPLIES,
        "value": None if none else int("".join(str(fifths[name]) for name in _PARTS)),
        **fifths,
        "last_purchase_on": row.last,
        "purchases": int(row.purchases or 0),
        "spent": None if row.spent is None else Money(int(row.spent), state["currency"]),
    }
