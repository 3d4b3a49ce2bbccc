"""Runs the application under uvicorn: uvloop, httptools, bounded frames, no access log beside our own; or its worker alone.

Settings come in; nothing comes out until the process is told to stop. With several workers each is a process of its
own that reads its settings from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Iterator, Mapping
from typing import Any, Final

import structlog
import uvicorn
from starlette.applications import Starlette

from patron_core.address import dialect_of
from patron_core.migrations import Pending, pending
from patron_core.settings import Settings
from patron_schema.app import Deployment, create_app, deploy
from patron_schema.drain import GRACE_SECONDS
from patron_schema.http_protocol import bounded_protocol
from patron_schema.request_log import configure_logging
from patron_schema.workers import start

__all__ = ["application", "serve", "work"]

_log: Final = structlog.stdlib.get_logger("patron.server")
_FACTORY: Final = "patron_schema.server:application"
_ON_SQLITE: Final = (
    "On SQLite one process writes at a time, and a socket hears what other workers committed within a second or two. "
    "Several workers share the reading. Use PostgreSQL where they shall share the writing."
)


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
    if dialect_of(settings.database_url) == "sqlite":
        _log.warning("several_workers", workers=workers, note=_ON_SQLITE)
    os.environ.update(_environment(settings))
    uvicorn.run(_FACTORY, factory=True, workers=workers, **options)


def work(settings: Settings, *, stop_seconds: float = 8) -> None:
    """Does what comes after changes, without serving, until SIGINT or SIGTERM comes.

    stop_seconds: how long what runs then may go on; what has not ended is taken over by another worker in a minute.
    Raises as `serve` does.
    """
    configure_logging(settings.log_level)
    with _made_to_stay():
        deployment = deploy(settings=settings)
    asyncio.run(_work(deployment, stop_seconds=stop_seconds))


async def _work(deployment: Deployment, *, stop_seconds: float) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await deployment.check()
        deployment.fanout.start()  # with NATS it also tells the others
        start(deployment.worker, deployment.settings)
        _log.info("working", plugins=list(deployment.plugins.names))
        await stopped.wait()
        _log.info("worker_stopping", seconds=stop_seconds)
        await deployment.worker.stop(seconds=stop_seconds)
    finally:
        await deployment.close()
    _log.info("worker_stopped")


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
        "http": bounded_protocol(settings.header_seconds, unread_seconds=settings.unread_seconds),
        "ws": "websockets-sansio",
        "ws_max_size": settings.ws_max_frame_bytes,
        "ws_per_message_deflate": False,  # a compressor for each socket costs more memory than all the rest of it
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # nothing here asks who or what stands before us
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }


def _environment(settings: Settings) -> dict[str, str]:
    """The settings that options of the command line may have set, as a worker reads them."""
    found = {"PATRON_DATABASE_URL": settings.database_url, "PATRON_LOG_LEVEL": settings.log_level}
    if settings.plugins is not None:
        found["PATRON_PLUGINS"] = ",".join(settings.plugins)
    return found
