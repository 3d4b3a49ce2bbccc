"""The composition root: settings and plugins come in, an ASGI application with everything behind it goes out.

Here and nowhere else the rooms are put together: database, schemas, gateway, transports, page. Whatever is wrong with
plugins, models or the schema stops the start with all problems in one error; the database's own security is checked
when the application starts to serve.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from patron_core.access.authentication import Authenticator
from patron_core.access.events import KeyRevoked
from patron_core.cache import CacheFigures
from patron_core.database import Database, asyncpg_url, open_database, sqlite_path
from patron_core.database.row_security import row_security_problems
from patron_core.documents.registry import TrustedDocuments
from patron_core.errors import StartupError
from patron_core.plugins import Plugins, load_plugins
from patron_core.settings import Settings
from patron_core.values import Clock, RandomIds, SystemClock
from patron_schema.authentication import Authentication
from patron_schema.broadcast import Broadcaster
from patron_schema.compose.list_indexes import list_index_warnings
from patron_schema.documents import Documents
from patron_schema.endpoint import GraphQLEndpoint
from patron_schema.example_queries import CORE_EXAMPLES
from patron_schema.gateway import Gateway
from patron_schema.graphiql import Example, graphiql_routes
from patron_schema.hookspecs import SchemaHooks
from patron_schema.metrics import RequestFigures, metrics_routes
from patron_schema.persisted import PersistedDocuments
from patron_schema.planner.execution import PostgresqlReader, Reader, SqliteReader
from patron_schema.readiness import Readiness, health_routes
from patron_schema.schemas import Schemas
from patron_schema.transport import Service
from patron_schema.websocket import GraphQLWebSocket

__all__ = ["GRAPHQL_PATH", "Deployment", "create_app", "deploy"]

GRAPHQL_PATH: Final = "/graphql"
_log: Final = structlog.stdlib.get_logger("patron.app")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What one process serves, without HTTP: the command line, the demo and jobs use it too."""

    settings: Settings
    plugins: Plugins
    database: Database
    schemas: Schemas
    documents: Documents
    gateway: Gateway
    keys: Authenticator
    trusted: TrustedDocuments
    persisted: PersistedDocuments
    clock: Clock
    ids: RandomIds

    async def check(self) -> None:
        """Looks at what only a running database tells. Raises StartupError with every problem, UNAVAILABLE."""
        problems = await row_security_problems(self.database.url)
        if problems:
            raise StartupError(problems)

    def caches(self) -> tuple[CacheFigures, ...]:
        """What happened in each cache of this process."""
        gateway = self.gateway
        held = [gateway.reader.statements] if isinstance(gateway.reader, PostgresqlReader) else []
        named = [self.documents.figures, gateway.operations.figures, *self.schemas.figures, self.keys.figures]
        return (*named, self.trusted.figures, self.persisted.figures, *held)

    async def close(self) -> None:
        """Lets go of the database."""
        await self.gateway.close()


class Application(Starlette):
    """Starlette with a short way for GraphQL over HTTP, which catches its own faults and needs no middleware.

    direct: what answers /graphql before any routing, a third of the time of a small query; None where middleware is wanted.
    """

    def __init__(self, direct: ASGIApp | None, **options: Any) -> None:
        super().__init__(**options)
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or socket."""
        if self._direct is not None and scope["type"] == "http" and scope["path"] == GRAPHQL_PATH:
            await self._direct(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    *,
    settings: Settings | None = None,
    plugins: Plugins | None = None,
    database: Database | None = None,
    clock: Clock | None = None,
) -> Starlette:
    """The application: /graphql (POST, GET, WebSocket), /graphiql, /healthz, /readyz, and /metrics with a token.

    settings: None reads PATRON_* variables. plugins: None loads those the settings name. database: None opens the one
    of the settings; it is closed with the application in either case. clock: None is the machine's. Raises
    StartupError with every problem found. `app.state.deployment` is the `Deployment`.
    """
    return _application(deploy(settings=settings, plugins=plugins, database=database, clock=clock))


def deploy(
    *,
    settings: Settings | None = None,
    plugins: Plugins | None = None,
    database: Database | None = None,
    clock: Clock | None = None,
) -> Deployment:
    """Puts together everything below HTTP; arguments and errors as of `create_app`."""
    settings = settings or Settings()
    clock = clock or SystemClock()
    plugins = plugins or load_plugins(settings.plugins, specs=(SchemaHooks,))
    _check(plugins)
    database = database or open_database(settings)
    schemas = Schemas(
        plugins=plugins, mode=settings.mode, database=database, clock=clock, page_default=settings.page_default
    )
    schemas.compose(None, settings.mode)
    documents = Documents(settings)
    ids = RandomIds(clock)
    trusted = TrustedDocuments(database, clock=clock)
    keys, broadcaster = Authenticator(database, clock=clock), Broadcaster()
    broadcaster.watch(KeyRevoked, lambda event: keys.forget(event.key_id))
    gateway = Gateway(
        database=database,
        reader=_reader(database, settings),
        schemas=schemas,
        documents=documents,
        settings=settings,
        clock=clock,
        ids=ids,
        broadcaster=broadcaster,
        trust=trusted.text if settings.trusted_documents == "only" else None,
    )
    return Deployment(
        settings=settings,
        plugins=plugins,
        database=database,
        schemas=schemas,
        documents=documents,
        gateway=gateway,
        keys=keys,
        trusted=trusted,
        persisted=PersistedDocuments(settings, trust=trusted.text, validate=gateway.validate),
        clock=clock,
        ids=ids,
    )


def _check(plugins: Plugins) -> None:
    problems = plugins.check()
    if problems:
        raise StartupError(problems)


def _reader(database: Database, settings: Settings) -> Reader:
    if database.dialect == "sqlite":
        return SqliteReader(str(sqlite_path(database.url)), threads=settings.sqlite_readers)
    return PostgresqlReader(asyncpg_url(database.url), size=settings.pool_size)


def _application(deployment: Deployment) -> Starlette:
    settings = deployment.settings
    requests = RequestFigures()
    authentication = Authentication(deployment.keys)
    service = Service(
        gateway=deployment.gateway,
        documents=deployment.documents,
        authenticate=authentication,
        refresh=authentication.refresh,
        settings=settings,
        ids=deployment.ids,
        persisted=deployment.persisted,
        requests=requests if settings.metrics_token is not None else None,
    )
    readiness = Readiness(deployment.database.url, deployment.plugins, clock=deployment.clock)
    endpoint = GraphQLEndpoint(service)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint, name="graphql"),
        WebSocketRoute(
            GRAPHQL_PATH,
            GraphQLWebSocket(service, allowed_origins=settings.allowed_origins),
            name="graphql-transport-ws",
        ),
        *health_routes(readiness),
        *metrics_routes(settings.metrics_token, requests=requests, caches=deployment.caches),
        *(_page_routes(deployment) if settings.graphiql else []),
    ]
    direct = None if settings.allowed_origins else endpoint
    app = Application(
        direct, routes=routes, middleware=_middleware(settings), lifespan=_lifespan(deployment, readiness)
    )
    app.state.deployment = deployment
    return app


def _page_routes(deployment: Deployment) -> list[BaseRoute]:
    async def to_the_page(_request: Request) -> Response:
        return RedirectResponse("graphiql", status_code=307)  # relative: a proxy may serve this below another path

    def examples() -> list[Example]:
        found = deployment.plugins.each("patron_example_queries")
        return [*CORE_EXAMPLES, *(example for _, group in found for example in group)]

    page = graphiql_routes(
        endpoint=GRAPHQL_PATH,
        subscriptions=GRAPHQL_PATH,
        examples=examples,
        closed=deployment.settings.trusted_documents == "only",
    )
    return [Route("/", to_the_page), *page]


def _middleware(settings: Settings) -> list[Middleware]:
    """Cross-origin requests, for configured origins only; without any, browsers keep other hosts' pages out."""
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "patron-explain"],
            expose_headers=["x-request-id"],
        )
    ]


def _lifespan(deployment: Deployment, readiness: Readiness) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            await deployment.check()
            ready = await readiness.is_ready()
            for warning in list_index_warnings(deployment.schemas.compose(None, deployment.settings.mode).catalog):
                _log.warning("column_without_index", problem=warning)
            _log.info(
                "started", plugins=list(deployment.plugins.names), mode=deployment.settings.mode.name, ready=ready
            )
            yield
        finally:
            await deployment.close()

    return lifespan
