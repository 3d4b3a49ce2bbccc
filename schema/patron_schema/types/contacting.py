"""Whom to call today, and where two of us are at one customer: asked of the slice of tasks, a fixed number of statements each.

These are resolved in Python, because they weigh facts of many slices; what they name by id is shown by `node`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from patron_core.customers.models import Customer as CustomerModel
from patron_core.tasks import calls, conflicts, reasons
from patron_core.tasks.permissions import TASK_READ

from ..declare import Query, extends, resolver

__all__ = ["EXTENSIONS"]

strawberry.enum(reasons.CallReason)


@strawberry.type(description="Why a customer is on the list of calls.")
class CallListReason:
    code: reasons.CallReason = strawberry.field(description="What kind of reason.")
    points: int = strawberry.field(description="What it adds to the score.")
    text: str = strawberry.field(description="The reason in words; nobody's data.")
    evidence_ids: list[strawberry.ID] = strawberry.field(description="The rows it follows from; `node` shows each.")


@strawberry.type(description="A customer to call.")
class CallListEntry:
    rank: int = strawberry.field(description="Place in the list, from 1.")
    customer_id: strawberry.ID = strawberry.field(description="The customer.")
    score: int = strawberry.field(description="How much speaks for the call: the sum of the reasons' points.")
    reasons: list[CallListReason] = strawberry.field(description="Why, the strongest first.")


@strawberry.type(description="Customers who were left out.")
class CallListLeftOut:
    code: str = strawberry.field(description="CONTACTED within a day, or NO_CONSENT to be called.")
    customers: int = strawberry.field(description="How many.")


@strawberry.type(description="Whom an owner should call on a day.")
class CallList:
    owner: str = strawberry.field(description="Whose list it is.")
    on: dt.date = strawberry.field(description="For which day.")
    as_of: dt.datetime = strawberry.field(description="Up to which instant facts were counted.")
    method: str = strawberry.field(description="How scores are made.")
    considered: int = strawberry.field(description="How many customers had a reason.")
    entries: list[CallListEntry] = strawberry.field(description="Whom to call, in this order.")
    left_out: list[CallListLeftOut] = strawberry.field(description="Who was left out, and why.")


@strawberry.type(description="One of two of us at a customer.")
class ContactConflictSide:
    id: strawberry.ID = strawberry.field(description="The contact, or the open task that plans one.")
    hands: str = strawberry.field(description="The team, or who of us where no team is named.")
    at: dt.datetime = strawberry.field(description="When it took place or is due.")
    planned: bool = strawberry.field(description="Whether it is still to come: a task.")


@strawberry.type(description="Two teams or owners at one customer within a few days.")
class ContactConflict:
    customer_id: strawberry.ID = strawberry.field(description="The customer.")
    earlier: ContactConflictSide = strawberry.field(description="The earlier one.")
    later: ContactConflictSide = strawberry.field(description="The later one.")


def _call_list(owner: str, as_of: dt.datetime, made: calls.CallList) -> CallList:
    entries = [
        CallListEntry(
            rank=rank,
            customer_id=strawberry.ID(f"{CustomerModel.id_prefix}_{entry.customer_id}"),
            score=entry.score,
            reasons=[
                CallListReason(
                    code=reason.code,
                    points=reason.points,
                    text=reason.text,
                    evidence_ids=[strawberry.ID(id_) for id_ in reason.evidence],
                )
                for reason in entry.reasons
            ],
        )
        for rank, entry in enumerate(made.entries, start=1)
    ]
    left_out = [CallListLeftOut(code=each.code, customers=each.customers) for each in made.left_out]
    return CallList(
        owner=owner,
        on=made.on,
        as_of=as_of,
        method=reasons.METHOD,
        considered=made.considered,
        entries=entries,
        left_out=left_out,
    )


def _side(made: conflicts.Side) -> ContactConflictSide:
    return ContactConflictSide(id=strawberry.ID(made.id), hands=made.hands, at=made.at, planned=made.planned)


def _conflict(made: conflicts.ContactConflict) -> ContactConflict:
    return ContactConflict(
        customer_id=strawberry.ID(f"{CustomerModel.id_prefix}_{made.customer_id}"),
        earlier=_side(made.earlier),
        later=_side(made.later),
    )


Owner = Annotated[str, strawberry.argument(description="Whose customers, tasks, contracts and deals.")]
Many = Annotated[int, strawberry.argument(description="How many customers, 1 to 50.")]
Day = Annotated[dt.date | None, strawberry.argument(description="For which day; today where left out.")]
Closing = Annotated[int, strawberry.argument(description="Deals count that should close within so many days.")]
Stuck = Annotated[int, strawberry.argument(description="Deals count that have not moved for so many days.")]
Renewing = Annotated[int, strawberry.argument(description="Renewals count whose notice is due within so many days.")]
Complained = Annotated[int, strawberry.argument(description="Complaints count that came in within so many days.")]
Since = Annotated[dt.datetime, strawberry.argument(name="from", description="From when on.")]
Until = Annotated[dt.datetime, strawberry.argument(name="to", description="Until when, that instant not included.")]
Window = Annotated[int, strawberry.argument(description="Within how many days of each other, 1 to 90.")]
First = Annotated[int, strawberry.argument(description="How many, 1 to 200.")]


@extends(Query)
class ContactingQuery:
    @resolver(scope=TASK_READ)
    async def daily_call_list(
        self,
        info: strawberry.Info[Any, Any],
        owner: Owner,
        n: Many = 3,
        on: Day = None,
        closing_within_days: Closing = 14,
        stuck_after_days: Stuck = 30,
        renewal_within_days: Renewing = 90,
        complaint_within_days: Complained = 14,
    ) -> CallList | None:
        """The customers an owner should call on a day, each with its score and the reasons: the same facts give the same list."""
        thresholds = calls.Thresholds(
            closing_days=closing_within_days,
            stuck_days=stuck_after_days,
            renewal_days=renewal_within_days,
            complaint_days=complaint_within_days,
        )
        made = await info.context.read(
            lambda uow: (calls.daily_call_list(uow, owner=owner, most=n, on=on, thresholds=thresholds), uow.now)
        )
        return _call_list(owner, made[1], made[0])

    @resolver(scope=TASK_READ)
    async def contact_conflicts(
        self,
        info: strawberry.Info[Any, Any],
        since: Since,
        until: Until,
        window_days: Window = conflicts.WINDOW_DAYS,
        first: First = 50,
    ) -> list[ContactConflict]:
        """Where two teams or owners contacted one customer within a week, or plan to; the newest first."""
        made = await info.context.read(
            lambda uow: conflicts.contact_conflicts(uow, since=since, until=until, window_days=window_days, first=first)
        )
        return [_conflict(each) for each in made]


EXTENSIONS: tuple[type, ...] = (ContactingQuery,)
