"""Runs the application under uvicorn: uvloop, httptools, bounded frames, no access log beside our own.

Settings come in; nothing comes out until the process is told to stop. With several workers each is a process of its
own that reads its settings from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import structlog
import uvicorn
from starlette.applications import Starlette

from patron_core.migrations import Pending, pending
from patron_core.settings import Settings
from patron_schema.app import create_app
from patron_schema.request_log import configure_logging

__all__ = ["application", "serve"]

_log: Final = structlog.stdlib.get_logger("patron.server")
_FACTORY: Final = "patron_schema.server:application"


def application() -> Starlette:
    """The application of the PATRON_* environment; what each of several workers runs."""
    settings = Settings()
    configure_logging(settings.log_level)
    with _made_to_stay():
        return create_app(settings=settings)


def serve(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Serves until a signal comes.

    workers: processes, 1 or more. Raises StartupError where plugins, models or the schema have problems or where
    row-level security would not hold, UNAVAILABLE where the database is down.
    """
    configure_logging(settings.log_level)
    with _made_to_stay():
        app = create_app(settings=settings)
        behind = asyncio.run(_look(app))
    if behind:
        _log.warning("migrations_pending", distributions=[each.distribution for each in behind], run="patron migrate")
    address = f"http://{host}:{port}"
    _log.info("serving", graphql=f"{address}/graphql", graphiql=f"{address}/graphiql" if settings.graphiql else None)
    options = _options(settings, host=host, port=port)
    if workers == 1:
        uvicorn.run(app, **options)
        return
    _log.warning(
        "several_workers",
        workers=workers,
        note="Events of subscriptions stay in the process that committed them: a socket sees those of its own worker.",
    )
    os.environ.update(_environment(settings))
    uvicorn.run(_FACTORY, factory=True, workers=workers, **options)


@contextlib.contextmanager
def _made_to_stay() -> Iterator[None]:
    """What is made at the start lives as long as the process: looking through it for garbage lengthens the start, and
    later pauses requests (0.25 s was measured under load). It is looked through once and never again.
    """
    gc.disable()
    try:
        yield
        gc.collect()
        gc.freeze()
    finally:
        gc.enable()


async def _look(app: Starlette) -> list[Pending]:
    """What only the database tells, before any worker starts: whether it is safe, and what is pending."""
    deployment = app.state.deployment
    await deployment.check()
    return await pending(deployment.database.url, deployment.plugins)


def _options(settings: Settings, *, host: str, port: int) -> Mapping[str, Any]:
    return {
        "host": host,
        "port": port,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "websockets-sansio",
        "ws_max_size": settings.ws_max_frame_bytes,
        "ws_per_message_deflate": False,  # a compressor for each socket costs more memory than all the rest of it
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # nothing here asks who or what stands before us
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": 15,
    }


def _environment(settings: Settings) -> dict[str, str]:
    """The settings that options of the command line may have set, as a worker reads them."""
    found = {"PATRON_DATABASE_URL": settings.database_url, "PATRON_LOG_LEVEL": settings.log_level}
    if settings.plugins is not None:
        found["PATRON_PLUGINS"] = ",".join(settings.plugins)
    return found
