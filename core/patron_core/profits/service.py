"""What happens about value: runs of its jobs are asked for. What they do stands in `building`, `rfm` and `clv`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from patron_core.hookspecs import CommandHandler
from patron_core.jobs.events import JobRequested
from patron_core.jobs.models import JobRun
from patron_core.jobs.service import enqueue
from patron_core.profits.commands import BuildProfits, MakeValueModel
from patron_core.profits.models import ValueKind
from patron_core.profits.permissions import PROFIT_WRITE
from patron_core.profits.recurring import CLV, PROFITS, RFM
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "build_profits", "make_value_model"]


def build_profits(command: BuildProfits, uow: UnitOfWork) -> JobRun:
    """Plans a run that builds the months anew."""
    return _asked(PROFITS, {"from": command.starts_on.isoformat(), "to": command.ends_on.isoformat()}, uow)


def make_value_model(command: MakeValueModel, uow: UnitOfWork) -> JobRun:
    """Plans a run that makes the model and scores with it."""
    given = {
        "asOf": None if command.as_of is None else command.as_of.isoformat(),
        "currency": command.currency,
        "horizonDays": command.horizon_days,
        "least": command.least,
    }
    arguments = {name: value for name, value in given.items() if value is not None}
    return _asked(RFM if command.kind is ValueKind.RFM else CLV, arguments, uow)


def _asked(name: str, arguments: Mapping[str, Any], uow: UnitOfWork) -> JobRun:
    id_ = enqueue(uow, name, arguments)
    assert id_ is not None  # only a run with a key can be there already
    uow.flush()
    run = uow.get(JobRun, id_)
    uow.emit(JobRequested(job_run_id=run.id, name=run.name))
    return run


HANDLERS: Final = (
    CommandHandler(command=BuildProfits, handler=build_profits, permission=PROFIT_WRITE),
    CommandHandler(command=MakeValueModel, handler=make_value_model, permission=PROFIT_WRITE),
)
