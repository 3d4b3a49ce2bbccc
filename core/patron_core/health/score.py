"""The health of customers: the core's own factors, weighed as the tenant wishes, beside those of plugins.

Ids come in, factors come out in a fixed number of statements for any number of customers. Customers whom purchases alone carry
(mode TRANSACTION) have no health score: it would judge a relationship that nobody has.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import case, func, select

from patron_core.access.grants import READABLE
from patron_core.cases.clock import OPEN_STATES
from patron_core.cases.models import Case, CaseKind
from patron_core.cases.warning_signs import Facts, facts_of, silence
from patron_core.contracts.models import Contract, ContractStatus, Renewal, RenewalStatus
from patron_core.customers import advice
from patron_core.customers.models import Customer, EngagementMode
from patron_core.feedback.models import Feedback, FeedbackKind
from patron_core.health.models import CoreFactor, HealthWeight
from patron_core.hookspecs import Factor, ScoreFactor
from patron_core.records import FINANCIAL, INTERNAL, Classification
from patron_core.unit_of_work import UnitOfWork

__all__ = ["WEIGHTS", "health_among", "health_of", "own_factors", "weights"]

#: What each factor weighs where the tenant says nothing: chosen, with the renewal and complaints first.
WEIGHTS: Final[Mapping[CoreFactor, Decimal]] = MappingProxyType(
    {
        CoreFactor.CONTACT: Decimal(2),
        CoreFactor.COMPLAINTS: Decimal(3),
        CoreFactor.RENEWAL: Decimal(3),
        CoreFactor.FEEDBACK: Decimal(2),
        CoreFactor.TREND: Decimal(2),
    }
)
_CLASS: Final[Mapping[CoreFactor, Classification]] = MappingProxyType(
    {**dict.fromkeys(CoreFactor, INTERNAL), CoreFactor.TREND: FINANCIAL}
)
_NOT_OF_PURCHASES: Final = "Purchases alone carry the business with this customer; a health score judges relationships."

Weighed = tuple[ScoreFactor, Factor]


@dataclass(slots=True)
class _More:
    complaints: int = 0
    renewals: list[RenewalStatus] = field(default_factory=list)
    contracts: int = 0
    answers: int = 0
    satisfaction: Decimal = Decimal(0)


def health_of(customer_id: uuid.UUID, uow: UnitOfWork) -> advice.Health:
    """The health of a customer. NOT_FOUND where there is none."""
    customer = uow.get(Customer, customer_id, path=("customerId",))
    return health_among([customer], uow)[customer.id]


def health_among(
    customers: Sequence[Customer], uow: UnitOfWork, *, classes: Collection[Classification] = READABLE
) -> dict[uuid.UUID, advice.Health]:
    """The health of each of these customers. classes: of factors that count."""
    own = own_factors([customer.id for customer in customers], uow)
    return {
        customer.id: _in_mode(customer, advice.health_of(customer.id, uow, own=own[customer.id], classes=classes))
        for customer in customers
    }


def own_factors(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, list[Weighed]]:
    """The core's factors of each of these customers, in nine statements."""
    weighs = weights(uow)
    facts, more = facts_of(ids, uow), _more(ids, uow)
    out: dict[uuid.UUID, list[Weighed]] = {}
    for id_ in ids:
        answers = {each: _ANSWERS[each](facts[id_], more[id_], uow.now) for each in CoreFactor if weighs[each] > 0}
        out[id_] = [(_declared(each, weighs[each], answer), answer) for each, answer in answers.items()]
    return out


def weights(uow: UnitOfWork) -> dict[CoreFactor, Decimal]:
    """What each factor weighs in this tenant."""
    return {**WEIGHTS, **{each.factor: each.weight for each in uow.select(select(HealthWeight))}}


def _in_mode(customer: Customer, health: advice.Health) -> advice.Health:
    if customer.engagement_mode is not EngagementMode.TRANSACTION:
        return health
    factors = tuple(replace(each, share=Decimal(0)) for each in health.factors)
    return replace(health, value=None, applicable=False, reason=_NOT_OF_PURCHASES, factors=factors)


def _declared(factor: CoreFactor, weight: Decimal, answer: Factor) -> ScoreFactor:
    return ScoreFactor(
        name=factor.value,
        description=factor.description,
        weight=weight,
        classification=_CLASS[factor],
        compute=lambda *_: answer,
    )


# -- factors, pure: 1 is well, 0 is badly


def _contact(facts: Facts, _: _More, now: dt.datetime) -> Factor:
    figure = silence(facts, now)
    value = None if figure.value is None else max(Decimal(0), min(Decimal(1), (3 - figure.value) / 2))
    return Factor(value=value, reason=figure.reason, sample_size=figure.sample_size, as_of=now)


def _complaints(facts: Facts, more: _More, now: dt.datetime) -> Factor:
    known = facts.contacts + len(facts.complaints) + more.complaints
    if not known:
        return Factor(value=None, reason="There was no contact, purchase or complaint yet.", sample_size=0, as_of=now)
    value = max(Decimal(0), 1 - Decimal(more.complaints) / 3)
    reason = f"{more.complaints} complaints are open; three or more are as bad as it gets."
    return Factor(value=round(value, 4), reason=reason, sample_size=known, as_of=now)


def _renewal(_: Facts, more: _More, now: dt.datetime) -> Factor:
    if not more.contracts and not more.renewals:
        return Factor(value=None, reason="There is no contract.", sample_size=0, as_of=now)
    value, reason = Decimal(1), "A contract runs and nothing is open."
    for status, worth, words in (
        (RenewalStatus.LOST, Decimal(0), "A renewal was lost within a year."),
        (RenewalStatus.AT_RISK, Decimal("0.25"), "A renewal is at risk."),
        (RenewalStatus.OPEN, Decimal("0.75"), "A renewal is not decided."),
    ):
        if status in more.renewals:
            value, reason = worth, words
            break
    return Factor(value=value, reason=reason, sample_size=more.contracts + len(more.renewals), as_of=now)


def _feedback(_: Facts, more: _More, now: dt.datetime) -> Factor:
    if not more.answers:
        return Factor(value=None, reason="Nothing was answered within a year.", sample_size=0, as_of=now)
    value = round(more.satisfaction / more.answers, 4)
    reason = f"The mean of {more.answers} answers within a year, each from 0 to 1."
    return Factor(value=value, reason=reason, sample_size=more.answers, as_of=now)


def _trend(facts: Facts, _: _More, now: dt.datetime) -> Factor:
    parts = max(facts.ledger.values(), key=lambda each: each[0] + each[3], default=[0] * 6)
    last, before = parts[0] + parts[1], parts[3] + parts[4]
    if before <= 0:
        reason = "Nothing was bought in the 90 days before the last."
        return Factor(value=None, reason=reason, sample_size=0, as_of=now)
    ratio = Decimal(max(0, last)) / before
    reason = f"The last 90 days brought {ratio:.0%} of the 90 days before."
    return Factor(value=min(Decimal(1), round(ratio, 4)), reason=reason, sample_size=2, as_of=now)


_ANSWERS: Final = MappingProxyType(
    {
        CoreFactor.CONTACT: _contact,
        CoreFactor.COMPLAINTS: _complaints,
        CoreFactor.RENEWAL: _renewal,
        CoreFactor.FEEDBACK: _feedback,
        CoreFactor.TREND: _trend,
    }
)


# -- facts beyond those of warning signs


def _more(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, _More]:
    out: dict[uuid.UUID, _More] = defaultdict(_More)
    year_ago = uow.now - dt.timedelta(days=365)
    for customer_id, count in _rows(
        uow,
        select(Case.customer_id, func.count())
        .where(uow.among(Case.customer_id, ids), Case.kind == CaseKind.COMPLAINT, Case.state.in_(OPEN_STATES))
        .group_by(Case.customer_id),
    ):
        out[customer_id].complaints = count
    for customer_id, count in _rows(
        uow,
        select(Contract.customer_id, func.count())
        .where(uow.among(Contract.customer_id, ids), Contract.status != ContractStatus.ENDED)
        .group_by(Contract.customer_id),
    ):
        out[customer_id].contracts = count
    lost_lately = (Renewal.status == RenewalStatus.LOST) & (Renewal.decided_at > year_ago)
    for customer_id, status in _rows(
        uow,
        select(Contract.customer_id, Renewal.status)
        .join(Renewal, Renewal.contract_id == Contract.id)
        .where(
            uow.among(Contract.customer_id, ids),
            Renewal.status.in_((RenewalStatus.OPEN, RenewalStatus.AT_RISK)) | lost_lately,
        ),
    ):
        out[customer_id].renewals.append(status)
    nps = Feedback.kind == FeedbackKind.NPS
    hundredths = case((nps, Feedback.score * 10), else_=(Feedback.score - 1) * 25)
    for customer_id, count, total in _rows(
        uow,
        select(Feedback.customer_id, func.count(), func.sum(hundredths))
        .where(uow.among(Feedback.customer_id, ids), Feedback.occurred_at > year_ago)
        .group_by(Feedback.customer_id),
    ):
        out[customer_id].answers, out[customer_id].satisfaction = count, Decimal(int(total)) / 100
    return out


def _rows(uow: UnitOfWork, statement: Any) -> list[Any]:
    return uow.rows(statement)
