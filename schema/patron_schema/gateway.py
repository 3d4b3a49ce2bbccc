"""The one door: every operation, whatever transport, job or plugin it comes from, runs here as an actor.

Document and variables are read, the plan is made or found, everything that can be refused is refused, then the fast path passes
the database's JSON on, or the general path lets Strawberry finish over the same plans. Writes go through a unit of work.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import orjson
import structlog
from graphql import DocumentNode, ExecutionResult
from graphql import execute as execute_graphql

from patron_core.database import Database, TenantSession
from patron_core.errors import BadRequest
from patron_core.messages import Actor, Command
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork
from patron_core.unit_of_work import execute as execute_command
from patron_core.values import Clock, IdSource

from .broadcast import Broadcaster
from .compose import MutationField
from .context import OperationRequest, OperationResponse
from .documents import Document, Documents
from .errors import formatted
from .explanation import bound_params, check_may_explain, explanation, planned_roots
from .following import Following, Listener
from .operations import NODE_ID, Operations, Prepared, PreparedRoot
from .payloads import Settled, settle
from .persisted import Trust, check_trusted
from .planner.execution import Reader, bind
from .planner.response import answered, counted, spliced, without_subjects
from .schemas import Schemas, TenantSchema
from .subscriptions import Subscriptions
from .writing import field_document, write

__all__ = ["Gateway", "OperationState"]

_log = structlog.stdlib.get_logger("patron.gateway")
T = TypeVar("T")
_NOBODY = uuid.UUID(int=0)


@dataclass(slots=True)
class Taken:
    """What the answers of an operation took so far, by the rule of its cost. fields: by the identity of the prepared root."""

    rows: int = 0
    statements: int = 0
    fields: dict[int, int] = field(default_factory=dict)

    def add(self, root: PreparedRoot, rows: int) -> None:
        """Counts one more answer of a statement."""
        self.rows += rows
        self.statements += 1
        self.fields[id(root)] = self.fields.get(id(root), 0) + rows

    def join(self, other: Taken) -> None:
        """Counts what was counted apart."""
        self.rows += other.rows
        self.statements += other.statements
        for root, rows in other.fields.items():
            self.fields[root] = self.fields.get(root, 0) + rows


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation that may run: nothing more can be refused.

    texts: what was read already, by root key. cached: whether its plan was kept from an earlier request, where that is asked.
    """

    request: OperationRequest
    tenant: TenantSchema
    document: Document
    variables: Mapping[str, Any]
    prepared: Prepared
    arguments: Mapping[str, list[Any]]
    cost: int
    subjects: set[str] = field(default_factory=set)
    taken: Taken = field(default_factory=Taken)
    texts: Mapping[str, bytes] = field(default_factory=dict)
    cached: bool = False

    @property
    def actual(self) -> int:
        """What the answer took so far; a root field that Python alone resolves counts 1."""
        return self.taken.rows + sum(root.plan is None for root in self.prepared.roots)

    def apart(self) -> Ready:
        """The same operation, whose answers are counted apart from it until they are joined."""
        return replace(self, subjects=set(), taken=Taken())

    def join(self, other: Ready) -> None:
        """Counts what was taken apart."""
        self.taken.join(other.taken)
        self.subjects.update(other.subjects)


class Gateway:
    """Answers operations for one deployment."""

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
    ) -> None:
        self.database = database
        self.reader = reader
        self.schemas = schemas
        self.documents = documents
        self.settings = settings
        self.clock = clock
        self.ids = ids
        self.broadcaster = broadcaster
        self._trust = trust
        self.operations = Operations(settings, reader.dialect)
        self.subscriptions = Subscriptions(
            broadcaster,
            prepare=self._ready,
            read=self._text,
            finish=self._general,
            ids=ids,
            settings=settings,
        )

    async def execute(self, request: OperationRequest) -> OperationResponse:
        """Answers a query or a mutation. Raises PublicError for what is refused before anything ran."""
        ready = await self._ready(request)
        if ready.document.kind == "subscription":
            raise BadRequest("A subscription cannot be answered here. It needs an open connection. Use the WebSocket.")
        if ready.prepared.fast and ready.document.kind == "mutation":
            return await self._written(ready)
        if ready.prepared.fast:
            body = await self._fast(ready)
            if body is not None:
                return OperationResponse(body, subjects=frozenset(ready.subjects))
            ready = await self._ready(request, general=True)
        return await self._general(ready)

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

    async def validate(self, tenant_id: uuid.UUID, query: str, operation_name: str | None) -> None:
        """Raises as `Documents.load` does where the tenant's schema would refuse the text."""
        composed = (await self.schemas.of(tenant_id)).composed
        self.documents.load(composed.graphql, composed.key, query, operation_name)

    async def _ready(self, request: OperationRequest, *, general: bool = False) -> Ready:
        if request.explain:
            check_may_explain(request.actor)
        if self._trust is not None and request.transport != "JOB":
            await check_trusted(self._trust, request.actor.tenant_id, request.query)
        tenant = await self.schemas.of(request.actor.tenant_id)
        composed = tenant.composed
        document = self.documents.load(composed.graphql, composed.key, request.query, request.operation_name)
        variables = self.operations.reader(composed, document).coerce(request.variables)
        cached = request.explain and self.operations.keeps(
            composed, document, variables, request.actor, general=general, subjects=request.subjects
        )
        prepared = self.operations.prepare(
            composed, document, variables, request.actor, general=general, subjects=request.subjects
        )
        cost = self.operations.check_cost(prepared, variables, request.actor)
        arguments = {
            root.key: bind(
                root.plan, request.actor.tenant_id, {**variables, NODE_ID: _NOBODY} if root.named else variables
            )
            for root in (*prepared.roots, *prepared.payloads.values())
            if root.plan is not None
        }
        return Ready(request, tenant, document, variables, prepared, arguments, cost, cached=cached)

    # -- the fast path

    async def _fast(self, ready: Ready) -> bytes | None:
        """The answer from the database's JSON; None when something failed, which the general path then reports in its place."""
        roots = ready.prepared.roots
        try:
            texts = [await self._text(ready, roots[0])] if len(roots) == 1 else await self._texts(ready, roots)
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
            asked = [tasks.create_task(self._text(ready, root)) for root in roots]
        return [task.result() for task in asked]

    async def _text(self, ready: Ready, root: PreparedRoot, arguments: list[Any] | None = None) -> bytes:
        assert root.statement is not None
        values = arguments or ready.arguments[root.key]
        found = await self.reader.value(root.statement.sql, root.statement.arguments(values))
        text, rows = answered(found, root.statement, values)
        if ready.request.subjects:
            text, subjects = without_subjects(text)
            ready.subjects.update(subjects)
        text, taken = counted(text, root.statement, rows)
        ready.taken.add(root, taken)
        return spliced(text, root.resolvers) if root.resolvers else text

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
        if result.errors:
            answer["errors"] = [formatted(error, request_id=ready.request.request_id) for error in result.errors]
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

    async def follow(self, request: OperationRequest, listener: Listener) -> Following:
        """Tells the listener each event of a subscription from now on. Raises PublicError for what is refused."""
        return await self.subscriptions.follow(request, listener)

    def subscribe(self, request: OperationRequest) -> AsyncGenerator[bytes]:
        """The results of a subscription, each as JSON. Raises PublicError before the first for what is refused."""
        return self.subscriptions.subscribe(request)

    # -- writes

    async def _written(self, ready: Ready) -> OperationResponse:
        """The answer of a mutation, by its fast path."""
        written = await write(ready, handle=self.handle, read=self._text, finish=self._field)
        errors = b'"errors":%b,' % orjson.dumps(written.errors) if written.errors else b""
        body = b'{%b"data":%b,"extensions":%b}' % (errors, written.data, self._extensions(ready))
        return OperationResponse(body, subjects=frozenset(ready.subjects))

    async def _field(self, ready: Ready, root: PreparedRoot, settled: Mapping[str, Settled]) -> ExecutionResult:
        """One root field of a mutation by the general path, over what was settled of it."""
        request, composed = ready.request, ready.tenant.composed
        prepared = self.operations.prepare(
            composed, ready.document, ready.variables, request.actor, general=True, subjects=request.subjects
        )
        state = OperationState(self, replace(ready, prepared=prepared), settled)
        return await self._executed(state, field_document(ready.document, root))

    async def handle(self, command: Command, ready: Ready) -> Any:
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
            broadcast=self.broadcaster.publish,
        )
        return outcome.value

    async def close(self) -> None:
        """Lets go of the database."""
        await self.reader.close()
        await self.database.close()


@dataclass(slots=True)
class OperationState:
    """The running operation, as resolvers see it (graphql-core's context value). settled: commands handled before, by key."""

    gateway: Gateway
    ready: Ready
    settled: Mapping[str, Settled] = field(default_factory=dict)
    roots: Mapping[str, PreparedRoot] = field(init=False)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.ready.request.actor

    @property
    def tenant(self) -> TenantSchema:
        """Whose data it is, and on which schema."""
        return self.ready.tenant

    def __post_init__(self) -> None:
        self.roots = {root.key: root for root in self.ready.prepared.roots}

    async def read(self, work: Callable[[UnitOfWork], T]) -> T:
        """Runs a function on a unit of work that can only read, for resolvers of root fields."""
        gateway, request = self.gateway, self.ready.request

        def run(session: TenantSession) -> T:
            return work(
                UnitOfWork(
                    session,
                    actor=request.actor,
                    clock=gateway.clock,
                    ids=gateway.ids,
                    plugins=self.tenant.plugins,
                    request_id=request.request_id,
                )
            )

        return await gateway.database.read(request.actor.tenant_id, run)

    async def planned(self, key: str) -> Any:
        """The value of a planned root field."""
        text = self.ready.texts.get(key)
        return orjson.loads(await self.gateway._text(self.ready, self.roots[key]) if text is None else text)

    async def payload_row(self, key: str, inner: str, row_id: uuid.UUID) -> Any:
        """The row that a payload shows, read after the commit."""
        root = self.ready.prepared.payloads[key, inner]
        assert root.plan is not None
        arguments = bind(root.plan, self.ready.request.actor.tenant_id, {**self.ready.variables, NODE_ID: row_id})
        return orjson.loads(await self.gateway._text(self.ready, root, arguments))

    async def mutate(self, key: str, field: MutationField, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Handles a mutation, if that was not done. What cannot be mended is raised and becomes an error of the answer."""
        settled = self.settled.get(key)
        if settled is None:
            gateway, ready = self.gateway, self.ready
            settled = await settle(self.tenant.composed, field, value, lambda command: gateway.handle(command, ready))
        if settled.error is not None:
            raise settled.error
        return settled.values
