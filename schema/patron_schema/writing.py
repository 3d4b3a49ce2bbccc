"""Answers mutations without graphql-core: commands are handled one after another, payloads put together from the database's JSON.

A prepared mutation comes in, the answer's data and errors go out. Where anything goes another way than planned, graphql-core
finishes that one field with what was settled: errors get their places there, and no command is handled twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
import structlog
from graphql import DocumentNode, FieldNode, OperationDefinitionNode, SelectionSetNode, VariableNode
from graphql.execution.values import VariableValues, get_argument_values

from patron_core.messages import Command

from .documents import Document
from .errors import formatted
from .operations import NODE_ID, PreparedRoot
from .payloads import Payload, Settled, settle
from .planner.execution import bind

if TYPE_CHECKING:
    from .ready import Ready

__all__ = ["Finish", "Handle", "ReadText", "Written", "field_document", "write"]

_log: Final = structlog.stdlib.get_logger("patron.writing")


class Handle(Protocol):
    """Handles a command in a unit of work of its own; gives its result."""

    async def __call__(self, command: Command, ready: Ready) -> Any: ...


class ReadText(Protocol):
    """The JSON of a planned row."""

    async def __call__(self, ready: Ready, root: PreparedRoot, arguments: list[Any] | None = None) -> bytes: ...


class Finish(Protocol):
    """graphql-core's result of one root field; what was settled is not handled again."""

    async def __call__(self, ready: Ready, root: PreparedRoot, settled: Mapping[str, Settled]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Written:
    """The answer of a mutation. errors: as clients see them, in the order of the fields."""

    data: bytes
    errors: list[dict[str, Any]]


async def write(ready: Ready, *, handle: Handle, read: ReadText, finish: Finish) -> Written:
    """Answers a mutation whose payloads are planned. A field that fails is null with all its siblings, and later ones wait in vain."""
    writing = _Writing(ready, handle, read, finish)
    parts: list[bytes] = []
    errors: list[dict[str, Any]] = []
    for root in ready.prepared.roots:
        text = await writing.field(root, errors)
        if text is None:
            return Written(b"null", errors)
        parts.append(b'"%b":%b' % (root.key.encode(), text))
    return Written(b"{%b}" % b",".join(parts), errors)


@dataclass(frozen=True, slots=True)
class _Writing:
    """A mutation under way."""

    ready: Ready
    handle: Handle
    read: ReadText
    finish: Finish

    async def field(self, root: PreparedRoot, errors: list[dict[str, Any]]) -> bytes | None:
        """The JSON of a root field; None where it takes `data` with it. Adds its errors."""
        payload = self.ready.prepared.payload_of.get(root.key)
        if payload is None:
            return b'"Mutation"'  # __typename
        settled: Settled | None = None
        try:
            value = self._input(payload, root.nodes[0])
            settled = await settle(
                self.ready.tenant.composed, payload.mutation, value, lambda command: self.handle(command, self.ready)
            )
            if settled.error is None:
                return await self._text(payload, root, settled)
        except Exception as error:
            _log.info("fast_path_left", request_id=self.ready.request.request_id, error=type(error).__name__)
        result = await self.finish(self.ready, root, {} if settled is None else {root.key: settled})
        errors += [formatted(error, request_id=self.ready.request.request_id) for error in result.errors or ()]
        return None if result.data is None else orjson.dumps(result.data[root.key])

    def _input(self, payload: Payload, node: FieldNode) -> Mapping[str, Any]:
        """The coerced `input`. Raises what graphql-core raises; nothing was handled then."""
        given = node.arguments[0].value if node.arguments else None
        if isinstance(given, VariableNode) and self.ready.variables.get(given.name.value) is not None:
            value: Mapping[str, Any] = self.ready.variables[given.name.value]
            return value
        mutations = self.ready.tenant.composed.graphql.mutation_type
        assert mutations is not None
        field = mutations.fields[payload.mutation.name]
        coerced = get_argument_values(field, node, VariableValues({}, dict(self.ready.variables)))
        read: Mapping[str, Any] = coerced["input"]
        return read

    async def _text(self, payload: Payload, root: PreparedRoot, settled: Settled) -> bytes:
        """The payload's JSON. What it takes counts only when all of it could be read."""
        attempt = self.ready.apart()

        async def row(inner: str, row_id: uuid.UUID) -> bytes:
            shown = attempt.prepared.payloads[root.key, inner]
            assert shown.plan is not None
            variables = {**attempt.variables, NODE_ID: row_id}
            return await self.read(attempt, shown, bind(shown.plan, attempt.request.actor.tenant_id, variables))

        text = await payload.text(settled.values, row)
        self.ready.join(attempt)
        return text


def field_document(document: Document, root: PreparedRoot) -> DocumentNode:
    """The document with one root field of its operation alone; every node keeps its place in the text."""
    operation = document.operation
    alone = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(root.nodes)),
        loc=operation.loc,
    )
    return DocumentNode(definitions=(alone, *document.fragments.values()))
