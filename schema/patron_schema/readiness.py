"""/healthz and /readyz: whether the process lives, and whether it can serve. They say that and nothing else.

The database and the plugins come in. The answer of /readyz is kept for two seconds, for anybody may ask for it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from patron_core.errors import PublicError
from patron_core.migrations import pending
from patron_core.plugins import Plugins
from patron_core.values import Clock
from patron_schema.errors import log_fault

__all__ = ["Readiness", "health_routes"]

_AGE: Final = dt.timedelta(seconds=2)
_ASK_SECONDS: Final = 5.0
_HEADERS: Final = {"cache-control": "no-store"}
_log: Final = structlog.stdlib.get_logger("patron.readiness")


class Readiness:
    """Whether requests can be served: the database answers and has the tables of this version."""

    def __init__(self, url: str, plugins: Plugins, *, clock: Clock) -> None:
        self._url = url
        self._plugins = plugins
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: tuple[dt.datetime, bool] | None = None

    async def is_ready(self) -> bool:
        """The answer, at most two seconds old."""
        async with self._asking:
            now = self._clock.now()
            if self._known is None or now - self._known[0] >= _AGE:
                self._known = (now, await self._ask())
            return self._known[1]

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                behind = await pending(self._url, self._plugins)
        except (PublicError, TimeoutError) as error:
            _log.warning("unready", reason="the database does not answer", error=type(error).__name__)
            return False
        except Exception as error:
            log_fault(error, request_id="-", event="readiness.failed")
            return False
        if behind:
            names = [each.distribution for each in behind]
            _log.warning("unready", reason="migrations are pending: run `patron migrate`", distributions=names)
        return not behind


def health_routes(readiness: Readiness) -> list[BaseRoute]:
    """The two routes: /healthz is 200 while the process answers, /readyz is 200 or 503."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(_request: Request) -> Response:
        if await readiness.is_ready():
            return JSONResponse({"status": "ready"}, headers=_HEADERS)
        return JSONResponse({"status": "unready"}, status_code=503, headers=_HEADERS)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
