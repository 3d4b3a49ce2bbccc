"""Figures of the business: the catalogue of indicators, cohorts, scorecards, programmes, as the API shows them.

Figures are resolved in Python, each in a fixed number of statements; only who sees all customers may ask.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import strawberry

from patron_core import validation
from patron_core.access.overview import require_overview
from patron_core.measures import catalogue, models, programmes, scorecards, staying
from patron_core.measures.permissions import MEASURE_READ
from patron_core.measures.scorecards import NEAR
from patron_core.records import FINANCIAL, INTERNAL
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .figures import Figure, shown

__all__ = ["EXTENSIONS", "TYPES", "AcquisitionCost", "Objective", "Programme", "Scorecard"]

T = TypeVar("T")


@planned(models.AcquisitionCost)
class AcquisitionCost(Node):
    """What was spent on winning customers, on a day."""

    spent_on: dt.date
    amount: Money
    source: str
    created_at: dt.datetime


@planned(models.Scorecard)
class Scorecard(Node):
    """Objectives from four perspectives, looked at together; `scorecardReport` says what they are."""

    code: str
    name: str
    objectives: Connection[Objective] = related(models.Objective.scorecard, description="What it aims at.")


@planned(models.Objective)
class Objective(Node):
    """Something a scorecard aims at: an indicator of the catalogue, or a figure that somebody enters, and its target."""

    scorecard: Scorecard
    perspective: models.Perspective
    name: str
    indicator: str | None
    target: Decimal
    direction: models.TargetDirection
    entered: Decimal | None
    entered_at: dt.datetime | None
    version: int


@planned(models.Programme)
class Programme(Node):
    """Something done to better an indicator, with what it costs; `programmeResult` says what came of it."""

    name: str
    indicator: str
    direction: models.TargetDirection
    baseline_from: dt.date
    baseline_to: dt.date
    started_on: dt.date
    cost: Money
    monthly_cost: Money | None
    value_of_one: Money | None
    version: int


@strawberry.type(description="An indicator in a month.")
class KpiMonth:
    month: dt.date = strawberry.field(description="First day of the month.")
    value: Figure = strawberry.field(description="The figure, of the days of the month that were asked for.")


@strawberry.type(description="An indicator of the catalogue, with its figure.")
class Kpi:
    code: str = strawberry.field(description="Its stable code.")
    name: str = strawberry.field(description="Its name.")
    definition: str = strawberry.field(description="What it tells.")
    formula: str = strawberry.field(description="How it is computed.")
    unit: str = strawberry.field(description="What is counted; `currency` where it is money.")
    sources: list[str] = strawberry.field(description="Tables it is computed from.")
    drill_down: str = strawberry.field(
        description="An operation that shows the rows, with the variables `from` and `to`."
    )
    value: Figure = strawberry.field(description="The figure.")
    months: list[KpiMonth] = strawberry.field(description="The figure by month, where it was asked for; at most 24.")

    @staticmethod
    def of(made: catalogue.Computed) -> Kpi:
        """An indicator as it is shown."""
        indicator = made.indicator
        return Kpi(
            code=indicator.code,
            name=indicator.name,
            definition=indicator.definition,
            formula=indicator.formula,
            unit=indicator.unit,
            sources=list(indicator.sources),
            drill_down=indicator.drill_down,
            value=shown(made.figure),
            months=[KpiMonth(month=month, value=shown(figure)) for month, figure in made.months],
        )


@strawberry.type(description="How many of a cohort bought in a month.")
class CohortMonth:
    offset: int = strawberry.field(description="Months since the cohort began, from 0.")
    customers: int = strawberry.field(description="How many bought.")
    share: Decimal = strawberry.field(description="Of the cohort, 0 to 1: its retention.")


@strawberry.type(description="Customers who began in the same month, and how many of them bought in the months since.")
class RetentionCohort:
    month: dt.date = strawberry.field(description="First day of the month they began in.")
    size: int = strawberry.field(description="How many began.")
    months: list[CohortMonth] = strawberry.field(description="Months in which somebody of them bought.")


@strawberry.type(description="An objective of a scorecard, with what it is.")
class ObjectiveReport:
    objective_id: strawberry.ID = strawberry.field(description="The objective.")
    perspective: models.Perspective = strawberry.field(description="From where it is looked at.")
    name: str = strawberry.field(description="What is aimed at.")
    indicator: str | None = strawberry.field(description="Which indicator tells; null where somebody enters it.")
    target: Decimal = strawberry.field(description="What it should be.")
    direction: models.TargetDirection = strawberry.field(description="Whether more or less of it is better.")
    actual: Figure = strawberry.field(description="What it is.")
    status: scorecards.ObjectiveStatus = strawberry.field(description="How it stands to its target.")


@strawberry.type(description="The objectives of one perspective.")
class PerspectiveReport:
    perspective: models.Perspective = strawberry.field(description="From where.")
    objectives: list[ObjectiveReport] = strawberry.field(description="What is aimed at; none where it was forgotten.")


@strawberry.type(description="A scorecard with what its objectives are: always all four perspectives.")
class ScorecardReport:
    code: str = strawberry.field(description="Its code.")
    name: str = strawberry.field(description="Its name.")
    perspectives: list[PerspectiveReport] = strawberry.field(description="The four perspectives.")

    @staticmethod
    def of(scorecard: models.Scorecard, found: list[scorecards.Looked]) -> ScorecardReport:
        """A scorecard as it is shown."""
        return ScorecardReport(
            code=scorecard.code,
            name=scorecard.name,
            perspectives=[
                PerspectiveReport(
                    perspective=perspective,
                    objectives=[_objective(each) for each in found if each.objective.perspective is perspective],
                )
                for perspective in models.Perspective
            ],
        )


def _objective(looked: scorecards.Looked) -> ObjectiveReport:
    objective = looked.objective
    return ObjectiveReport(
        objective_id=strawberry.ID(f"{objective.id_prefix}_{objective.id}"),
        perspective=objective.perspective,
        name=objective.name,
        indicator=objective.indicator,
        target=objective.target,
        direction=objective.direction,
        actual=shown(looked.actual),
        status=looked.status,
    )


@strawberry.type(description="What came of a programme, against the time before it.")
class ProgrammeResult:
    before: Figure = strawberry.field(description="The indicator in the baseline.")
    after: Figure = strawberry.field(description="The indicator since the programme began.")
    change: Figure = strawberry.field(description="After less before; by month where it grows with time.")
    benefit: Figure = strawberry.field(description="What the change was worth up to now.")
    net: Figure = strawberry.field(description="The benefit less the cost up to now.")
    payback_months: Figure = strawberry.field(description="After how many months the cost is paid.")


From = Annotated[dt.date, strawberry.argument(name="from", description="First day.")]
To = Annotated[dt.date, strawberry.argument(description="First day after the last.")]
In = Annotated[str | None, strawberry.argument(description="Currency, ISO 4217; that of most sales when left out.")]
ByMonth = Annotated[bool, strawberry.argument(description="Also by month, at most 24 of them.")]
Which = Annotated[str, strawberry.argument(description="Its code.")]
By = Annotated[staying.CohortBy, strawberry.argument(description="When a customer began.")]


async def _read(info: strawberry.Info[Any, Any], work: Callable[[UnitOfWork], T], *, money: bool) -> T:
    """Reads something about all customers, for who sees all of them. money: whether only for who may see money."""
    require_overview(info.context.actor, FINANCIAL if money else INTERNAL)
    found: T = await info.context.read(work)
    return found


@extends(Query)
class MeasureQuery:
    acquisition_costs: Connection[AcquisitionCost] = root(description="Entered costs of winning customers.")
    scorecards: Connection[Scorecard] = root(description="Scorecards with their objectives.")
    programmes: Connection[Programme] = root(description="Programmes to better an indicator.")

    @resolver(scope=MEASURE_READ)
    async def kpis(self, info: strawberry.Info[Any, Any], from_: From, to: To, currency: In = None) -> list[Kpi]:
        """The catalogue of indicators, each with its definition, formula, sources and figure of some days."""

        def find(uow: UnitOfWork) -> list[catalogue.Computed]:
            return catalogue.compute_all(uow, catalogue.span_of(uow, from_, to, currency))

        return [Kpi.of(made) for made in await _read(info, find, money=False)]

    @resolver(scope=MEASURE_READ)
    async def kpi(
        self,
        info: strawberry.Info[Any, Any],
        code: Which,
        from_: From,
        to: To,
        currency: In = None,
        by_month: ByMonth = False,
    ) -> Kpi | None:
        """One indicator of the catalogue, of some days and, where asked for, by month."""

        def find(uow: UnitOfWork) -> catalogue.Computed:
            return catalogue.compute(uow, code, catalogue.span_of(uow, from_, to, currency), by_month=by_month)

        return Kpi.of(await _read(info, find, money=False))

    @resolver(scope=MEASURE_READ)
    async def retention_cohorts(
        self,
        info: strawberry.Info[Any, Any],
        from_: From,
        to: To,
        currency: Annotated[str, strawberry.argument(description="Of the purchases, ISO 4217.")],
        by: By = staying.CohortBy.FIRST_PURCHASE,
    ) -> list[RetentionCohort]:
        """Customers by the month they began in, at most three years of them, and how many bought in each month since."""
        found = await _read(info, lambda uow: staying.cohorts(uow, from_, to, by=by, currency=currency), money=False)
        return [
            RetentionCohort(
                month=cohort.month,
                size=cohort.size,
                months=[
                    CohortMonth(offset=each.offset, customers=each.customers, share=each.share)
                    for each in cohort.months
                ],
            )
            for cohort in found
        ]

    @resolver(scope=MEASURE_READ)
    async def scorecard_report(
        self,
        info: strawberry.Info[Any, Any],
        code: Which,
        from_: From,
        to: To,
        currency: In = None,
        tolerance: Annotated[
            Decimal, strawberry.argument(description="How far from its target an objective is near, as a share of it.")
        ] = NEAR,
    ) -> ScorecardReport | None:
        """A scorecard with what its objectives are in some days, against their targets."""
        validation.within(tolerance, least=0, most=Decimal(1), path="tolerance")

        def find(uow: UnitOfWork) -> ScorecardReport | None:
            span = catalogue.span_of(uow, from_, to, currency)
            found = scorecards.looked_at(uow, code, span, tolerance=tolerance)
            return None if found is None else ScorecardReport.of(*found)

        return await _read(info, find, money=False)

    @resolver(scope=MEASURE_READ)
    async def programme_result(
        self,
        info: strawberry.Info[Any, Any],
        id: Annotated[strawberry.ID, strawberry.argument(description="The programme.")],
        to: To,
    ) -> ProgrammeResult | None:
        """What came of a programme until a day: the indicator before and after, benefit, cost, and when it has paid."""
        wanted = decode_id(id, models.Programme.id_prefix)

        def find(uow: UnitOfWork) -> programmes.Result:
            return programmes.result_of(uow.get(models.Programme, wanted, path=("id",)), uow, until=to)

        found = await _read(info, find, money=True)
        return ProgrammeResult(
            before=shown(found.before),
            after=shown(found.after),
            change=shown(found.change),
            benefit=shown(found.benefit),
            net=shown(found.net),
            payback_months=shown(found.payback_months),
        )


TYPES = (AcquisitionCost, Scorecard, Objective, Programme)
EXTENSIONS = (MeasureQuery,)
