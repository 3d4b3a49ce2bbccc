"""/healthz and /readyz: whether the process lives, and whether it can serve; to who has the metrics' token, also why.

The database, the plugins and what waits come in. What the database says is kept for two seconds, for anybody may ask for it. Work
that is late makes nobody unready: another process may do it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from patron_core.errors import PublicError
from patron_core.migrations import pending
from patron_core.migrations.distributions import CORE
from patron_core.plugins import Plugins
from patron_core.values import Clock
from patron_schema.errors import log_fault
from patron_schema.metrics import has_token

__all__ = ["Readiness", "health_routes"]

_AGE: Final = dt.timedelta(seconds=2)
_ASK_SECONDS: Final = 5.0
_HEADERS: Final = {"cache-control": "no-store"}
_log: Final = structlog.stdlib.get_logger("patron.readiness")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database said. behind: distributions whose migrations are pending."""

    answers: bool
    behind: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.answers and CORE.name not in self.behind


class Readiness:
    """Whether requests can be served: the database answers and has the tables of this version, and nobody has ended it."""

    def __init__(self, url: str, plugins: Plugins, *, clock: Clock) -> None:
        self.is_ending = False  # requests that run are still answered, further ones go elsewhere
        self._url = url
        self._plugins = plugins
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: tuple[dt.datetime, _Found] | None = None

    async def is_ready(self) -> bool:
        """The answer, at most two seconds old."""
        return not self.is_ending and (await self._found()).is_ready

    async def details(self) -> dict[str, Any]:
        """What it comes from, for who may know."""
        found = await self._found()
        return {
            "database": "answers" if found.answers else "does not answer",
            "migrationsPending": list(found.behind),
            "pluginsQuarantined": list(self._plugins.quarantined),
            "ending": self.is_ending,
        }

    async def _found(self) -> _Found:
        async with self._asking:
            now = self._clock.now()
            if self._known is None or now - self._known[0] >= _AGE:
                self._known = (now, await self._ask())
            return self._known[1]

    async def _ask(self) -> _Found:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                behind = await pending(self._url, self._plugins)
        except (PublicError, TimeoutError) as error:
            _log.warning("unready", reason="the database does not answer", error=type(error).__name__)
            return _Found(False)
        except Exception as error:
            log_fault(error, request_id="-", event="readiness.failed")
            return _Found(False)
        found = _Found(True, tuple(each.distribution for each in behind))
        if behind:
            # A plugin without its tables is null in answers; it must not take the whole service off its balancer.
            event = "plugins_behind" if found.is_ready else "unready"
            _log.warning(event, reason="migrations are pending: run `patron migrate`", distributions=list(found.behind))
        return found


def health_routes(
    readiness: Readiness,
    *,
    token: SecretStr | None = None,
    more: Callable[[], Awaitable[Mapping[str, Any]]] | None = None,
) -> list[BaseRoute]:
    """The two routes: /healthz is 200 while the process answers, /readyz is 200 or 503.

    token: of the metrics; who sends it is told why. more: what is said to them beside.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(request: Request) -> Response:
        ready = await readiness.is_ready()
        said: dict[str, Any] = {"status": "ready" if ready else "unready"}
        if has_token(request, token):
            said |= {**await readiness.details(), **(await more() if more is not None else {})}
        return JSONResponse(said, status_code=200 if ready else 503, headers=_HEADERS)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
