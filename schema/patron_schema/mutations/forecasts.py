"""Keep forecasts."""

from __future__ import annotations

import strawberry

from patron_core.forecasts import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.forecasts import ForecastSnapshot

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ForecastSnapshotPayload:
    """What keeping a forecast gives."""

    forecast_snapshot: ForecastSnapshot | None = strawberry.field(description="The forecast that was kept.")


@extends(Mutation)
class ForecastMutation:
    forecast_keep: ForecastSnapshotPayload = mutation(
        commands.KeepForecast, description="Keeps a forecast as it is now, to be compared with what comes."
    )


TYPES = (ForecastSnapshotPayload,)
EXTENSIONS = (ForecastMutation,)
