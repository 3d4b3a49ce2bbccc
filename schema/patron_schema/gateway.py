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
from graphql import execute as execute_graphql
from graphql import is_non_null_type

from patron_core.database import Database, TenantSession
from patron_core.errors import BadRequest, PublicError
from patron_core.messages import Actor, Command
from patron_core.records import Record
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork
from patron_core.unit_of_work import execute as execute_command
from patron_core.values import Clock, IdSource

from .broadcast import Broadcaster
from .compose import MutationField
from .compose.names import camel
from .context import OperationRequest, OperationResponse
from .documents import Document, Documents
from .errors import formatted
from .explanation import bound_params, check_may_explain, explanation, planned_roots
from .following import Following, Listener
from .operations import NODE_ID, Operations, Prepared, PreparedRoot
from .persisted import Trust, check_trusted
from .planner.execution import Reader, bind
from .planner.response import answered, counted, spliced, without_subjects
from .resolvers import leaf_resolvers
from .schemas import Schemas, TenantSchema
from .subscriptions import Subscriptions
from .types.values import UserError

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
        data = b",".join(b'"%b":%b' % (root.key.encode(), text) for root, text in zip(roots, texts, strict=True))
        return b'{"data":{%b},"extensions":%b}' % (data, self._extensions(ready))

    async def _texts(self, ready: Ready, roots: Sequence[PreparedRoot]) -> list[bytes]:
        """Several roots at once; the first that fails cancels the others."""
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._text(ready, root)) for root in roots]
        return [task.result() for task in asked]

    async def _text(self, ready: Ready, root: PreparedRoot, arguments: list[Any] | None = None) -> bytes:
        assert root.statement is not None
        assert root.plan is not None
        values = arguments or ready.arguments[root.key]
        found = await self.reader.value(root.statement.sql, root.statement.arguments(values))
        text, rows = answered(found, root.statement, values)
        if ready.request.subjects:
            text, subjects = without_subjects(text)
            ready.subjects.update(subjects)
        text, taken = counted(text, root.statement, rows)
        ready.taken.add(root, taken)
        if root.plan.python and ready.prepared.fast:
            return spliced(text, leaf_resolvers(ready.tenant.composed, root.plan.python))
        return text

    def _extensions(self, ready: Ready) -> bytes:
        limit = self.operations.cost_limit(ready.request.actor)
        cost = b'"cost":{"requested":%d,"actual":%d,"limit":%d}' % (ready.cost, ready.actual, limit)
        if not ready.request.explain:
            return b"{%b}" % cost
        return b'{%b,"explain":%b}' % (cost, orjson.dumps(explanation(ready, limit=limit)))

    # -- the general path

    async def _general(self, ready: Ready) -> OperationResponse:
        state = OperationState(self, ready)
        made = execute_graphql(
            ready.tenant.composed.graphql,
            ready.document.ast,
            context_value=state,
            variable_values=dict(ready.request.variables),
            operation_name=ready.request.operation_name,
        )
        result: Any = await made if asyncio.iscoroutine(made) or asyncio.isfuture(made) else made
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = [formatted(error, request_id=ready.request.request_id) for error in result.errors]
        answer["data"] = result.data
        answer["extensions"] = orjson.loads(self._extensions(ready))
        return OperationResponse(orjson.dumps(answer), subjects=frozenset(ready.subjects))

    # -- subscriptions

    async def follow(self, request: OperationRequest, listener: Listener) -> Following:
        """Tells the listener each event of a subscription from now on. Raises PublicError for what is refused."""
        return await self.subscriptions.follow(request, listener)

    def subscribe(self, request: OperationRequest) -> AsyncGenerator[bytes]:
        """The results of a subscription, each as JSON. Raises PublicError before the first for what is refused."""
        return self.subscriptions.subscribe(request)

    # -- writes

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
    """The running operation, as resolvers see it (graphql-core's context value)."""

    gateway: Gateway
    ready: Ready
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
        """Handles a mutation. What the caller can mend becomes user errors, everything else an error of the answer."""
        payload: Any = self.ready.tenant.composed.graphql.type_map[field.payload]
        names = {n: f for n, f in payload.fields.items() if n != "userErrors"}
        try:
            result = await self.gateway.handle(field.decode(value), self.ready)
        except PublicError as error:
            if not error.mendable:
                raise
            nothing: dict[str, Any] = {
                name: [] if is_non_null_type(made.type) else None for name, made in names.items()
            }
            return {**nothing, "userErrors": [_user_error(error)]}
        cls = self.ready.tenant.composed.payloads[field.payload]
        shown = cls.of(result) if hasattr(cls, "of") else result
        return {**{name: _shown(shown, name, names) for name in names}, "userErrors": []}


def _shown(result: Any, name: str, names: Mapping[str, Any]) -> Any:
    """A payload's value: the result itself when it is the one row the payload shows, else its attribute of that name."""
    if isinstance(result, Record):
        value: Any = result if len(names) == 1 else getattr(result, _snake(name), None)
    else:
        value = getattr(result, _snake(name), None)
    return value.id if isinstance(value, Record) else value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _user_error(error: PublicError) -> UserError:
    path: Sequence[str | int] = ("input", *error.path)
    return UserError(message=error.message, code=error.public_code, path=[camel(str(step)) for step in path])
