"""Prepares an operation: coerced variables, a plan and a statement per planned root field, kept in one bounded cache.

The key of a plan is the schema, the document, the structural part of the variables, and what the actor may read: never a value.
Everything that can be refused before the database is asked is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import FieldNode

from patron_core.audit.reading import Disclosed
from patron_core.cache import Cache
from patron_core.errors import LimitExceeded
from patron_core.messages import Actor
from patron_core.settings import Settings

from .compose import Composed
from .documents import Document
from .payloads import Payload, payload_of
from .planner.plan import RootPlan, Source
from .planner.planner import NotPlannable
from .planner.replanning import planner_for
from .planner.selection import Selection
from .planner.sql import DIALECTS, Statement, Writer
from .read_audit import disclosed_by, together
from .resolvers import leaf_resolvers
from .variables import VariableReader

__all__ = ["NODE_ID", "Operations", "Prepared", "PreparedRoot"]

#: The variable that stands for the id of a row a mutation or an event names; no GraphQL variable can have this name.
NODE_ID: Final = "\x00id"
_CACHED_PLANS: Final = 2_000
_CACHED_CHARACTERS: Final = 32_000_000  # of SQL


@dataclass(frozen=True, slots=True)
class PreparedRoot:
    """A root field with its plan and statement; a field resolved by Python alone has neither.

    named: its row is told at run time. resolvers: what fills the places of Python's fields on the fast path. disclosed:
    what the audit of reads says of it. subjects: whether its rows name the parties they are about.
    """

    key: str
    nodes: tuple[FieldNode, ...]
    plan: RootPlan | None
    statement: Statement | None
    named: bool = False
    resolvers: Sequence[Callable[[Mapping[str, Any]], bytes]] = ()
    disclosed: Disclosed | None = None
    subjects: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation ready to run.

    fast: all its root fields are planned and need no Strawberry to finish. payload_of: then, how the payload of a
    mutation's field is printed, by its key. disclosed: what the audit of reads says of it; None where it keeps nothing.
    """

    roots: tuple[PreparedRoot, ...]
    payloads: Mapping[tuple[str, str], PreparedRoot]
    fast: bool
    payload_of: Mapping[str, Payload] = field(default_factory=dict)
    disclosed: Disclosed | None = None

    @property
    def characters(self) -> int:
        """How long its statements are."""
        return sum(len(root.statement.sql) for root in (*self.roots, *self.payloads.values()) if root.statement)

    def requested(self, variables: Mapping[str, Any]) -> int:
        """The rows the operation may take."""
        planned = [root.plan for root in (*self.roots, *self.payloads.values())]
        return sum(1 if plan is None else plan.cost.rows(variables) for plan in planned)


class Operations:
    """Prepares operations of all composed schemas of a process for one database."""

    def __init__(self, settings: Settings, dialect: str) -> None:
        self._settings = settings
        self._dialect = dialect
        self._plans: Cache[tuple[Any, ...], Prepared] = Cache(
            "plans", most_entries=_CACHED_PLANS, most_weight=_CACHED_CHARACTERS
        )
        self.figures = self._plans.figures

    def reader(self, composed: Composed, document: Document) -> VariableReader:
        """How the document's variables are read; made once for each schema and kept with the document."""
        found = document.readers.get(composed.key)
        if found is None:
            found = document.readers[composed.key] = VariableReader(composed, document)
        return found

    def prepare(
        self,
        composed: Composed,
        document: Document,
        variables: Mapping[str, Any],
        actor: Actor,
        *,
        general: bool = False,
        subjects: bool = False,
        without: frozenset[str] = frozenset(),
    ) -> Prepared:
        """The prepared operation, from the cache or made now. Raises FORBIDDEN, INVALID_INPUT, LIMIT_EXCEEDED.

        without: owners whose parts are left out, because they fail; then Strawberry finishes the answer.
        """
        general = general or bool(without)
        key = (*self._key(composed, document, variables, actor, general, subjects), without)
        found = self._plans.get(key)
        if found is None:
            found = self._make(composed, document, variables, actor, general, subjects, without)
            self._plans.put(key, found, weight=found.characters)
        return found

    def keeps(
        self,
        composed: Composed,
        document: Document,
        variables: Mapping[str, Any],
        actor: Actor,
        *,
        general: bool = False,
        subjects: bool = False,
    ) -> bool:
        """Whether the operation is prepared already."""
        key = (*self._key(composed, document, variables, actor, general, subjects), frozenset())
        return self._plans.peek(key) is not None

    def _key(
        self,
        composed: Composed,
        document: Document,
        variables: Mapping[str, Any],
        actor: Actor,
        general: bool,
        subjects: bool,
    ) -> tuple[Any, ...]:
        return (
            composed.key,
            document.sha256,
            document.operation_name,
            self.reader(composed, document).structure(variables),
            actor.fingerprint,
            general,
            subjects,
        )

    def check_cost(self, prepared: Prepared, variables: Mapping[str, Any], actor: Actor) -> int:
        """The cost of the operation. Raises LIMIT_EXCEEDED when it is beyond the actor's limit."""
        requested = prepared.requested(variables)
        maximum = self.cost_limit(actor)
        if requested > maximum:
            advice = "Ask for smaller pages or fewer levels."
            raise LimitExceeded(limit="cost", value=requested, maximum=maximum, advice=advice)
        return requested

    def cost_limit(self, actor: Actor) -> int:
        """The largest cost this actor may ask for."""
        large = "page:large" in actor.permissions
        return self._settings.max_cost_large if large else self._settings.max_cost

    def page_max(self, actor: Actor) -> int:
        """The largest page this actor may ask for."""
        return self._settings.page_max_large if "page:large" in actor.permissions else self._settings.page_max

    def _make(
        self,
        composed: Composed,
        document: Document,
        variables: Mapping[str, Any],
        actor: Actor,
        general: bool,
        subjects: bool,
        without: frozenset[str],
    ) -> Prepared:
        if general:
            return self._plan(composed, document, variables, actor, subjects, general=True, without=without)
        try:
            return self._plan(composed, document, variables, actor, subjects, general=False)
        except NotPlannable:
            return self._plan(composed, document, variables, actor, subjects, general=True)

    def _plan(
        self,
        composed: Composed,
        document: Document,
        variables: Mapping[str, Any],
        actor: Actor,
        subjects: bool,
        *,
        general: bool,
        without: frozenset[str] = frozenset(),
    ) -> Prepared:
        selection = Selection(composed.graphql, document.fragments, variables)
        planner = planner_for(
            actor,
            composed.catalog,
            composed.graphql,
            selection,
            page_default=self._settings.page_default,
            page_max=self.page_max(actor),
            filter_max=self._settings.max_filter_nodes,
            pattern_min=self._settings.min_pattern_characters,
            general=general,
            rows=actor.limits,
            without=without,
        )
        kind = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}[document.kind]
        fields = selection.root(document.operation.selection_set, kind)
        known = {
            "Query": composed.catalog.roots.keys(),
            "Mutation": composed.mutations.keys() | {"__typename"},
            "Subscription": composed.subscriptions.keys(),
        }[kind]
        if not general and any(nodes[0].name.value not in known for nodes in fields.values()):
            raise NotPlannable(kind)
        roots: list[PreparedRoot] = []
        payloads: dict[tuple[str, str], PreparedRoot] = {}
        printed: dict[str, Payload] = {}
        for key, nodes in fields.items():
            name = nodes[0].name.value
            plan = planner.root(key, nodes) if kind == "Query" and name in composed.catalog.roots else None
            if kind == "Subscription" and name in composed.subscriptions:
                plan = planner.followed(key, composed.subscriptions[name].target, nodes, Source(variable=NODE_ID))
            roots.append(self._rooted(composed, key, nodes, plan, general=general, subjects=subjects))
            if kind == "Mutation" and name in composed.mutations:
                for inner, merged, target in _payload_rows(composed, selection, name, nodes):
                    made = planner.by_id(inner, target, merged, Source(variable=NODE_ID))
                    payloads[key, inner] = self._rooted(
                        composed, inner, merged, made, general=general, subjects=subjects
                    )
                if not general:
                    printed[key] = payload_of(composed, selection, composed.mutations[name], nodes)
        disclosed = together(root.disclosed for root in (*roots, *payloads.values()))
        return Prepared(tuple(roots), payloads, not general, payload_of=printed, disclosed=disclosed)

    def _rooted(
        self,
        composed: Composed,
        key: str,
        nodes: Sequence[FieldNode],
        plan: RootPlan | None,
        *,
        general: bool,
        subjects: bool,
    ) -> PreparedRoot:
        disclosed = None if plan is None else disclosed_by(plan, composed.catalog, everything=subjects)
        subjects = subjects or disclosed is not None
        statement = None if plan is None else self.writer(composed, general=general, subjects=subjects).statement(plan)
        named = plan is not None and any(p.source.variable == NODE_ID for p in plan.params)
        resolvers = () if plan is None or general else leaf_resolvers(composed, plan.python)
        return PreparedRoot(key, tuple(nodes), plan, statement, named, resolvers, disclosed, subjects)

    def writer(self, composed: Composed, *, general: bool, subjects: bool) -> Writer:
        """A writer of statements for this database."""
        return Writer(DIALECTS[self._dialect](), composed.catalog.types, general=general, subjects=subjects)


def _payload_rows(
    composed: Composed, selection: Selection, name: str, nodes: Sequence[FieldNode]
) -> list[tuple[str, list[FieldNode], str]]:
    """The fields of a mutation's payload that show a planned row: (response key, nodes, type)."""
    payload = composed.mutations[name].payload
    kind: Any = composed.graphql.type_map[payload]
    out: list[tuple[str, list[FieldNode], str]] = []
    for key, merged in selection.fields(nodes, payload).items():
        field = kind.fields.get(merged[0].name.value)
        target = getattr(getattr(field, "type", None), "name", None)
        if target in composed.catalog.types:
            out.append((key, merged, str(target)))
    return out
