"""How well we know those who decide at a customer: roles nobody has, people nobody spoke with, and whether all hangs on one.

In come a unit of work, a customer and how far back contacts count, out come figures with the rows they rest on. The number of
statements does not depend on how many stakeholders or contacts there are.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, or_, select

from patron_core.customers.models import Customer, EngagementMode
from patron_core.figures import Figure, Input
from patron_core.opportunities.models import Opportunity, OpportunityStatus
from patron_core.outbox.telling import outer_id
from patron_core.parties.models import Party
from patron_core.stakeholders.models import Stakeholder, StakeholderRole
from patron_core.touchpoints.models import Touchpoint, TouchpointParticipant
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within

__all__ = ["DAYS", "MOST_DAYS", "MOST_STAKEHOLDERS", "Coverage", "KnownStakeholder", "RoleCoverage", "coverage_of"]

#: How long a contact counts, unless somebody says otherwise: a quarter, which is how often an account is looked over.
DAYS: Final = 90
MOST_DAYS: Final = 3_650
MOST_STAKEHOLDERS: Final = 500

_NOT_OF_PURCHASES: Final = (
    "The customer is in mode TRANSACTION: purchases carry it, and nobody is expected to have a role in its decisions."
)
_ROLES_METHOD: Final = "Roles that somebody has now, divided by the roles asked for."
_PEOPLE_METHOD: Final = (
    "People who have a say now and took part in a contact within the days, divided by all who have a say now."
)
_THREAD_METHOD: Final = (
    "Different people who took part in the customer's contacts within the days. One is a risk: who leaves takes the "
    "account along (single-threading)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStakeholder:
    """Somebody who has a say now. last_contact_at: of all contacts the person took part in; None for never."""

    stakeholder_id: uuid.UUID
    person_id: uuid.UUID
    display_name: str
    role: StakeholderRole
    opportunity_id: uuid.UUID | None
    last_contact_at: dt.datetime | None
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCoverage:
    """One role. people: who has it. reached: whether a contact with one of them counts."""

    role: StakeholderRole
    people: tuple[KnownStakeholder, ...]

    @property
    def reached(self) -> bool:
        """Whether anybody with the role was spoken with."""
        return any(not each.silent for each in self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How well a customer is covered. single_thread: whether contacts were with one person only."""

    days: int
    roles: tuple[RoleCoverage, ...]
    roles_filled: Figure
    people_reached: Figure
    contacts: Figure
    single_thread: bool
    truncated: bool


def coverage_of(
    uow: UnitOfWork, customer_id: uuid.UUID, *, days: int = DAYS, roles: Collection[StakeholderRole] = ()
) -> Coverage:
    """How well those who decide at a customer, in general and in its open deals, are known. NOT_FOUND for the customer.

    days: how long a contact counts, 1 to 3,650. roles: those that somebody should have; all when empty. At most 500
    stakeholders are looked at. Of a customer in mode TRANSACTION nothing is told, and the figures say so.
    """
    customer = uow.get(Customer, customer_id, path=("customerId",))
    within(days, most=MOST_DAYS, path="days")
    if customer.engagement_mode is EngagementMode.TRANSACTION:
        return _not_applicable(days, uow.now)
    since = uow.now - dt.timedelta(days=days)
    known, truncated = _stakeholders(uow, customer, since)
    wanted = [role for role in StakeholderRole if not roles or role in roles]
    by_role = tuple(
        RoleCoverage(role=role, people=tuple(each for each in known if each.role is role)) for role in wanted
    )
    threads = _threads(uow, customer.id, since)
    return Coverage(
        days=days,
        roles=by_role,
        roles_filled=_roles_filled(by_role, uow.now),
        people_reached=_people_reached(known, days, uow.now),
        contacts=_contacts(threads, days, uow.now),
        single_thread=len(threads) == 1,
        truncated=truncated,
    )


def _not_applicable(days: int, now: dt.datetime) -> Coverage:
    """Of a customer whom purchases carry: roles that nobody has are no gaps."""

    def none(unit: str, method: str) -> Figure:
        return Figure.none(_NOT_OF_PURCHASES, unit=unit, method=method, as_of=now)

    return Coverage(
        days=days,
        roles=(),
        roles_filled=none("share", _ROLES_METHOD),
        people_reached=none("share", _PEOPLE_METHOD),
        contacts=none("people", _THREAD_METHOD),
        single_thread=False,
        truncated=False,
    )


def _stakeholders(uow: UnitOfWork, customer: Customer, since: dt.datetime) -> tuple[list[KnownStakeholder], bool]:
    open_deal = select(Opportunity.id).where(
        Opportunity.customer_id == customer.id, Opportunity.status == OpportunityStatus.OPEN
    )
    statement = (
        select(Stakeholder, Party.display_name)
        .join(Party, Party.id == Stakeholder.person_id)
        .where(Stakeholder.customer_id == customer.id, Stakeholder.ended_at.is_(None))
        .where(or_(Stakeholder.opportunity_id.is_(None), Stakeholder.opportunity_id.in_(open_deal)))
        .order_by(Stakeholder.id)
        .limit(MOST_STAKEHOLDERS + 1)
    )
    rows: list[Any] = uow.rows(statement)
    last = _last_contacts(uow, {stakeholder.person_id for stakeholder, _ in rows})
    found = []
    for stakeholder, name in rows[:MOST_STAKEHOLDERS]:
        at = last.get(stakeholder.person_id)
        found.append(
            KnownStakeholder(
                stakeholder_id=stakeholder.id,
                person_id=stakeholder.person_id,
                display_name=name,
                role=stakeholder.role,
                opportunity_id=stakeholder.opportunity_id,
                last_contact_at=at,
                silent=at is None or at < since,
            )
        )
    return found, len(rows) > MOST_STAKEHOLDERS


def _last_contacts(uow: UnitOfWork, people: Collection[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
    """When each person last took part in a contact, or was contacted as a customer."""
    if not people:
        return {}
    took_part = (
        select(TouchpointParticipant.party_id, func.max(Touchpoint.occurred_at))
        .join(Touchpoint, Touchpoint.id == TouchpointParticipant.touchpoint_id)
        .where(uow.among(TouchpointParticipant.party_id, people), Touchpoint.occurred_at <= uow.now)
        .group_by(TouchpointParticipant.party_id)
    )
    as_customer = (
        select(Customer.party_id, func.max(Touchpoint.occurred_at))
        .join(Touchpoint, Touchpoint.customer_id == Customer.id)
        .where(uow.among(Customer.party_id, people), Touchpoint.occurred_at <= uow.now)
        .group_by(Customer.party_id)
    )
    last: dict[uuid.UUID, dt.datetime] = {}
    found: list[Any] = [*uow.rows(took_part), *uow.rows(as_customer)]
    for party_id, at in found:
        last[party_id] = max(at, last.get(party_id, at))
    return last


def _threads(uow: UnitOfWork, customer_id: uuid.UUID, since: dt.datetime) -> dict[uuid.UUID, int]:
    """How many of the customer's contacts each person took part in; at most 500 people."""
    statement = (
        select(TouchpointParticipant.party_id, func.count())
        .join(Touchpoint, Touchpoint.id == TouchpointParticipant.touchpoint_id)
        .where(
            Touchpoint.customer_id == customer_id, Touchpoint.occurred_at >= since, Touchpoint.occurred_at <= uow.now
        )
        .group_by(TouchpointParticipant.party_id)
        .order_by(func.count().desc(), TouchpointParticipant.party_id)
        .limit(MOST_STAKEHOLDERS)
    )
    found: list[Any] = uow.rows(statement)
    return {row[0]: row[1] for row in found}


def _roles_filled(roles: Sequence[RoleCoverage], now: dt.datetime) -> Figure:
    filled = [role for role in roles if role.people]
    missing = [role.role.name for role in roles if not role.people]
    inputs = [
        Input(
            name=role.role.value,
            value=len(role.people),
            description=f"Who has the role {role.role.name}.",
            ids=tuple(outer_id(each.stakeholder_id, Stakeholder) for each in role.people),
        )
        for role in roles
    ]
    return Figure.share(
        len(filled),
        len(roles),
        reason=f"Nobody has {', '.join(missing)}." if missing else "Somebody has each role.",
        method=_ROLES_METHOD,
        as_of=now,
        inputs=inputs,
    )


def _people_reached(known: Sequence[KnownStakeholder], days: int, now: dt.datetime) -> Figure:
    people = {each.person_id for each in known}
    silent = {each.person_id for each in known if each.silent}
    inputs = (
        Input(
            name="silent",
            value=len(silent),
            description=f"Stakeholders who took part in no contact within {days} days.",
            ids=tuple(outer_id(each.stakeholder_id, Stakeholder) for each in known if each.silent),
        ),
        Input(
            name="reached",
            value=len(people) - len(silent),
            description=f"Stakeholders who took part in a contact within {days} days.",
            ids=tuple(outer_id(each.stakeholder_id, Stakeholder) for each in known if not each.silent),
        ),
    )
    return Figure.share(
        len(people) - len(silent),
        len(people),
        reason=f"{len(silent)} of {len(people)} people took part in no contact within {days} days.",
        none="Nobody is named who has a say.",
        method=_PEOPLE_METHOD,
        as_of=now,
        inputs=inputs,
    )


def _contacts(threads: dict[uuid.UUID, int], days: int, now: dt.datetime) -> Figure:
    if not threads:
        return Figure.none(
            f"No contact within {days} days names who took part.", unit="people", method=_THREAD_METHOD, as_of=now
        )
    many = "All contacts were with one person." if len(threads) == 1 else f"Contacts were with {len(threads)} people."
    return Figure.of(
        len(threads),
        unit="people",
        reason=many,
        sample_size=sum(threads.values()),
        method=_THREAD_METHOD,
        as_of=now,
        inputs=(
            Input(
                name="people",
                value=len(threads),
                description="Who took part, the most often first.",
                ids=tuple(outer_id(party_id, Party) for party_id in threads),
            ),
        ),
    )
