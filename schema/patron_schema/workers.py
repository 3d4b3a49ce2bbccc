"""Who does what comes after a change, put together: the worker of a process, with all that it wakes.

In come the parts of a deployment, out comes the `Worker`, not started. `patron serve` embeds it and `patron worker` runs it
alone; what each of those does is left to its own room.
"""

from __future__ import annotations

from typing import Final

import structlog

from patron_core.database import Database
from patron_core.jobs.runner import JobRunner
from patron_core.outbox.relay import Relay
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import Broadcast
from patron_core.values import Clock, IdSource
from patron_core.webhooks.sending import WebhookSender
from patron_core.worker.service import Doer, Worker
from patron_core.worker.waiting import JOBS, RELAY, WEBHOOKS, open_waiting, relay_problem

__all__ = ["start", "worker_of"]

_log: Final = structlog.stdlib.get_logger("patron.worker")


def worker_of(
    settings: Settings,
    *,
    database: Database,
    plugins: Plugins,
    clock: Clock,
    ids: IdSource,
    relay: Relay,
    sender: WebhookSender,
    broadcast: Broadcast | None = None,
) -> Worker:
    """The worker of a process. broadcast: told of the events of jobs after their commit."""
    jobs = JobRunner(database, plugins, clock=clock, ids=ids, timezone=settings.timezone, broadcast=broadcast)
    doers: dict[str, Doer] = {RELAY: relay, WEBHOOKS: sender, JOBS: jobs}
    return Worker(doers, open_waiting(settings), clock=clock, poll_seconds=settings.worker_poll_seconds)


def start(worker: Worker, settings: Settings) -> None:
    """Starts it, on the event loop, and says in the log where it does not find everything."""
    problem = relay_problem(settings)
    if problem is not None:
        _log.warning("worker_sees_own_tenants_only", problem=problem)
    worker.start()
