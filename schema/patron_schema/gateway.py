"""The one door: every operation, whatever transport, job or plugin it comes from, runs here as an actor.

Document and variables are read, the plan is made or found, everything that can be refused is refused, then the fast path passes
the database's JSON on, or the general path lets Strawberry finish over the same plans. Writes go through a unit of work.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import structlog
from graphql import DocumentNode, ExecutionResult
from graphql import execute as execute_graphql

from patron_core.database import Database
from patron_core.encryption.cipher import TenantKeys
from patron_core.errors import BadRequest, PublicError
from patron_core.messages import Command
from patron_core.outbound.client import Outbound
from patron_core.settings import Settings
from patron_core.tracing import span
from patron_core.unit_of_work import Broadcast
from patron_core.unit_of_work import execute as execute_command
from patron_core.values import Clock, IdSource

from .auditing import Auditing, in_emergency_only_reads
from .broadcast import Broadcaster
from .compose import Composed
from .context import OperationRequest, OperationResponse
from .documents import Document, Documents
from .encrypted_fields import hashed, opened, tenant_keys, unknown_keys
from .errors import DocumentInvalid, formatted
from .explanation import bound_params, check_may_explain, explanation, planned_roots
from .following import Listener
from .introspection import check_not_introspecting, may_introspect, without_suggestions
from .matching import PlannedMatcher
from .operation_state import OperationState
from .operations import NODE_ID, Operations, PreparedRoot
from .part_failures import missing_errors, read_without_parts
from .payloads import Settled
from .persisted import Trust, check_trusted
from .planner.execution import Reader, bind
from .planner.parameters import ACTOR, NOW, PARTY
from .planner.response import answered, counted, spliced, without_subjects
from .rate_limits import Rates
from .ready import Ready
from .replicas import Replicas
from .resuming import History
from .schemas import Schemas
from .statements import Statements
from .subscriptions import Subscriptions
from .transport import OpenSubscription
from .variables import VariableReader
from .webhook_commands import WebhookCommands
from .writing import field_document, write

__all__ = ["Gateway"]

_log = structlog.stdlib.get_logger("patron.gateway")
_NOBODY = uuid.UUID(int=0)


class Gateway:
    """Answers operations for one deployment.

    broadcast: told of committed events; None where nobody relays them, and followers hear them at once.
    """

    def __init__(
        self,
        *,
        database: Database,
        reader: Reader,
        schemas: Schemas,
        documents: Documents,
        settings: Settings,
        clock: Clock,
        ids: IdSource,
        broadcaster: Broadcaster,
        trust: Trust | None = None,
        rates: Rates | None = None,
        auditing: Auditing | None = None,
        replicas: Replicas | None = None,
        history: History | None = None,
        broadcast: Broadcast | None = None,
        outbound: Outbound | None = None,
    ) -> None:
        self.database = database
        self.reader = reader
        self.replicas = replicas
        self.schemas = schemas
        self.documents = documents
        self.settings = settings
        self.clock = clock
        self.ids = ids
        self.broadcaster = broadcaster
        self._broadcast = broadcast
        self._trust = trust
        self.rates = rates
        self.auditing = auditing or Auditing(database, clock=clock)
        self.operations = Operations(settings, reader.dialect)
        schemas.lend(PlannedMatcher(schemas.compose, documents=documents, settings=settings))
        self.statements = Statements(self)
        self.webhooks = WebhookCommands(self, outbound or Outbound(allow_loopback=settings.outbound_loopback))
        self.subscriptions = Subscriptions(
            broadcaster,
            prepare=self._ready,
            read=self.text,
            finish=self._general,
            keep=self.auditing.keep_told,
            ids=ids,
            settings=settings,
            history=history,
        )

    @property
    def broadcast(self) -> Broadcast:
        """Who is told of events once they are committed."""
        return self._broadcast or self.broadcaster.publish

    async def execute(self, request: OperationRequest) -> OperationResponse:
        """Answers a query or a mutation. Raises PublicError for what is refused before anything ran."""
        with span("patron.plan"):
            ready = await self._ready(request)
        if ready.document.kind == "subscription":
            raise BadRequest(
                "A subscription cannot be answered here. It needs an open connection. Use a WebSocket or an event stream."
            )
        if ready.prepared.fast and ready.document.kind == "mutation":
            return await self._kept(ready, await self._written(ready))
        if ready.prepared.fast:
            body = await self._fast(ready)
            if body is not None:
                self._give_back(ready)
                return await self._kept(ready, OperationResponse(body, subjects=frozenset(ready.subjects)))
            ready = await self._ready(request, general=True)
        return await self._kept(ready, await self._general(ready))

    async def _kept(self, ready: Ready, response: OperationResponse) -> OperationResponse:
        """The answer, once the audit holds what it shows."""
        await self.auditing.keep(ready)
        if self.replicas is not None and ready.document.kind == "mutation":
            return replace(response, consistency=self.replicas.token(ready.request.actor))
        return response

    async def explain(self, request: OperationRequest, *, database_plan: bool = False) -> dict[str, Any]:
        """How an operation is answered: a query runs, of a mutation only the plans of what its payload shows are made.

        database_plan: adds how the database would go about each statement. Raises as `execute` does, and FORBIDDEN.
        """
        request = replace(request, explain=True)
        ready = await self._ready(request)
        ran = ready.document.kind == "query"
        shown = explanation(ready, limit=self.operations.cost_limit(request.actor), ran=False)
        if ran:
            answer = orjson.loads((await self.execute(request)).body)
            shown = {**answer["extensions"]["explain"], "planFromCache": ready.cached}
            shown["errors"] = answer.get("errors", [])
        if database_plan:
            for entry, (_, root) in zip(shown["fields"], planned_roots(ready), strict=True):
                assert root.statement is not None
                entry["databasePlan"] = await self.reader.plan(root.statement.sql, bound_params(root))
        return shown

    async def check(self, request: OperationRequest) -> None:
        """Raises what `execute` refuses before anything runs; nothing runs."""
        await self._ready(request)

    async def validate(self, tenant_id: uuid.UUID, query: str, operation_name: str | None) -> None:
        """Raises as `Documents.load` does where the tenant's schema would refuse the text."""
        composed = (await self.schemas.of(tenant_id)).composed
        self.documents.load(composed.graphql, composed.key, query, operation_name)

    async def _ready(self, request: OperationRequest, *, general: bool = False) -> Ready:
        if request.explain:
            check_may_explain(request.actor)
        if self._trust is not None and request.transport != "JOB":
            await check_trusted(self._trust, request.actor.tenant_id, request.query)
        tenant = await self.schemas.seen_by(request.actor)
        composed = tenant.composed
        document = self._document(request, composed)
        request = in_emergency_only_reads(request, document.kind, now=self.clock.now())
        variables = self._variables(request, self.operations.reader(composed, document))
        cached = request.explain and self.operations.keeps(
            composed, document, variables, request.actor, general=general, subjects=request.subjects
        )
        without = tenant.plugins.unreadable_for(request.actor.tenant_id)
        prepared = self.operations.prepare(
            composed, document, variables, request.actor, general=general, subjects=request.subjects, without=without
        )
        self.auditing.check(request.actor, prepared)
        cost = self.operations.check_cost(prepared, variables, request.actor)
        arguments = {
            root.key: bind(
                root.plan, request.actor.tenant_id, {**variables, NODE_ID: _NOBODY} if root.named else variables
            )
            for root in (*prepared.roots, *prepared.payloads.values())
            if root.plan is not None
        }
        if self.rates is not None and not general and request.transport != "JOB":
            await self.rates.take(request.actor, cost)
        return Ready(request, tenant, document, variables, prepared, arguments, cost, cached=cached, lost=set(without))

    def _document(self, request: OperationRequest, composed: Composed) -> Document:
        """The document, valid for the schema; whoever may not look at that is told nothing about it."""
        may_look = may_introspect(request.actor, self.settings.introspection)
        try:
            document = self.documents.load(composed.graphql, composed.key, request.query, request.operation_name)
        except DocumentInvalid as refusal:
            raise refusal if may_look else without_suggestions(refusal) from None
        if not may_look:
            check_not_introspecting(document)
        return document

    def _give_back(self, ready: Ready) -> None:
        """What was charged and not used is the actor's again."""
        if self.rates is not None and ready.request.transport != "JOB":
            self.rates.give_back(ready.request.actor, ready.cost - max(ready.actual, 1))

    def _variables(self, request: OperationRequest, reader: VariableReader) -> Mapping[str, Any]:
        """The coerced variables; beside them who asks and when, where that decides whose rows are read."""
        variables = reader.coerce(request.variables)
        if not request.actor.limits:
            return variables
        actor = request.actor
        return {**variables, PARTY: actor.party_id or _NOBODY, ACTOR: actor.subject, NOW: self.clock.now()}

    # -- the fast path

    async def _fast(self, ready: Ready) -> bytes | None:
        """The answer from the database's JSON; None when something failed, which the general path then reports in its place."""
        roots = ready.prepared.roots
        try:
            texts = [await self.text(ready, roots[0])] if len(roots) == 1 else await self._texts(ready, roots)
        except Exception as error:
            _log.info("fast_path_left", request_id=ready.request.request_id, error=type(error).__name__)
            return None
        pieces = [b'{"data":{']  # joined once: a large answer is copied as often as it is put together
        for index, (root, text) in enumerate(zip(roots, texts, strict=True)):
            pieces += [b',"' if index else b'"', root.key.encode(), b'":', text]
        return b"".join([*pieces, b'},"extensions":', self._extensions(ready), b"}"])

    async def _texts(self, ready: Ready, roots: Sequence[PreparedRoot]) -> list[bytes]:
        """Several roots at once; the first that fails cancels the others."""
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self.text(ready, root)) for root in roots]
        return [task.result() for task in asked]

    async def text(self, ready: Ready, root: PreparedRoot, arguments: list[Any] | None = None) -> bytes:
        """The JSON of a planned root field."""
        assert root.statement is not None
        values = arguments or ready.arguments[root.key]
        keys = await tenant_keys(self.database, ready.request.actor.tenant_id) if root.statement.sealed else None
        bound = root.statement.arguments(values)
        try:
            found = await self.statements.value(
                ready, root.statement.sql, bound if keys is None else hashed(bound, keys)
            )
        except PublicError:
            raise
        except Exception as error:
            if ready.prepared.fast or ready.asked_again:
                raise  # the fast path is left first, so that errors get their places
            return await read_without_parts(ready, root, values, error, operations=self.operations, read=self.text)
        text, rows = answered(found, root.statement, values)
        if root.subjects:
            text, subjects = without_subjects(text)
            ready.subjects.update(subjects)
        text, taken = counted(text, root.statement, rows)
        ready.taken.add(root, taken)
        if keys is not None:
            text = await self._opened(ready, text, keys)
        return spliced(text, root.resolvers) if root.resolvers else text

    async def _opened(self, ready: Ready, text: bytes, keys: TenantKeys) -> bytes:
        """The text with what is encrypted opened. A key may be younger than those at hand: they are read once more."""
        request = ready.request
        if unknown_keys(text, keys):
            keys = await tenant_keys(self.database, request.actor.tenant_id, again=True)
        return opened(text, keys, strict=ready.prepared.fast, request_id=request.request_id)

    def _extensions(self, ready: Ready) -> bytes:
        limit = self.operations.cost_limit(ready.request.actor)
        cost = b'"cost":{"requested":%d,"actual":%d,"limit":%d}' % (ready.cost, ready.actual, limit)
        if not ready.request.explain:
            return b"{%b}" % cost
        return b'{%b,"explain":%b}' % (cost, orjson.dumps(explanation(ready, limit=limit)))

    # -- the general path

    async def _general(self, ready: Ready) -> OperationResponse:
        result = await self._executed(OperationState(self, ready), ready.document.ast)
        answer: dict[str, Any] = {}
        request_id = ready.request.request_id
        errors = [formatted(error, request_id=request_id) for error in result.errors or ()]
        errors += [{**formatted(error, request_id=request_id), "path": [key]} for key, error in missing_errors(ready)]
        if errors:
            answer["errors"] = errors
        answer["data"] = result.data
        answer["extensions"] = orjson.loads(self._extensions(ready))
        return OperationResponse(orjson.dumps(answer), subjects=frozenset(ready.subjects))

    async def _executed(self, state: OperationState, ast: DocumentNode) -> ExecutionResult:
        """graphql-core's result of a document, over the plans of the state's operation."""
        made = execute_graphql(
            state.tenant.composed.graphql,
            ast,
            context_value=state,
            variable_values=dict(state.ready.request.variables),
            operation_name=state.ready.request.operation_name,
        )
        result: Any = await made if asyncio.iscoroutine(made) or asyncio.isfuture(made) else made
        executed: ExecutionResult = result
        return executed

    # -- subscriptions

    async def follow(self, request: OperationRequest, listener: Listener) -> OpenSubscription:
        """Tells the listener each event of a subscription, from now on or from where it was. Raises PublicError for what is
        refused.
        """
        return await self.subscriptions.follow(request, listener)

    def subscribe(self, request: OperationRequest) -> AsyncGenerator[bytes]:
        """The results of a subscription, each as JSON. Raises PublicError before the first for what is refused."""
        return self.subscriptions.subscribe(request)

    # -- writes

    async def _written(self, ready: Ready) -> OperationResponse:
        """The answer of a mutation, by its fast path."""
        written = await write(ready, handle=self.handle, read=self.text, finish=self._field)
        errors = b'"errors":%b,' % orjson.dumps(written.errors) if written.errors else b""
        body = b'{%b"data":%b,"extensions":%b}' % (errors, written.data, self._extensions(ready))
        return OperationResponse(body, subjects=frozenset(ready.subjects))

    async def _field(self, ready: Ready, root: PreparedRoot, settled: Mapping[str, Settled]) -> ExecutionResult:
        """One root field of a mutation by the general path, over what was settled of it."""
        request, composed = ready.request, ready.tenant.composed
        prepared = self.operations.prepare(
            composed,
            ready.document,
            ready.variables,
            request.actor,
            general=True,
            subjects=request.subjects,
            without=frozenset(ready.lost),
        )
        state = OperationState(self, replace(ready, prepared=prepared), settled)
        return await self._executed(state, field_document(ready.document, root))

    async def handle(self, command: Command, ready: Ready) -> Any:
        """Handles a command, with what belongs to it outside of the database."""
        with span("patron.command", command=type(command).__name__):
            return await self.webhooks.around(command, ready.request.actor, lambda: self._handled(command, ready))

    async def _handled(self, command: Command, ready: Ready) -> Any:
        """Handles a command in a unit of work of its own and tells the followers."""
        outcome = await execute_command(
            self.database,
            command,
            actor=ready.request.actor,
            clock=self.clock,
            ids=self.ids,
            plugins=ready.tenant.plugins,
            request_id=ready.request.request_id,
            idempotency_key=getattr(command, "idempotency_key", None),
            broadcast=self.broadcast,
        )
        self.auditing.changed(ready.request.actor)
        if self.replicas is not None:
            await self.replicas.wrote(ready.request.actor)
        return outcome.value

    async def close(self) -> None:
        """Lets go of the database, when all that was read is kept."""
        await self.auditing.close()
        if self.rates is not None:
            await self.rates.close()
        if self.replicas is not None:
            await self.replicas.close()
        await self.reader.close()
        await self.database.close()
