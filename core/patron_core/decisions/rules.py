"""The core's own advice: what speaks for a next step with a customer, each with the rows it follows from.

In come a customer and a unit of work, out come next steps; a rule asks one statement. A rule says which scopes it looks through; who
lacks one does not get its advice. What plugins advise, and what was decided before, is left to `service`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.campaigns.models import Campaign, CampaignMember, Response
from patron_core.campaigns.permissions import CAMPAIGN_READ
from patron_core.contracts.models import Contract, Renewal, RenewalStatus
from patron_core.contracts.permissions import CONTRACT_READ
from patron_core.customers.models import Customer
from patron_core.opportunities.models import Opportunity, OpportunityStatus
from patron_core.opportunities.permissions import OPPORTUNITY_READ
from patron_core.outbox.telling import outer_id
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Touchpoint
from patron_core.touchpoints.permissions import TOUCHPOINT_READ
from patron_core.transactions.models import Transaction
from patron_core.transactions.permissions import TRANSACTION_READ
from patron_core.transactions.standing import standing_sales

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["RULES", "SILENT_DAYS", "Advice", "Rule"]

#: Days without contact after which a customer is silent.
SILENT_DAYS: Final = 90
_LEAST_PURCHASES: Final = 3
_LOOKED_AT: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A next step. score: how urgent, 0 to 100. purpose: of the contact it means. evidence: ids as the API shows them."""

    code: str
    title: str
    reason: str
    score: int
    purpose: ConsentPurpose
    evidence: tuple[str, ...]
    source: str = "core"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: the scope it looks through, and what it finds."""

    scope: str
    find: Callable[[Customer, UnitOfWork], Iterator[Advice]]


def _renewals(customer: Customer, uow: UnitOfWork) -> Iterator[Advice]:
    statement = (
        select(Renewal)
        .join(Contract, Contract.id == Renewal.contract_id)
        .where(Contract.customer_id == customer.id, Renewal.status.in_([RenewalStatus.OPEN, RenewalStatus.AT_RISK]))
        .order_by(Renewal.notice_by, Renewal.id)
        .limit(1)
    )
    for renewal in uow.select(statement):
        at_risk = renewal.status is RenewalStatus.AT_RISK
        yield Advice(
            code="SAVE_RENEWAL" if at_risk else "TALK_ABOUT_RENEWAL",
            title="Save the renewal" if at_risk else "Talk about the renewal",
            reason=f"A contract can be ended until {renewal.notice_by}" + (", and is at risk." if at_risk else "."),
            score=95 if at_risk else 70,
            purpose=ConsentPurpose.SERVICE,
            evidence=(outer_id(renewal.id, Renewal),),
        )


def _deals(customer: Customer, uow: UnitOfWork) -> Iterator[Advice]:
    late = select(Opportunity).where(
        Opportunity.customer_id == customer.id,
        Opportunity.status == OpportunityStatus.OPEN,
        Opportunity.expected_close_on < uow.now.date(),
    )
    found = uow.select(late.order_by(Opportunity.expected_close_on, Opportunity.id).limit(10))
    if found:
        yield Advice(
            code="CLOSE_LATE_DEAL",
            title="Bring the deal to a decision",
            reason=f"{len(found)} open deals should have closed, the first one on {found[0].expected_close_on}.",
            score=75,
            purpose=ConsentPurpose.SERVICE,
            evidence=tuple(outer_id(deal.id, Opportunity) for deal in found),
        )


def _answers(customer: Customer, uow: UnitOfWork) -> Iterator[Advice]:
    since = (
        select(Touchpoint.id)
        .where(Touchpoint.customer_id == customer.id, Touchpoint.occurred_at >= CampaignMember.responded_at)
        .exists()
    )
    statement = (
        select(CampaignMember.id, Campaign.code)
        .join(Campaign, Campaign.id == CampaignMember.campaign_id)
        .where(CampaignMember.customer_id == customer.id, CampaignMember.response == Response.POSITIVE, ~since)
        .order_by(CampaignMember.responded_at.desc(), CampaignMember.id)
        .limit(1)
    )
    for row in uow.rows(statement):
        yield Advice(
            code="ANSWER_CAMPAIGN_RESPONSE",
            title="Answer the response to the campaign",
            reason=f"The customer answered the campaign {row.code}, and nobody was in touch since.",
            score=85,
            purpose=ConsentPurpose.SERVICE,
            evidence=(outer_id(row.id, CampaignMember),),
        )


def _silence(customer: Customer, uow: UnitOfWork) -> Iterator[Advice]:
    statement = select(Touchpoint.id, Touchpoint.occurred_at).where(Touchpoint.customer_id == customer.id)
    last = next(iter(uow.rows(statement.order_by(Touchpoint.occurred_at.desc(), Touchpoint.id).limit(1))), None)
    if last is not None and last.occurred_at < uow.now - dt.timedelta(days=SILENT_DAYS):
        days = (uow.now - last.occurred_at).days
        yield Advice(
            code="CALL_SILENT_CUSTOMER",
            title="Get in touch again",
            reason=f"The last contact was {days} days ago; silence begins after {SILENT_DAYS}.",
            score=min(60, 30 + days // 30),
            purpose=ConsentPurpose.SERVICE,
            evidence=(outer_id(last.id, Touchpoint),),
        )


def _repeats(customer: Customer, uow: UnitOfWork) -> Iterator[Advice]:
    statement = select(Transaction.id, Transaction.occurred_at).where(
        Transaction.customer_id == customer.id, *standing_sales()
    )
    found = uow.rows(statement.order_by(Transaction.occurred_at.desc(), Transaction.id).limit(_LOOKED_AT))
    days = sorted({row.occurred_at.date() for row in found})
    if len(days) < _LEAST_PURCHASES:
        return
    usual = median((later - earlier).days for earlier, later in pairwise(days))
    passed = (uow.now.date() - days[-1]).days
    if passed > usual:
        yield Advice(
            code="OFFER_REPEAT_PURCHASE",
            title="Offer what is due again",
            reason=f"The customer buys every {usual:g} days (the median of {len(days) - 1} times), and {passed} have passed.",
            score=min(65, 45 + int(10 * (passed - usual) / max(usual, 1))),
            purpose=ConsentPurpose.MARKETING,
            evidence=tuple(outer_id(row.id, Transaction) for row in found[:_LEAST_PURCHASES]),
        )


RULES: Final = (
    Rule(CONTRACT_READ, _renewals),
    Rule(CAMPAIGN_READ, _answers),
    Rule(OPPORTUNITY_READ, _deals),
    Rule(TRANSACTION_READ, _repeats),
    Rule(TOUCHPOINT_READ, _silence),
)
