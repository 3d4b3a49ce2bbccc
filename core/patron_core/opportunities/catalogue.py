"""The pipeline every tenant can use from the start; a tenant defines further ones, or changes the stages of this one."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Final

from patron_core.opportunities.commands import DefinePipeline, NewStage
from patron_core.opportunities.models import ForecastCategory, OpportunityStatus, RequiredField

__all__ = ["DEFAULT_PIPELINES"]

_SALES: Final = DefinePipeline(
    code="SALES",
    name="Sales",
    description="From a first need to a decision.",
    stages=(
        NewStage(code="QUALIFY", name="Qualify", probability=Decimal("0.1")),
        NewStage(code="DISCOVER", name="Discover", probability=Decimal("0.25"), required=(RequiredField.OWNER,)),
        NewStage(
            code="PROPOSE",
            name="Propose",
            probability=Decimal("0.5"),
            forecast_category=ForecastCategory.BEST_CASE,
            required=(RequiredField.AMOUNT, RequiredField.EXPECTED_CLOSE),
        ),
        NewStage(
            code="NEGOTIATE",
            name="Negotiate",
            probability=Decimal("0.75"),
            forecast_category=ForecastCategory.COMMIT,
            required=(RequiredField.AMOUNT, RequiredField.DECISION_DATE),
        ),
        NewStage(
            code="WON",
            name="Won",
            probability=Decimal(1),
            forecast_category=ForecastCategory.CLOSED,
            outcome=OpportunityStatus.WON,
            required=(RequiredField.AMOUNT, RequiredField.APPROVALS),
        ),
        NewStage(
            code="LOST",
            name="Lost",
            probability=Decimal(0),
            forecast_category=ForecastCategory.CLOSED,
            outcome=OpportunityStatus.LOST,
        ),
    ),
)

DEFAULT_PIPELINES: Final = MappingProxyType({definition.code: definition for definition in (_SALES,)})
