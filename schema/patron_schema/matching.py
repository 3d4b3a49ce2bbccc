"""Stored conditions as SQL: the planner, lent to the core, which knows no GraphQL (`patron_core.predicates.Matcher`).

A condition is asked as the `where` of its type's connection, by the composed schema and the grants of an actor; what is kept of
the plan is the condition alone, over the table under its own name. Its values are bound, never written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Text, TextClause, Uuid, bindparam
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY

from patron_core.access.models import Tenant
from patron_core.classification import Classification
from patron_core.customers.models import EngagementMode
from patron_core.errors import BadRequest, Forbidden, InvalidInput, ValidationFailed
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.predicates import Predicate, stored
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork

from .compose import Composed, build_schema
from .documents import Documents
from .planner.catalog import TypeEntry
from .planner.execution import bind, sqlite_value
from .planner.grants import Grants
from .planner.parameters import ACTOR, NOW, PARTY, Unblinded
from .planner.plan import AllOf, AnyOf, Condition, Matches, Negation, Page, Param, ParamType, RootPlan
from .planner.planner import Planner
from .planner.selection import Selection
from .planner.sql import DIALECTS
from .planner.sql.conditions import Conditions
from .planner.sql.guard import refuse_unowned
from .planner.sql.scope import Scope
from .variables import VariableReader

__all__ = ["PlannedMatcher", "lend"]

#: The connection that is asked, by type.
_ROOTS: Final[Mapping[str, str]] = {"Customer": "customers", "Party": "parties"}
_TYPES: Final[Mapping[ParamType, Any]] = {
    ParamType.UUID: Uuid(),
    ParamType.TEXT: Text(),
    ParamType.INT: BigInteger(),
    ParamType.BOOL: Boolean(),
    ParamType.TIME: DateTime(timezone=True),
    ParamType.DATE: Date(),
}
_PLACE: Final = re.compile(r"[$?](\d+)")
_COLON: Final = re.compile(r"(?<!:):(?=\w)")


class PlannedMatcher:
    """Makes conditions. compose: the schema of some plugins in a mode. documents, settings: of the deployment."""

    def __init__(
        self,
        compose: Callable[[tuple[str, ...], EngagementMode], Composed],
        *,
        documents: Documents,
        settings: Settings,
    ) -> None:
        self._compose = compose
        self._documents = documents
        self._settings = settings

    def classes(self, predicate: Predicate, uow: UnitOfWork) -> frozenset[Classification]:
        """See `Matcher.classes`."""
        composed, plan, _ = self._planned(predicate, uow, uow.actor)
        assert isinstance(plan.node, Page)
        rows = {entry.existence for entry in _reached(plan.node.where)}
        return frozenset(_class_of(composed, coordinate) for coordinate in plan.reads) | rows

    def criterion(self, predicate: Predicate, uow: UnitOfWork, *, actor: Actor | None = None) -> TextClause:
        """See `Matcher.criterion`."""
        composed, plan, variables = self._planned(predicate, uow, actor or uow.actor)
        assert isinstance(plan.node, Page)
        name = uow.session.get_bind().dialect.name
        scope = Scope(DIALECTS[name](), composed.catalog.types)
        scope.limits = plan.limits
        target, where = plan.node.target, plan.node.where
        assert target.table is not None
        sql = scope.rows_of(target, target.table)
        if where is not None:
            sql += f" AND {Conditions(scope).condition(where, target.table)}"
        refuse_unowned(f"SELECT 1 FROM {target.table} {target.table} WHERE {sql}", scope.binds)
        values = bind(plan, uow.tenant_id, variables)
        bound = [
            _bound(place, plan.params[index - 1], _opened(values[index - 1], uow), sqlite=name == "sqlite")
            for place, index in enumerate(scope.binds, start=1)
        ]
        return sql_text(_PLACE.sub(r"(:c\1)", _COLON.sub(r"\:", f"({sql})"))).bindparams(*bound)

    def _planned(
        self, predicate: Predicate, uow: UnitOfWork, actor: Actor
    ) -> tuple[Composed, RootPlan, Mapping[str, Any]]:
        tenant = uow.session.get_one(Tenant, uow.tenant_id)
        composed = self._compose(uow.plugins.names, tenant.mode)
        name = predicate.type_name
        text = f"query Stored($where: {name}Where) {{ {_ROOTS[name]}(where: $where, first: 1) {{ nodes {{ id }} }} }}"
        try:
            document = self._documents.load(composed.graphql, composed.key, text, None)
            variables = VariableReader(composed, document).coerce({"where": stored(predicate)["where"]})
        except (BadRequest, ValidationFailed) as refusal:
            raise InvalidInput(
                f"The condition does not fit the schema. {refusal.message} Write it like the where argument of `{_ROOTS[name]}`."
            ) from None
        selection = Selection(composed.graphql, document.fragments, variables)
        settings, grants = self._settings, Grants(actor, composed.catalog)
        planner = Planner(
            composed.catalog,
            composed.graphql,
            selection,
            grants,
            page_default=settings.page_default,
            page_max=settings.page_max,
            filter_max=settings.max_filter_nodes,
            pattern_min=settings.min_pattern_characters,
            general=False,
            rows=actor.limits,
        )
        (nodes,) = selection.root(document.operation.selection_set, "Query").values()
        known = {**variables, PARTY: actor.party_id or actor.tenant_id, ACTOR: actor.subject, NOW: uow.now}
        plan = planner.root("stored", nodes)
        assert isinstance(plan.node, Page)
        for entry in _reached(plan.node.where):
            if not grants.sees(entry.name):
                raise Forbidden(
                    f"{entry.name} may not be used to filter. Nothing opens that type to the caller. Leave it out, or ask for "
                    "a role that does.",
                    coordinate=entry.name,
                )
        return composed, plan, known


def _class_of(composed: Composed, coordinate: str) -> Classification:
    """The class of a field by `Type.field`, or `Type.value.field` for a part of a value."""
    type_name, *path = coordinate.split(".")
    fields: Any = composed.catalog.types[type_name].fields
    for step in path[:-1]:
        fields = fields[step].fields
    found: Classification = fields[path[-1]].classification
    return found


def _reached(condition: Condition | None) -> Iterator[TypeEntry]:
    """The types that a condition reaches by relations."""
    match condition:
        case Matches():
            yield condition.target
            yield from _reached(condition.condition)
        case AllOf() | AnyOf():
            for inner in condition.conditions:
                yield from _reached(inner)
        case Negation():
            yield from _reached(condition.condition)


def _opened(value: Any, uow: UnitOfWork) -> Any:
    """A text that is compared with an encrypted column, as the hash that stands in it."""
    match value:
        case Unblinded(place=place, text=text):
            table, _, column = place.partition(".")
            return uow.session.sealer.keys.blinded(table, column, text)
        case list():
            return [_opened(item, uow) for item in value]
        case _:
            return value


def _bound(place: int, param: Param, value: Any, *, sqlite: bool) -> Any:
    if sqlite:
        return bindparam(f"c{place}", sqlite_value(value))
    kind = _TYPES[param.type]
    return bindparam(f"c{place}", value, type_=ARRAY(kind) if param.many else kind)


def lend(plugins: Plugins) -> Plugins:
    """The plugins, with a matcher for a process without a gateway, which lends its own: a schema of all of them, whoever's tenant
    asks, composed when it is first asked.
    """
    composed: list[Composed] = []

    def compose(_names: tuple[str, ...], _mode: EngagementMode) -> Composed:
        if not composed:
            composed.append(build_schema(plugins, EngagementMode.HYBRID, page_default=1))
        return composed[0]

    settings = Settings()
    plugins.lend(PlannedMatcher(compose, documents=Documents(settings), settings=settings))
    return plugins
