"""Work out what customers bring and cost, and what to expect of them: runs of jobs."""

from __future__ import annotations

import strawberry

from patron_core.profits import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.jobs import JobRun

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ValueRunPayload:
    """What asking for a run gives."""

    job_run: JobRun | None = strawberry.field(description="The run, as it is now.")


@extends(Mutation)
class ProfitMutation:
    profits_build: ValueRunPayload = mutation(
        commands.BuildProfits, description="Has the contributions of some months built anew from the ledger."
    )
    value_model_make: ValueRunPayload = mutation(
        commands.MakeValueModel, description="Has a model of value made anew, and all customers scored with it."
    )


TYPES = (ValueRunPayload,)
EXTENSIONS = (ProfitMutation,)
