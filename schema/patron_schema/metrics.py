"""/metrics: what this process has answered and how its caches do, as text for Prometheus; off until it has a token.

In come the figures that requests and caches keep, out goes a page for whoever sends the token: how many operations, how
they ended, how long they took, and hits, misses, evictions, entries and weight of each cache. No tenant, document or value
is in it. With several workers each has its own figures, told apart by the label `worker`; a scrape meets one of them.
"""

from __future__ import annotations

import hmac
import os
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from patron_core.cache import CacheFigures
from patron_core.errors import StartupError

__all__ = ["METRICS_PATH", "Durations", "RequestFigures", "has_token", "metrics_routes"]

METRICS_PATH: Final = "/metrics"
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds, inclusive
_TRANSPORTS: Final = frozenset({"POST", "GET", "WS", "SSE"})
_HEADERS: Final = {"cache-control": "no-store"}


class Durations:
    """A histogram of one kind of span: how many fell under each bound, and their sum."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0

    def note(self, seconds: float) -> None:
        """Counts one."""
        self.counts[bisect_left(_BOUNDS, seconds)] += 1
        self.seconds += seconds

    def buckets(self) -> list[tuple[str, int]]:
        """Each bound with how many were no longer."""
        total, found = 0, []
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class RequestFigures:
    """How many operations ended how, and how long they took, by transport."""

    def __init__(self) -> None:
        self.ended: dict[tuple[str, str], int] = {}
        self.durations: dict[str, Durations] = {}

    def note(self, transport: str, *, code: str | None, seconds: float) -> None:
        """Counts one. code: of the error the whole operation was refused with; None where it was answered."""
        if transport not in _TRANSPORTS:  # a method that a stranger made up is no label
            transport = "other"
        key = (transport, code or "OK")
        self.ended[key] = self.ended.get(key, 0) + 1
        durations = self.durations.get(transport)
        if durations is None:
            durations = self.durations[transport] = Durations()
        durations.note(seconds)


def metrics_routes(
    token: SecretStr | None,
    *,
    requests: RequestFigures,
    caches: Callable[[], Sequence[CacheFigures]],
    state: Callable[[], Awaitable[Iterable[Any]]] | None = None,
) -> list[BaseRoute]:
    """The route, for requests with `Authorization: Bearer <token>`; none without a token.

    state: families of what the process and its database hold now, asked for at each scrape. Raises
    StartupError where the extra `metrics` is not installed.
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
    held = _Held()
    registry.register(_Figures(requests, caches))
    registry.register(held)
    prometheus.ProcessCollector(registry=registry)

    async def metrics(request: Request) -> Response:
        if not has_token(request, token):
            return Response(status_code=401, headers={**_HEADERS, "www-authenticate": 'Bearer realm="patron metrics"'})
        if state is not None:
            held.families = list(await state())
        text = prometheus.generate_latest(registry)
        return Response(text, headers={**_HEADERS, "content-type": prometheus.CONTENT_TYPE_PLAIN_0_0_4})

    return [Route(METRICS_PATH, metrics, name="metrics")]


def has_token(request: Request, token: SecretStr | None) -> bool:
    """Whether the request bears the token of the metrics; never where there is none."""
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    wanted = "" if token is None else token.get_secret_value()
    return bool(wanted) and scheme.lower() == "bearer" and hmac.compare_digest(sent.encode(), wanted.encode())


class _Held:
    """A collector of families that were made for this scrape."""

    def __init__(self) -> None:
        self.families: list[Any] = []

    def collect(self) -> Iterator[Any]:
        """What was found; called by the registry."""
        yield from self.families


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
        for transport, durations in list(self._requests.durations.items()):
            family.add_metric([self._worker, transport], durations.buckets(), durations.seconds)
        return family


def _filled(family: Any, worker: str, caches: Iterable[CacheFigures], name: str) -> Any:
    for figures in caches:
        family.add_metric([worker, figures.name], getattr(figures, name))
    return family
