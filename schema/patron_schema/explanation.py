"""What `explain` shows of an operation: how each root field is planned, read and priced, and never a value of a request.

An operation that is ready or has run comes in, a JSON object goes out. Who may see it and when is left to `gateway`, how the
database would go about a statement to `planner.database_plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from patron_core.access.permissions import EXPLAIN, require
from patron_core.messages import Actor

from .operations import PreparedRoot
from .planner.explain import describe
from .planner.grants import Grants
from .planner.plan import Param

if TYPE_CHECKING:
    from .ready import Ready

__all__ = ["bound_params", "check_may_explain", "explanation", "planned_roots"]


def check_may_explain(actor: Actor) -> None:
    """Raises FORBIDDEN where the actor may not see how operations are answered."""
    require(actor, EXPLAIN)


def explanation(ready: Ready, *, limit: int, ran: bool = True) -> dict[str, Any]:
    """The object under `extensions.explain`. limit: of the cost. ran: whether the operation was answered."""
    taken = ready.taken
    return {
        "path": "fast" if ready.prepared.fast else "general",
        "planFromCache": ready.cached,
        "statements": taken.statements if ran else len(list(planned_roots(ready))),
        "cost": {"requested": ready.cost, "actual": ready.actual if ran else None, "limit": limit},
        "hidden": list(_hidden(ready)),
        "fields": [_field(ready, name, root, ran=ran) for name, root in planned_roots(ready)],
    }


def _hidden(ready: Ready) -> tuple[str, ...]:
    """The fields of the types that were asked of which the actor does not see, with what keeps them."""
    types = {name for _, root in planned_roots(ready) if root.plan is not None for name in root.plan.types}
    return Grants(ready.request.actor, ready.tenant.composed.catalog).hidden(types)


def planned_roots(ready: Ready) -> Iterator[tuple[str, PreparedRoot]]:
    """Every root field that SQL answers, by its key; a row that a mutation's payload shows is `key.inner`."""
    yield from ((root.key, root) for root in ready.prepared.roots if root.plan is not None)
    yield from ((".".join(keys), root) for keys, root in ready.prepared.payloads.items() if root.plan is not None)


def bound_params(root: PreparedRoot) -> list[Param]:
    """The parameters of a root's statement, in the order of their places."""
    assert root.plan is not None
    assert root.statement is not None
    return [root.plan.params[index - 1] for index in root.statement.binds]


def _field(ready: Ready, name: str, root: PreparedRoot, *, ran: bool) -> dict[str, Any]:
    assert root.plan is not None
    assert root.statement is not None
    return {
        "field": name,
        "cost": {
            "requested": root.plan.cost.rows(ready.variables),
            "actual": ready.taken.fields.get(id(root), 0) if ran else None,
        },
        "plan": describe(root.plan, constants=False).splitlines(),
        "sql": root.statement.sql,
        "parameters": [f"{param.type.value}{'[]' if param.many else ''}" for param in bound_params(root)],
    }
