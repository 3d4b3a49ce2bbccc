"""What a process and its database hold at the moment of a scrape: places, sockets, statements, replicas, seals, and work that waits.

The parts of a deployment come in, families of figures go out for `metrics`. What waits is asked of the database at most every ten
seconds (`worker.backlog`), for all tenants together; no tenant is in any of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from patron_core.audit.sealing import Sealer
from patron_core.webhooks.sending import WebhookSender
from patron_core.worker.backlog import Backlog, Backlogs

from .admission import Admission
from .gateway import Gateway
from .websocket_limits import Sockets

__all__ = ["ProcessState"]


@dataclass(frozen=True, slots=True)
class ProcessState:
    """Where the figures come from."""

    gateway: Gateway
    admission: Admission
    sockets: Sockets
    backlogs: Backlogs
    sender: WebhookSender | None = None

    async def families(self) -> Iterable[Any]:
        """The families of a scrape, for prometheus-client."""
        from prometheus_client import metrics_core as core

        backlog = await self.backlogs.backlog()
        families = [*self._process(_Families(core)), *_of_backlog(_Families(core, worker=False), backlog)]
        return [family for family in families if family.samples]

    async def told(self) -> Mapping[str, Any]:
        """What of it /readyz tells who may know."""
        backlog = await self.backlogs.backlog()
        replicas = () if self.gateway.replicas is None else self.gateway.replicas.states
        return {
            "operations": {"running": self.admission.running, "waiting": self.admission.waiting},
            "sockets": self.sockets.count,
            "backlog": None
            if backlog is None
            else {
                name: {"lateSeconds": round(each.late_seconds, 3), **{k.lower(): n for k, n in each.counts.items()}}
                for name, each in backlog.work.items()
            },
            "replicas": [{"read": each.is_read, "lagSeconds": each.lag_seconds} for each in replicas],
        }

    def _process(self, make: _Families) -> Iterator[Any]:
        yield make.histogram(
            "patron_statement_seconds",
            "From sending a statement of a read to its last byte.",
            self.gateway.statements.seconds,
        )
        yield make.gauge("patron_operations_running", "Operations that run now.", {(): self.admission.running})
        yield make.gauge("patron_operations_waiting", "Operations that wait for a place.", {(): self.admission.waiting})
        yield make.counter("patron_operations_shed", "Operations that got no place.", {(): self.admission.shed})
        yield make.gauge("patron_sockets", "Open sockets and event streams.", {(): self.sockets.count})
        followings = self.gateway.subscriptions.followings
        yield make.gauge("patron_subscriptions", "Open subscriptions.", {(): followings.listeners})
        yield make.gauge(
            "patron_subscription_groups", "Different subscriptions that are open.", {(): followings.groups}
        )
        yield from self._of_replicas(make)
        yield from _of_sealer(make, self.gateway.auditing.sealer)
        yield from self._of_sender(make)

    def _of_replicas(self, make: _Families) -> Iterator[Any]:
        states = () if self.gateway.replicas is None else self.gateway.replicas.states
        names = {each.number: (str(each.number),) for each in states}
        lags = {names[each.number]: each.lag_seconds for each in states if each.lag_seconds is not None}
        read = {names[each.number]: int(each.is_read) for each in states}
        yield make.gauge("patron_replica_lag_seconds", "How far a replica is behind at most.", lags, "replica")
        yield make.gauge("patron_replica_read", "Whether a replica is read from.", read, "replica")

    def _of_sender(self, make: _Families) -> Iterator[Any]:
        if self.sender is None:
            return
        figures = self.sender.figures
        ended = {(name,): getattr(figures, name) for name in ("delivered", "failed", "skipped", "parked")}
        yield make.counter("patron_webhooks_sent", "Webhooks by how they ended here.", ended, "outcome")
        yield make.gauge(
            "patron_webhooks_under_way", "Requests of webhooks that are under way.", {(): figures.under_way}
        )


def _of_sealer(make: _Families, sealer: Sealer | None) -> Iterator[Any]:
    if sealer is not None:
        yield make.gauge(
            "patron_audit_unsealed_seconds",
            "How long the oldest row of the audit that this process wrote waits for its seal.",
            {(): sealer.waiting_seconds},
        )


def _of_backlog(make: _Families, backlog: Backlog | None) -> Iterator[Any]:
    """Work of all tenants: every process that may ask says the same, so it bears no worker."""
    yield make.gauge("patron_backlog_known", "Whether what waits could be asked for.", {(): int(backlog is not None)})
    if backlog is None:
        return
    counts = {(name, status.lower()): n for name, work in backlog.work.items() for status, n in work.counts.items()}
    late = {(name,): work.late_seconds for name, work in backlog.work.items()}
    yield make.gauge("patron_backlog", "Rows of work by how far they have come.", counts, "work", "status")
    yield make.gauge("patron_backlog_late_seconds", "For how long the oldest of them has been due.", late, "work")


class _Families:
    """Makes families whose samples bear the process, where it is the process they tell of."""

    def __init__(self, core: Any, *, worker: bool = True) -> None:
        self._core = core
        self._own = {"worker": str(os.getpid())} if worker else {}

    def gauge(self, name: str, text: str, values: Mapping[Any, float], *labels: str) -> Any:
        return self._filled(self._core.GaugeMetricFamily(name, text, labels=(*self._own, *labels)), values)

    def counter(self, name: str, text: str, values: Mapping[Any, float], *labels: str) -> Any:
        return self._filled(self._core.CounterMetricFamily(name, text, labels=(*self._own, *labels)), values)

    def histogram(self, name: str, text: str, durations: Any) -> Any:
        family = self._core.HistogramMetricFamily(name, text, labels=tuple(self._own))
        family.add_metric(tuple(self._own.values()), durations.buckets(), durations.seconds)
        return family

    def _filled(self, family: Any, values: Mapping[Any, float]) -> Any:
        for key, value in values.items():
            family.add_metric((*self._own.values(), *key), value)
        return family
