"""/metrics: what this process has answered and how its caches do, as text for Prometheus; off until it has a token.

In come the figures that requests and caches keep, out goes a page for whoever sends the token: how many operations, how
they ended, how long they took, and hits, misses, evictions, entries and weight of each cache. No tenant, document or value
is in it. With several workers each has its own figures, told apart by the label `worker`; a scrape meets one of them.
"""

from __future__ import annotations

import hmac
import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from patron_core.cache import CacheFigures
from patron_core.errors import StartupError

__all__ = ["METRICS_PATH", "RequestFigures", "metrics_routes"]

METRICS_PATH: Final = "/metrics"
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds, inclusive
_TRANSPORTS: Final = frozenset({"POST", "GET", "WS"})
_HEADERS: Final = {"cache-control": "no-store"}


class RequestFigures:
    """How many operations ended how, and how long they took, by transport."""

    def __init__(self) -> None:
        self.ended: dict[tuple[str, str], int] = {}
        self.durations: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def note(self, transport: str, *, code: str | None, seconds: float) -> None:
        """Counts one. code: of the error the whole operation was refused with; None where it was answered."""
        if transport not in _TRANSPORTS:  # a method that a stranger made up is no label
            transport = "other"
        key = (transport, code or "OK")
        self.ended[key] = self.ended.get(key, 0) + 1
        counts = self.durations.get(transport)
        if counts is None:
            counts = self.durations[transport] = [0] * (len(_BOUNDS) + 1)
            self.seconds[transport] = 0.0
        counts[bisect_left(_BOUNDS, seconds)] += 1
        self.seconds[transport] += seconds


def metrics_routes(
    token: SecretStr | None, *, requests: RequestFigures, caches: Callable[[], Sequence[CacheFigures]]
) -> list[BaseRoute]:
    """The route, for requests with `Authorization: Bearer <token>`; none without a token.

    Raises StartupError where the extra `metrics` is not installed.
    """
    if token is None:
        return []
    try:
        import prometheus_client as prometheus
    except ImportError as error:
        raise StartupError(
            [
                (
                    "PATRON_METRICS_TOKEN is set, but the package prometheus-client is not installed. "
                    "Install patron[metrics], or unset it."
                )
            ]
        ) from error
    registry = prometheus.CollectorRegistry()
    registry.register(_Figures(requests, caches))
    prometheus.ProcessCollector(registry=registry)
    wanted = token.get_secret_value().encode()

    async def metrics(request: Request) -> Response:
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(sent.encode(), wanted):
            return Response(status_code=401, headers={**_HEADERS, "www-authenticate": 'Bearer realm="patron metrics"'})
        text = prometheus.generate_latest(registry)
        return Response(text, headers={**_HEADERS, "content-type": prometheus.CONTENT_TYPE_PLAIN_0_0_4})

    return [Route(METRICS_PATH, metrics, name="metrics")]


class _Figures:
    """A collector: figures as they are at the moment of a scrape."""

    def __init__(self, requests: RequestFigures, caches: Callable[[], Sequence[CacheFigures]]) -> None:
        self._requests = requests
        self._caches = caches
        self._worker = str(os.getpid())

    def collect(self) -> Iterator[Any]:
        """Every family of figures; called by the registry."""
        from prometheus_client import metrics_core as core

        ended = core.CounterMetricFamily(
            "patron_operations", "Operations by how they ended.", labels=["worker", "transport", "code"]
        )
        for (transport, code), count in list(self._requests.ended.items()):
            ended.add_metric([self._worker, transport, code], count)
        yield ended
        yield self._durations(core)
        caches = self._caches()
        for name in ("hits", "misses", "evictions"):
            counted = core.CounterMetricFamily(
                f"patron_cache_{name}", f"{name.capitalize()} of a cache.", labels=["worker", "cache"]
            )
            yield _filled(counted, self._worker, caches, name)
        for name in ("entries", "weight"):
            gauge = core.GaugeMetricFamily(
                f"patron_cache_{name}", f"What a cache keeps now: {name}.", labels=["worker", "cache"]
            )
            yield _filled(gauge, self._worker, caches, name)

    def _durations(self, core: Any) -> Any:
        family = core.HistogramMetricFamily(
            "patron_operation_seconds",
            "From the first byte of the head to the last of the answer.",
            labels=["worker", "transport"],
        )
        for transport, counts in list(self._requests.durations.items()):
            total, buckets = 0, []
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric([self._worker, transport], buckets, self._requests.seconds[transport])
        return family


def _filled(family: Any, worker: str, caches: Iterable[CacheFigures], name: str) -> Any:
    for figures in caches:
        family.add_metric([worker, figures.name], getattr(figures, name))
    return family
