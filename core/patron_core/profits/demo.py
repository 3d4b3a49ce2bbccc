"""Demo rows: what serving some customers costs, and at last contributions, fifths and expectations as the jobs make them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext, Progress, Step
from patron_core.profits.building import build_profits
from patron_core.profits.clv import score_clv
from patron_core.profits.rfm import score_rfm
from patron_core.transactions.commands import RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["fill", "settle"]

_COSTLY = 3


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Books what serving a few customers costs, and builds the contributions that other slices look at."""
    for number, customer in enumerate([*people[:_COSTLY], *companies[:1]], start=1):
        demo.uow.handle(
            RecordTransaction(
                customer_id=customer.id,
                kind=TransactionKind.COST_TO_SERVE,
                amount=Money(12_000 * number, "EUR"),
                occurred_at=(demo.clock.now() - dt.timedelta(days=30 * number)).replace(microsecond=0),
            )
        )
    demo.uow.flush()
    _run(build_profits, demo.uow)


def settle(demo: DemoContext) -> None:
    """Has the jobs of value do their work on what plugins booked too."""
    for job in (build_profits, score_rfm, score_clv):
        _run(job, demo.uow)


def _run(job: Callable[[Step, UnitOfWork], Progress | None], uow: UnitOfWork) -> None:
    progress: Progress | None = Progress(done=0)
    while progress is not None:
        progress = job(Step(arguments={}, state=progress.state, done=progress.done), uow)
        uow.flush()
