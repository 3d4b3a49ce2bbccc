"""Warning signs of customers: complaints, silence beyond their own rhythm, a shrinking share of their wallet, dearer service, returns.

Ids of customers come in, figures with thresholds come out, in a fixed number of statements for any number of customers. A sign
that cannot be told of a customer says why. What is kept is left to the job in `watching`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import case, func, literal, select

from patron_core.cases.models import Case, CaseKind, WarningKind
from patron_core.figures import Figure, Input
from patron_core.service_levels.models import CustomerService
from patron_core.touchpoints.models import Touchpoint
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["OF_MONEY", "THRESHOLDS", "Facts", "Sign", "facts_of", "severity_of", "signs_of", "silence"]

#: From where on a figure is a sign. Complaints: one in 90 days. Silence: twice the customer's own mean gap. Wallet: 30 % less of it
#: than in the quarter before. Cost: half as much again of what is sold. Returns: a fifth of what is sold. Chosen to be seen, not measured.
THRESHOLDS: Final[Mapping[WarningKind, Decimal]] = MappingProxyType(
    {
        WarningKind.COMPLAINTS: Decimal(1),
        WarningKind.SILENCE: Decimal(2),
        WarningKind.WALLET_SHARE: Decimal("0.3"),
        WarningKind.SERVICE_COST: Decimal("1.5"),
        WarningKind.RETURNS: Decimal("0.2"),
    }
)
#: Signs that follow from amounts of money.
OF_MONEY: Final = frozenset({WarningKind.WALLET_SHARE, WarningKind.SERVICE_COST, WarningKind.RETURNS})

_WINDOW: Final = dt.timedelta(days=90)
_LEAST_CONTACTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A figure of a customer and from where on it is a sign. severity: 0 at the threshold, 1 at twice it; None where it is none."""

    kind: WarningKind
    figure: Figure
    threshold: Decimal
    severity: Decimal | None


@dataclass(slots=True)
class Facts:
    """What is known of a customer. ledger: by currency, sales, refunds and costs of the last 90 days and of those before."""

    complaints: list[uuid.UUID] = field(default_factory=list)
    complaints_before: int = 0
    contacts: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    wallet: Money | None = None
    ledger: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * 6))


def signs_of(customer_ids: Sequence[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, tuple[Sign, ...]]:
    """Every sign of each of these customers, in five statements."""
    facts = facts_of(customer_ids, uow)
    return {id_: tuple(_sign(kind, facts[id_], uow.now) for kind in WarningKind) for id_ in customer_ids}


def severity_of(value: Decimal, threshold: Decimal) -> Decimal | None:
    """How far a value is beyond a threshold: 0 on it, 1 at twice it and beyond; None below it."""
    return None if value < threshold else min(Decimal(1), round((value - threshold) / threshold, 4))


def _sign(kind: WarningKind, facts: Facts, now: dt.datetime) -> Sign:
    figure, threshold = _FIGURES[kind](facts, now), THRESHOLDS[kind]
    severity = None if figure.value is None else severity_of(figure.value, threshold)
    return Sign(kind=kind, figure=figure, threshold=threshold, severity=severity)


# -- figures, pure


def _complaints(facts: Facts, now: dt.datetime) -> Figure:
    ids = tuple(f"{Case.id_prefix}_{id_}" for id_ in facts.complaints)
    return Figure.of(
        len(facts.complaints),
        unit="complaints",
        reason=f"{len(facts.complaints)} in the last 90 days, {facts.complaints_before} in the 90 days before.",
        sample_size=len(facts.complaints) + facts.complaints_before,
        method="Complaints that came in within 90 days; those before show the trend.",
        as_of=now,
        inputs=[
            Input(name="complaints", value=len(ids), description="The complaints.", ids=ids),
            Input(name="before", value=facts.complaints_before, description="Complaints of the 90 days before."),
        ],
    )


def silence(facts: Facts, now: dt.datetime) -> Figure:
    """How many of their own mean gaps a customer has been silent."""
    method = "Days since the last contact or purchase, over the mean days between them so far."
    if facts.contacts < _LEAST_CONTACTS or facts.first_at is None or facts.last_at is None:
        reason = f"A rhythm needs {_LEAST_CONTACTS} contacts or purchases, there are {facts.contacts}."
        return Figure.none(reason, unit="times", sample_size=facts.contacts, method=method, as_of=now)
    rhythm = Decimal((facts.last_at - facts.first_at).total_seconds()) / (facts.contacts - 1) / 86_400
    silent = Decimal((now - facts.last_at).total_seconds()) / 86_400
    if rhythm < 1:
        rhythm = Decimal(1)  # several on one day are one visit
    return Figure.of(
        round(silent / rhythm, 2),
        unit="times",
        reason=f"Silent for {silent:.0f} days, where {rhythm:.0f} days pass on average.",
        sample_size=facts.contacts,
        method=method,
        as_of=now,
        inputs=[
            Input(name="silentDays", value=round(silent, 1), description="Days since the last one."),
            Input(
                name="meanGapDays", value=round(rhythm, 1), description="Mean days between two.", rows=facts.contacts
            ),
        ],
    )


def _wallet_share(facts: Facts, now: dt.datetime) -> Figure:
    method = (
        "1 less the share of wallet of the last 90 days over that of the 90 days before; a share is what was sold, refunds "
        "taken away, over a quarter of the yearly estimate."
    )
    if facts.wallet is None:
        return Figure.none("Nobody estimated what the customer spends in all.", unit="share", method=method, as_of=now)
    sold = facts.ledger[facts.wallet.currency_code]
    before, last = sold[3] + sold[4], sold[0] + sold[1]
    if before <= 0:
        return Figure.none("Nothing was bought in the 90 days before the last.", unit="share", method=method, as_of=now)
    quarter = Decimal(facts.wallet.minor) / 4
    return Figure.of(
        round(1 - Decimal(last) / before, 4),
        unit="share",
        reason=f"The share went from {before / quarter:.0%} to {last / quarter:.0%}.",
        sample_size=2,
        method=method,
        as_of=now,
        inputs=[
            Input(name="shareBefore", value=round(before / quarter, 4), description="Of the 90 days before."),
            Input(name="shareNow", value=round(last / quarter, 4), description="Of the last 90 days."),
            Input(name="wallet", value=facts.wallet, description="What the customer spends in a year: an estimate."),
        ],
    )


def _service_cost(facts: Facts, now: dt.datetime) -> Figure:
    method = "Costs to serve per amount sold of the last 90 days over those of the 90 days before."
    currency = max(facts.ledger, key=lambda each: sum(map(abs, facts.ledger[each])), default=None)
    parts = [0] * 6 if currency is None else facts.ledger[currency]
    if min(parts[0], parts[2], parts[3], parts[5]) <= 0:
        reason = "There are not both sales and costs to serve in the last 90 days and in the 90 days before."
        return Figure.none(reason, unit="times", method=method, as_of=now)
    last, before = Decimal(parts[2]) / parts[0], Decimal(parts[5]) / parts[3]
    return Figure.of(
        round(last / before, 2),
        unit="times",
        reason=f"Serving them went from {before:.1%} to {last:.1%} of what is sold.",
        sample_size=2,
        method=method,
        as_of=now,
        inputs=[
            Input(name="before", value=round(before, 4), description="Costs over sales of the 90 days before."),
            Input(name="now", value=round(last, 4), description="Costs over sales of the last 90 days."),
        ],
    )


def _returns(facts: Facts, now: dt.datetime) -> Figure:
    method = "Refunds over sales of the last 90 days, in the currency with most of them."
    currency = max(facts.ledger, key=lambda each: facts.ledger[each][0], default=None)
    sold, refunded = (0, 0) if currency is None else facts.ledger[currency][:2]
    if sold <= 0:
        return Figure.none("Nothing was bought in the last 90 days.", unit="share", method=method, as_of=now)
    share = round(Decimal(-refunded) / sold, 4)
    return Figure.of(
        share, unit="share", reason=f"{share:.0%} was given back.", sample_size=1, method=method, as_of=now
    )


_FIGURES: Final = MappingProxyType(
    {
        WarningKind.COMPLAINTS: _complaints,
        WarningKind.SILENCE: silence,
        WarningKind.WALLET_SHARE: _wallet_share,
        WarningKind.SERVICE_COST: _service_cost,
        WarningKind.RETURNS: _returns,
    }
)


# -- facts, from the database


def facts_of(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, Facts]:
    """What is known of each of these customers, in five statements."""
    out: dict[uuid.UUID, Facts] = defaultdict(Facts)
    _add_complaints(out, ids, uow)
    for model in (Touchpoint, Transaction):
        _add_rhythm(out, model, ids, uow)
    _add_ledger(out, ids, uow)
    for service in uow.select(select(CustomerService).where(uow.among(CustomerService.customer_id, ids))):
        out[service.customer_id].wallet = service.wallet
    return out


def _add_complaints(out: dict[uuid.UUID, Facts], ids: Sequence[uuid.UUID], uow: UnitOfWork) -> None:
    statement = select(Case.customer_id, Case.id, Case.occurred_at).where(
        uow.among(Case.customer_id, ids), Case.kind == CaseKind.COMPLAINT, Case.occurred_at > uow.now - 2 * _WINDOW
    )
    rows: list[Any] = uow.rows(statement.order_by(Case.occurred_at.desc(), Case.id.desc()))
    for customer_id, id_, at in rows:
        facts = out[customer_id]
        if at > uow.now - _WINDOW:
            facts.complaints.append(id_)
        else:
            facts.complaints_before += 1


def _add_rhythm(
    out: dict[uuid.UUID, Facts], model: type[Touchpoint] | type[Transaction], ids: Sequence[uuid.UUID], uow: UnitOfWork
) -> None:
    wanted = [uow.among(model.customer_id, ids), model.occurred_at <= uow.now]
    if model is Transaction:
        wanted += [Transaction.kind == TransactionKind.SALE, Transaction.reverses_id.is_(None)]
    statement = select(model.customer_id, func.count(), func.min(model.occurred_at), func.max(model.occurred_at))
    rows: list[Any] = uow.rows(statement.where(*wanted).group_by(model.customer_id))
    for customer_id, count, first, last in rows:
        facts = out[customer_id]
        facts.contacts += count
        facts.first_at = first if facts.first_at is None else min(first, facts.first_at)
        facts.last_at = last if facts.last_at is None else max(last, facts.last_at)


def _add_ledger(out: dict[uuid.UUID, Facts], ids: Sequence[uuid.UUID], uow: UnitOfWork) -> None:
    kinds = (TransactionKind.SALE, TransactionKind.REFUND, TransactionKind.COST_TO_SERVE)
    half = case((Transaction.occurred_at > uow.now - _WINDOW, literal(0)), else_=literal(3))
    each = (
        select(
            Transaction.customer_id.label("customer"),
            Transaction.amount_currency.label("currency"),
            Transaction.kind.label("kind"),
            half.label("half"),
            Transaction.__table__.c.amount_minor.label("minor"),
        )
        .where(
            uow.among(Transaction.customer_id, ids),
            Transaction.occurred_at > uow.now - 2 * _WINDOW,
            Transaction.occurred_at <= uow.now,
            Transaction.kind.in_(kinds),
        )
        .subquery()
    )
    keys = (each.c.customer, each.c.currency, each.c.kind, each.c.half)
    rows: list[Any] = uow.rows(select(*keys, func.sum(each.c.minor)).group_by(*keys))
    for customer_id, currency, kind, start, minor in rows:
        out[customer_id].ledger[currency][start + kinds.index(kind)] = int(minor)
