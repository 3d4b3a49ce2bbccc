"""Customer lifetime value of consumers: BG/NBD for how often they will buy, gamma-gamma for how much, fitted on the tenant's purchases.

SQL adds purchases up to days and counts customers with the same history, so that the fit takes the time of the different ones. Time
goes in weeks, as in the paper. Purchases of one day are one. The value is revenue, not discounted: expected purchases times amount.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Subquery, and_, case, func, select, type_coerce
from sqlalchemy.engine import Row

from patron_core.columns import Day
from patron_core.customers.models import Customer, CustomerKind, EngagementMode
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on
from patron_core.profits.consumers import NOT_A_CONSUMER, is_consumer, main_currency, purchases, save_model, save_scores
from patron_core.profits.models import ClvScore, ValueKind
from patron_core.value import spend
from patron_core.value.purchases import History, PurchaseModel, fit_counted
from patron_core.value.spend import Spending, SpendModel, correlation
from patron_core.values import Money, currency_exponent

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["LEAST_CONSUMERS", "LEAST_REPEATERS", "METHOD", "MOST_CORRELATION", "score_clv"]

#: Consumers, and those of them who bought again, below which nothing is fitted. A choice of ours; a run may ask for more.
LEAST_CONSUMERS: Final = 100
LEAST_REPEATERS: Final = 30
#: Up to where how often and how much count as independent, which gamma-gamma takes for granted. A choice of ours.
MOST_CORRELATION: Final = 0.3
METHOD: Final = (
    "BG/NBD (Fader, Hardie and Lee, Marketing Science 24(2), 2005) for purchases, gamma-gamma (Fader and Hardie, 2013) for amounts; "
    "revenue, not discounted."
)
_AT_ONCE: Final = 2_000
_MOST_HISTORIES: Final = 20_000
_HORIZON_DAYS: Final = 365
_PLACES: Final = Decimal("0.0001")
_APPLIES: Final = "Expected from the customer's own purchases and those of all consumers."


@dataclass(frozen=True, slots=True)
class _Fit:
    """What was fitted, or why nothing was."""

    purchases: PurchaseModel | None
    spend: SpendModel | None
    reason: str
    sample_size: int
    correlation: float = 0.0

    @property
    def parameters(self) -> dict[str, Decimal]:
        """By the names of the papers."""
        found: dict[str, float] = {}
        if self.purchases is not None:
            model = self.purchases
            found |= {
                "r": model.r,
                "alpha": model.alpha,
                "a": model.a,
                "b": model.b,
                "log_likelihood": model.log_likelihood,
            }
        if self.spend is not None:
            found |= {"p": self.spend.p, "q": self.spend.q, "gamma": self.spend.gamma, "correlation": self.correlation}
        return {name: Decimal(repr(value)) for name, value in found.items()}


def score_clv(step: Step, uow: UnitOfWork) -> Progress | None:
    """Fits the models, then scores all customers.

    arguments: `asOf` (a day, today by default), `currency` (that of most sales), `horizonDays` (365), `least` (100).
    """
    state = dict(step.state) or _begin(step.arguments, uow)
    after = uuid.UUID(state["after"])
    people = select(Customer.id, Customer.kind, Customer.engagement_mode).where(Customer.tenant_id == uow.tenant_id)
    rows = uow.rows(people.where(Customer.id > after).order_by(Customer.id).limit(_AT_ONCE))
    if rows:
        _keep(rows, after, state, uow)
    return go_on(step, [row.id for row in rows], most=_AT_ONCE, state=state)


def _begin(arguments: Mapping[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    as_of = dt.date.fromisoformat(arguments["asOf"]) if "asOf" in arguments else uow.now.date()
    currency = arguments.get("currency") or main_currency(uow)
    horizon = int(arguments.get("horizonDays") or _HORIZON_DAYS)
    fit = _fit(uow, as_of, currency, least=int(arguments.get("least") or LEAST_CONSUMERS))
    applicable = fit.purchases is not None and fit.spend is not None
    model = save_model(
        uow,
        ValueKind.CLV,
        applicable=applicable,
        reason=fit.reason,
        method=METHOD,
        sample_size=fit.sample_size,
        currency=currency,
        as_of=as_of,
        horizon_days=horizon,
        parameters=fit.parameters,
    )
    numbers = {name: float(value) for name, value in fit.parameters.items()} if applicable else {}
    return {
        "asOf": as_of.isoformat(), "currency": currency, "horizon": horizon, "model": str(model.id), "numbers": numbers,
        "after": str(uuid.UUID(int=0)), "none": "" if applicable else fit.reason,
    }  # fmt: skip


# -- fitting


def _fit(uow: UnitOfWork, as_of: dt.date, currency: str, *, least: int) -> _Fit:
    counted = _histories(uow, as_of, currency)
    customers = sum(counted.values())
    repeaters = sum(count for history, count in counted.items() if history.repeats)
    if customers < least or repeaters < LEAST_REPEATERS:
        few = f"{customers} consumers bought in {currency}, {repeaters} of them again: {least} and {LEAST_REPEATERS} are needed."
        return _Fit(None, None, few, customers)
    bought = fit_counted(counted)
    spent = _spendings(uow, as_of, currency)
    related = correlation(list(spent.elements()))
    if len(spent) < LEAST_REPEATERS:
        return _Fit(
            bought, None, f"Only {len(spent)} consumers spent something again: amounts cannot be told.", customers
        )
    amounts = spend.fit_counted(spent)
    if abs(related) > MOST_CORRELATION or math.isinf(amounts.average):
        apart = f"How often and how much go together (correlation {related:.2f}), or amounts differ too much: no amount can be expected."
        return _Fit(bought, None, apart, customers)
    fine = f"{customers} consumers bought in {currency}, {repeaters} of them again."
    return _Fit(bought, amounts, fine, customers, related)


def _histories(uow: UnitOfWork, as_of: dt.date, currency: str) -> Mapping[History, int]:
    """Different histories with how many consumers have each, at most twenty thousand of them."""
    each = _each(uow, as_of, currency)
    statement = (
        select(each.c.days, each.c.first, each.c.last, func.count().label("many"))
        .join(Customer, and_(Customer.tenant_id == uow.tenant_id, Customer.id == each.c.customer_id))
        .where(is_consumer())
        .group_by(each.c.days, each.c.first, each.c.last)
    )
    rows = uow.rows(statement)
    for unit in (
        1,
        7,
        28,
    ):  # days that count as one, so that a million customers are fitted in the time of some thousand
        found: Counter[History] = Counter()
        for row in rows:
            found[_history(row, as_of, unit=unit)] += int(row.many)
        if len(found) <= _MOST_HISTORIES:
            break
    return found


def _spendings(uow: UnitOfWork, as_of: dt.date, currency: str) -> Counter[Spending]:
    """What consumers spent on their repeat purchases, with how many are alike; amounts within a hundredth where there are many."""
    each = _each(uow, as_of, currency)
    statement = (
        select((each.c.days - 1).label("repeats"), each.c.again, func.count().label("many"))
        .join(Customer, and_(Customer.tenant_id == uow.tenant_id, Customer.id == each.c.customer_id))
        .where(is_consumer(), each.c.days > 1, each.c.again > 0)
        .group_by(each.c.days, each.c.again)
    )
    unit = 10 ** currency_exponent(currency)
    rows = [(int(row.repeats), int(row.again) / unit / int(row.repeats), int(row.many)) for row in uow.rows(statement)]
    found: Counter[Spending] = Counter()
    for repeats, average, many in rows:
        near = math.exp(round(math.log(average) * 100) / 100) if len(rows) > _MOST_HISTORIES else average
        found[Spending(repeats, near)] += many
    return found


def _each(
    uow: UnitOfWork, as_of: dt.date, currency: str, *, after: uuid.UUID | None = None, to: uuid.UUID | None = None
) -> Subquery:
    """Each customer's days with a purchase: how many, the first, the last, and what was spent on those after the first."""
    bought = purchases(uow, as_of, currency)
    daily = select(bought.c.customer_id, bought.c.day, func.sum(bought.c.amount).label("amount"))
    if after is not None and to is not None:
        daily = daily.where(bought.c.customer_id > after, bought.c.customer_id <= to)
    days = daily.group_by(bought.c.customer_id, bought.c.day).subquery("daily")
    first = func.min(days.c.day, type_=Day()).over(partition_by=days.c.customer_id).label("first")
    marked = select(days, first).subquery("marked")
    again = func.sum(case((marked.c.day > marked.c.first, marked.c.amount), else_=0))
    return (
        select(
            marked.c.customer_id,
            func.count().label("days"),
            func.min(marked.c.first, type_=Day()).label("first"),
            func.max(marked.c.day, type_=Day()).label("last"),
            type_coerce(again, BigInteger()).label("again"),
        )
        .group_by(marked.c.customer_id)
        .subquery("each")
    )


def _history(row: Row[Any], as_of: dt.date, *, unit: int = 1) -> History:
    """Days with a purchase as repeats, recency and age in weeks. unit: days that count as one."""

    def weeks(days: int) -> float:
        return max(days if unit == 1 else round(days / unit) * unit, 0) / 7

    repeats, age = int(row.days) - 1, (as_of - row.first).days
    recency = max((row.last - row.first).days, unit) if repeats else 0
    return History(repeats, weeks(recency), weeks(max(age, recency)))


# -- scoring


def _keep(rows: Iterable[Row[Any]], after: uuid.UUID, state: Mapping[str, Any], uow: UnitOfWork) -> None:
    people = list(rows)
    as_of, currency, last = dt.date.fromisoformat(state["asOf"]), state["currency"], people[-1].id
    each = _each(uow, as_of, currency, after=after, to=last)
    known = {row.customer_id: row for row in uow.rows(select(each))}
    values = {person.id: _values(person, known.get(person.id), state, as_of) for person in people}
    save_scores(uow, ClvScore, values, after=after)


def _values(person: Row[Any], bought: Row[Any] | None, state: Mapping[str, Any], as_of: dt.date) -> dict[str, Any]:
    none = ""
    if person.kind is not CustomerKind.B2C or person.engagement_mode is EngagementMode.RELATIONSHIP:
        none = NOT_A_CONSUMER
    elif bought is None:
        none = f"Nothing was bought in {state['currency']}."
    elif state["none"]:
        none = state["none"]
    values: dict[str, Any] = {
        "model_id": uuid.UUID(state["model"]),
        "applicable": not none,
        "reason": none or _APPLIES,
        "purchases": 0 if bought is None else int(bought.days),
    }
    if none or bought is None:
        return values | dict.fromkeys(("value", "expected_purchases", "alive", "expected_spend"))
    return values | _expected(bought, state, as_of)


def _expected(bought: Row[Any], state: Mapping[str, Any], as_of: dt.date) -> dict[str, Any]:
    numbers, currency = state["numbers"], state["currency"]
    buying = PurchaseModel(*(numbers[name] for name in ("r", "alpha", "a", "b")))
    spending = SpendModel(*(numbers[name] for name in ("p", "q", "gamma")))
    history = _history(bought, as_of)
    expected = buying.expected(history, during=state["horizon"] / 7)
    unit = 10 ** currency_exponent(currency)
    repeats, again = history.repeats, int(bought.again)
    average = again / unit / repeats if repeats and again > 0 else 0.0
    amount = spending.expected(Spending(repeats, average)) if average else spending.average
    return {
        "value": Money(round(expected * amount * unit), currency),
        "expected_purchases": Decimal(expected).quantize(_PLACES),
        "alive": Decimal(buying.alive(history)).quantize(_PLACES),
        "expected_spend": Money(round(amount * unit), currency),
    }
