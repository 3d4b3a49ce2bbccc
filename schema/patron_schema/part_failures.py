"""What happens when a statement fails that has parts of plugins: it is asked again without them, and whose they were is noted.

A prepared root field and the error come in; the JSON of the rest goes out, with a mark in each place that was left out. Only a
failure comes here, so that nothing is paid for it otherwise. What a mark becomes is left to `planner.replanning`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from patron_core.errors import PublicError

from .operations import NODE_ID, Operations, Prepared, PreparedRoot
from .planner.execution import bind
from .planner.plan import RootPlan
from .planner.replanning import PartFailed, is_left_out, missing_from, owners_of
from .ready import Ready

__all__ = ["ReadText", "missing_errors", "note", "read_without_parts"]


class ReadText(Protocol):
    """The JSON of a planned root field."""

    async def __call__(self, ready: Ready, root: PreparedRoot, arguments: list[Any] | None = None) -> bytes: ...


async def read_without_parts(
    ready: Ready,
    root: PreparedRoot,
    values: Sequence[Any],
    error: Exception,
    *,
    operations: Operations,
    read: ReadText,
) -> bytes:
    """The JSON of a root field whose statement failed, without the parts that made it fail.

    Each plugin's parts are left out in turn, then all of them. Raises the error where nothing of the field is left, or
    where it fails all the same, which is no plugin's doing.
    """
    assert root.plan is not None
    variables = {**ready.variables, NODE_ID: _row_id(root.plan, values)}
    for suspects in _suspects(owners_of(root.plan) - {"core"}):
        prepared = _planned_without(operations, ready, suspects | ready.lost)
        twin = _twin(ready.prepared, root, prepared)
        if twin.plan is None or is_left_out(twin.plan):
            continue
        again = replace(ready, prepared=prepared, asked_again=True)
        try:
            text = await read(again, twin, bind(twin.plan, ready.request.actor.tenant_id, variables))
        except PublicError:
            raise
        except Exception:  # the error that came first is told of  # nosec B112
            continue
        ready.lost.update(suspects)
        types = ready.tenant.composed.catalog.types
        ready.missing.update((root.key, owner) for owner in missing_from(root.plan.node, types, suspects))
        for owner in sorted(suspects):
            note(ready, owner, part=_name(root), error=error)
        return text
    field = ready.tenant.composed.catalog.roots.get(_name(root))
    if field is not None and field.owner != "core":
        note(ready, field.owner, part=_name(root), error=error)
        raise PartFailed(field.owner) from error
    raise error


def note(ready: Ready, owner: str, *, part: str, error: Exception) -> None:
    """Counts a failure of a plugin, once for each operation: a page of rows must not count for each of them."""
    if owner not in ready.failed:
        ready.failed.add(owner)
        ready.tenant.plugins.read_failed(
            owner, part=part, tenant_id=ready.request.actor.tenant_id, error=error, request_id=ready.request.request_id
        )


def missing_errors(ready: Ready) -> Iterator[tuple[str, PartFailed]]:
    """The errors of lists that miss the rows of a plugin, by the key of the root field."""
    for key, owner in sorted(ready.missing):
        yield key, PartFailed(owner)


def _suspects(owners: set[str]) -> Iterator[frozenset[str]]:
    for owner in sorted(owners):
        yield frozenset({owner})
    if len(owners) > 1:
        yield frozenset(owners)


def _planned_without(operations: Operations, ready: Ready, without: frozenset[str]) -> Prepared:
    request, composed = ready.request, ready.tenant.composed
    return operations.prepare(
        composed, ready.document, ready.variables, request.actor, subjects=request.subjects, without=without
    )


def _twin(before: Prepared, root: PreparedRoot, after: Prepared) -> PreparedRoot:
    """The same root field, or row of a payload, in the operation that was planned again."""
    for place, found in before.payloads.items():
        if found is root:
            return after.payloads[place]
    return next(each for each in after.roots if each.key == root.key)


def _row_id(plan: RootPlan, values: Sequence[Any]) -> uuid.UUID | None:
    """The id of the row that a mutation or an event names, where the plan asks for one."""
    return next((values[p.index - 1] for p in plan.params if p.source.variable == NODE_ID), None)


def _name(root: PreparedRoot) -> str:
    return root.nodes[0].name.value
