"""The composition root: settings and plugins come in, an ASGI application with everything behind it goes out.

Here and nowhere else the rooms are put together: database, schemas, gateway, transports, page. Whatever is wrong with
plugins, models or the schema stops the start with all problems in one error; the database's own security is checked
when the application starts to serve.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute

from patron_core.access.authentication import Authenticator
from patron_core.access.events import KeyRevoked, KeyRotated, RoleChanged, UserSignedOut
from patron_core.access.key_use import KeyUse
from patron_core.access.token_issuers import read_issuers
from patron_core.access.tokens import Tokens
from patron_core.audit.reading import DatabaseWriter, PostgresqlWriter, ReadLog
from patron_core.audit.sealing import Sealer
from patron_core.cache import CacheFigures
from patron_core.database import Database, asyncpg_url, open_database, sqlite_path
from patron_core.database.row_security import row_security_problems
from patron_core.documents.registry import TrustedDocuments
from patron_core.encryption.readiness import master_key_problems
from patron_core.errors import StartupError
from patron_core.outbound.client import Outbound
from patron_core.outbox.events import Relayed
from patron_core.outbox.reading import EventHistory
from patron_core.outbox.relay import Relay
from patron_core.outbox.types import EventTypes
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.tracing import turn_on
from patron_core.unit_of_work import CommittedEvent
from patron_core.values import Clock, RandomIds, SystemClock
from patron_core.webhooks.anchoring import AnchorPost
from patron_core.webhooks.queueing import WebhookQueue
from patron_core.webhooks.sending import WebhookSender
from patron_core.worker.backlog import Backlogs
from patron_core.worker.service import Worker
from patron_core.worker.waiting import RELAY, WEBHOOKS, open_waiting
from patron_schema.admission import Admission
from patron_schema.application import GRAPHQL_PATH, Application, middleware, page_routes
from patron_schema.auditing import Auditing
from patron_schema.authentication import Authentication
from patron_schema.broadcast import Broadcaster
from patron_schema.claims import Claims
from patron_schema.compose.list_indexes import list_index_warnings
from patron_schema.credential_watch import CredentialWatch
from patron_schema.documents import Documents
from patron_schema.drain import Drain
from patron_schema.endpoint import GraphQLEndpoint
from patron_schema.event_stream import EventStreams
from patron_schema.fanout import Fanout, fanout_of
from patron_schema.faulty_plugins import plugins_of
from patron_schema.gateway import Gateway
from patron_schema.inbound import InboundPlace, inbound_routes
from patron_schema.loop_watch import LoopWatch
from patron_schema.metrics import RequestFigures, metrics_routes
from patron_schema.persisted import PersistedDocuments
from patron_schema.planner.execution import PostgresqlReader, Reader, SqliteReader
from patron_schema.process_state import ProcessState
from patron_schema.rate_limits import rates_of
from patron_schema.readiness import Readiness, health_routes
from patron_schema.replicas import Replicas
from patron_schema.schemas import Schemas
from patron_schema.transport import Service
from patron_schema.webhook_payloads import GatewayBodies
from patron_schema.websocket import GraphQLWebSocket
from patron_schema.websocket_limits import Sockets
from patron_schema.workers import start, worker_of

__all__ = ["GRAPHQL_PATH", "Deployment", "create_app", "deploy", "follow_access"]

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
    tokens: Tokens
    used: KeyUse
    trusted: TrustedDocuments
    persisted: PersistedDocuments
    events: EventTypes
    relay: Relay
    sender: WebhookSender
    worker: Worker
    backlogs: Backlogs
    fanout: Fanout
    clock: Clock
    ids: RandomIds

    async def check(self) -> None:
        """Looks at what only a running database tells. Raises StartupError with every problem, UNAVAILABLE."""
        problems = await row_security_problems(self.database.url)
        if self.gateway.replicas is not None:
            problems += await self.gateway.replicas.problems()
        problems += await master_key_problems(self.database)
        if problems:
            raise StartupError(problems)

    def caches(self) -> tuple[CacheFigures, ...]:
        """What happened in each cache of this process."""
        gateway = self.gateway
        held = [gateway.reader.statements] if isinstance(gateway.reader, PostgresqlReader) else []
        named = [self.documents.figures, gateway.operations.figures, *self.schemas.figures, self.keys.figures]
        return (*named, self.trusted.figures, self.persisted.figures, *held)

    async def close(self) -> None:
        """Ends the worker, writes what is still noted and lets go of the database."""
        await self.worker.stop(seconds=2)  # `drain` gave it its time
        await self.backlogs.close()
        await self.fanout.close()
        await self.used.close()
        await self.gateway.close()


def create_app(
    *,
    settings: Settings | None = None,
    plugins: Plugins | None = None,
    database: Database | None = None,
    clock: Clock | None = None,
) -> Starlette:
    """The application: /graphql (POST, GET, WebSocket), /graphiql, /inbound/{source}, /healthz, /readyz, and /metrics with a token.

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
    if settings.traces:
        turn_on()
    clock = clock or SystemClock()
    plugins = plugins or plugins_of(settings)
    plugins.tell_slow_hooks(settings.slow_hook_seconds)
    _check(plugins)
    database = database or open_database(settings)
    schemas = Schemas(
        plugins=plugins, mode=settings.mode, database=database, clock=clock, page_default=settings.page_default
    )
    schemas.compose(None, settings.mode)
    documents = Documents(settings)
    ids = RandomIds(clock)
    trusted = TrustedDocuments(database, clock=clock)
    tokens, used = Tokens(read_issuers(settings.token_issuers), clock=clock), KeyUse(database)
    keys = Authenticator(database, clock=clock, plugins=plugins, tokens=tokens, used=used)
    broadcaster = Broadcaster()
    follow_access(broadcaster, keys)
    events = EventTypes.of(plugins)
    queue = WebhookQueue(types=events, clock=clock, ids=ids)

    def handed_on(relayed: Relayed) -> None:
        broadcaster.relayed(relayed)
        if worker.is_started:
            worker.wake(relayed.tenant_id, WEBHOOKS)

    relay = Relay(
        database,
        clock=clock,
        types=events,
        hand_on=[queue],
        told=handed_on,
        hurried=lambda tenant_id: broadcaster.is_followed(tenant_id) or queue.is_listening(tenant_id),
    )

    def broadcast(committed: Sequence[CommittedEvent]) -> None:
        """Followers hear of events from the relay, in the order it gives them."""
        broadcaster.tell_watchers(committed)
        worker.wake(committed[0].tenant_id, RELAY)

    history = EventHistory(database, types=events)
    fanout = fanout_of(settings, broadcaster, history=history, url=database.url)
    relay.announce = fanout.announce
    reader = _reader(database, settings)
    gateway = Gateway(
        database=database,
        reader=reader,
        replicas=_replicas(database, reader, settings),
        schemas=schemas,
        documents=documents,
        settings=settings,
        clock=clock,
        ids=ids,
        broadcaster=broadcaster,
        trust=trusted.text if settings.trusted_documents == "only" else None,
        rates=rates_of(settings),
        auditing=_auditing(database, settings, clock=clock, ids=ids),
        history=history,
        broadcast=broadcast,
        outbound=Outbound(allow_loopback=settings.outbound_loopback, seconds=settings.webhook_seconds),
    )
    bodies = GatewayBodies(gateway, schemas=schemas, types=events, ids=ids)
    sender = WebhookSender(
        database,
        outbound=gateway.webhooks.outbound,
        bodies=bodies,
        types=events,
        clock=clock,
        ids=ids,
        broadcast=broadcast,
    )
    worker = worker_of(
        settings,
        database=database,
        plugins=plugins,
        clock=clock,
        ids=ids,
        relay=relay,
        sender=sender,
        broadcast=broadcast,
    )
    return Deployment(
        settings=settings,
        plugins=plugins,
        database=database,
        schemas=schemas,
        documents=documents,
        gateway=gateway,
        keys=keys,
        tokens=tokens,
        used=used,
        trusted=trusted,
        persisted=PersistedDocuments(settings, trust=trusted.text, validate=gateway.validate),
        events=events,
        relay=relay,
        sender=sender,
        worker=worker,
        backlogs=Backlogs(open_waiting(settings), clock=clock),
        fanout=fanout,
        clock=clock,
        ids=ids,
    )


def follow_access(broadcaster: Broadcaster, keys: Authenticator) -> None:
    """What is taken back in this process counts at once; in other processes when they look next, a second later."""

    def forget_key(committed: CommittedEvent) -> None:
        assert isinstance(committed.event, KeyRevoked | KeyRotated)
        keys.forget(committed.event.key_id)

    for kind in (KeyRevoked, KeyRotated):
        broadcaster.watch(kind, forget_key)
    for other in (RoleChanged, UserSignedOut):
        broadcaster.watch(other, lambda committed: keys.forget_tenant(committed.tenant_id))


def _auditing(database: Database, settings: Settings, *, clock: Clock, ids: RandomIds) -> Auditing:
    """The audit: on PostgreSQL reads are written over a connection of their own, as the role that may do nothing else."""
    file, url, secret = settings.audit_anchor_file, settings.audit_anchor_url, settings.audit_anchor_secret
    post = None
    if url is not None and secret is not None:
        outbound = Outbound(allow_loopback=settings.outbound_loopback)
        post = AnchorPost(outbound, url, secret=secret.get_secret_value(), clock=clock)
    sealer = Sealer(database, clock=clock, anchor_file=None if file is None else Path(file), anchor_post=post)
    writer: DatabaseWriter | PostgresqlWriter = DatabaseWriter(database)
    if database.dialect == "postgresql":
        writer = PostgresqlWriter(asyncpg_url(settings.audit_database_url or database.url))
    return Auditing(database, clock=clock, ids=ids, log=ReadLog(writer, note=sealer.note), sealer=sealer)


def _check(plugins: Plugins) -> None:
    problems = plugins.check()
    if problems:
        raise StartupError(problems)


def _reader(database: Database, settings: Settings) -> Reader:
    if database.dialect == "sqlite":
        return SqliteReader(str(sqlite_path(database.url)), threads=settings.sqlite_readers)
    return PostgresqlReader(asyncpg_url(database.url), size=settings.pool_size)


def _replicas(database: Database, primary: Reader, settings: Settings) -> Replicas | None:
    if not settings.database_replica_urls:
        return None
    return Replicas(
        primary,
        primary_url=database.url,
        urls=settings.database_replica_urls,
        size=settings.pool_size,
        max_lag_seconds=settings.replica_max_lag_seconds,
    )


def _application(deployment: Deployment) -> Starlette:
    settings = deployment.settings
    requests, admission = RequestFigures(), Admission(settings)
    claims = Claims(deployment.database, clock=deployment.clock)
    authentication = Authentication(deployment.keys, claims=claims)
    service = Service(
        gateway=deployment.gateway,
        documents=deployment.documents,
        authenticate=authentication,
        refresh=authentication.refresh,
        recheck=authentication.recheck,
        settings=settings,
        ids=deployment.ids,
        persisted=deployment.persisted,
        requests=requests if settings.metrics_token is not None else None,
        rates=deployment.gateway.rates,
        admission=admission,
    )
    readiness = Readiness(deployment.database.url, deployment.plugins, clock=deployment.clock)
    sockets, watch = Sockets(settings), CredentialWatch.of(service)
    streams = EventStreams(service, sockets=sockets, watch=watch)
    state = ProcessState(deployment.gateway, admission, sockets, deployment.backlogs, sender=deployment.sender)
    endpoint = GraphQLEndpoint(service, streams=streams)
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint, name="graphql"),
        WebSocketRoute(
            GRAPHQL_PATH,
            GraphQLWebSocket(service, allowed_origins=settings.allowed_origins, sockets=sockets, watch=watch),
            name="graphql-transport-ws",
        ),
        *inbound_routes(_inbound(deployment, admission)),
        *health_routes(readiness, token=settings.metrics_token, more=state.told),
        *metrics_routes(settings.metrics_token, requests=requests, caches=deployment.caches, state=state.families),
        *(page_routes(deployment.plugins, settings) if settings.graphiql else []),
    ]
    direct = None if settings.allowed_origins else endpoint
    app = Application(
        direct,
        routes=routes,
        middleware=middleware(settings),
        lifespan=_lifespan(deployment, Drain(readiness, deployment.worker, streams), readiness),
    )
    app.state.deployment = deployment
    app.state.event_streams = streams
    return app


def _inbound(deployment: Deployment, admission: Admission) -> InboundPlace:
    gateway = deployment.gateway
    return InboundPlace(
        database=deployment.database,
        schemas=deployment.schemas,
        settings=deployment.settings,
        clock=deployment.clock,
        ids=deployment.ids,
        broadcast=gateway.broadcast,
        rates=gateway.rates,
        admission=admission,
        changed=gateway.auditing.changed,
    )


def _lifespan(
    deployment: Deployment, drain: Drain, readiness: Readiness
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            await deployment.check()
            await deployment.tokens.load()
            ready = await readiness.is_ready()
            deployment.fanout.start()
            if deployment.gateway.replicas is not None:
                deployment.gateway.replicas.start()
            for warning in list_index_warnings(deployment.schemas.compose(None, deployment.settings.mode).catalog):
                _log.warning("column_without_index", problem=warning)
            _log.info(
                "started", plugins=list(deployment.plugins.names), mode=deployment.settings.mode.name, ready=ready
            )
            if deployment.settings.worker:
                start(deployment.worker, deployment.settings)
            watch = LoopWatch(deployment.plugins, seconds=deployment.settings.blocked_seconds)
            with watch.watching(), drain.watching():
                yield
            await drain.ended()
        finally:
            await deployment.close()

    return lifespan
