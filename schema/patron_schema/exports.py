"""Exports: all rows of a connection, walked page by page through the gateway as its actor.

A document and an actor come in, pages of rows go out, by id and each row that stays once: with the rights, the row limits and
the audit of reads of any other operation. The pages are not one transaction: rows that are made or changed meanwhile are as
they were when their page was read. Files are left to `patron_core.exports`.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.exports.columns import Column
from patron_core.messages import Actor

from .context import OperationRequest
from .export_documents import AFTER, FIRST, ExportDocument, export_document
from .gateway import Gateway
from .planner.response import CURSOR_GONE

__all__ = ["ConnectionExport", "ExportPage", "begin_export"]

_LARGEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Some rows and the cursor of each."""

    rows: Sequence[Mapping[str, Any]]
    cursors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    edges: list[dict[str, Any]]
    has_more: bool


async def begin_export(
    gateway: Gateway,
    query: str,
    *,
    actor: Actor,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> ConnectionExport:
    """An export that may run. Raises as the gateway does for a document, INVALID_INPUT for one that has no one connection."""
    given = dict(variables or {})
    composed = (await gateway.schemas.seen_by(actor)).composed
    document = gateway.documents.load(composed.graphql, composed.key, query, operation_name)
    coerced = gateway.operations.reader(composed, document).coerce(given)
    made = export_document(document, composed.graphql, coerced)
    largest = min(_LARGEST, gateway.operations.page_max(actor))
    return ConnectionExport(gateway, made, actor=actor, variables=given, size=min(made.first or largest, largest))


class ConnectionExport:
    """One export. columns: of its rows. lists: those that hold JSON. of: a digest of what it exports and for whom."""

    def __init__(
        self, gateway: Gateway, document: ExportDocument, *, actor: Actor, variables: Mapping[str, Any], size: int
    ) -> None:
        self._gateway = gateway
        self._document = document
        self._actor = actor
        self._variables = variables
        self._size = size
        self.columns: tuple[Column, ...] = document.columns
        self.lists = document.lists
        sent = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS, default=str).decode()
        told = "\n".join((document.text, sent, str(actor.tenant_id), actor.fingerprint, str(actor.party_id)))
        self.of = hashlib.sha256(told.encode()).hexdigest()

    async def count(self) -> int:
        """How many rows there are now. Raises as `pages` does."""
        connection = await self._asked(self._document.counting, {})
        return int(connection["totalCount"])

    async def pages(self, *, after: Sequence[str] = ()) -> AsyncIterator[ExportPage]:
        """The pages in order. after: the cursors of the page before the first, of an export that is gone on with.

        Raises what the gateway raises, and INVALID_INPUT where an answer has errors: nothing is exported with holes.
        """
        known = tuple(after)
        while True:
            page, has_more = await self._next(known)
            if page.rows:
                known = page.cursors
                yield page
            if not has_more:
                return

    async def _next(self, known: tuple[str, ...]) -> tuple[ExportPage, bool]:
        """The page behind those rows. Where the last of them is gone, behind the one before it, and so on."""
        for place in range(len(known), 0, -1):
            try:
                answer = await self._page(known[place - 1])
            except _CursorGone:
                continue
            return _page_of(answer.edges), answer.has_more  # whatever of `known` came behind that row is gone
        if known:
            raise InvalidInput(
                "The export cannot go on. Every row of its last page was deleted meanwhile. Start it again without --resume."
            )
        answer = await self._page(None)
        return _page_of(answer.edges), answer.has_more

    async def _page(self, after: str | None) -> _Answer:
        while True:
            try:
                asked = {FIRST: self._size, AFTER: after}
                connection = await self._asked(self._document.text, asked)
                return _Answer(connection["edges"], connection["pageInfo"]["hasNextPage"])
            except LimitExceeded as error:
                self._ask_for_less(error)

    def _ask_for_less(self, error: LimitExceeded) -> None:
        """Makes pages smaller where a page costs more than the actor may ask for at once."""
        value, maximum = error.details["value"], error.details["maximum"]
        if error.details["limit"] != "cost" or self._size == 1:
            raise error
        self._size = max(1, min(self._size - 1, self._size * maximum // value))

    async def _asked(self, text: str, more: Mapping[str, Any]) -> Any:
        request = OperationRequest(
            query=text,
            variables={**self._variables, **more},
            actor=self._actor,
            request_id=str(self._gateway.ids.new()),
            transport="JOB",
        )
        answer = orjson.loads((await self._gateway.execute(request)).body)
        if answer.get("errors"):
            raise _of_answer(answer["errors"][0])
        connection = answer["data"][self._document.key]
        if connection is None:
            raise InvalidInput(
                "The export has no rows to walk. The connection is null for this actor. Ask for another one."
            )
        return connection


class _CursorGone(Exception):
    """The row that a cursor names was deleted."""


def _of_answer(error: Mapping[str, Any]) -> Exception:
    message = str(error["message"])
    if message == CURSOR_GONE:
        return _CursorGone()
    where = ".".join(map(str, error.get("path") or ())) or "the operation"
    return InvalidInput(f"The export stopped. A page had an error at {where}: {message}")


def _page_of(edges: Sequence[Mapping[str, Any]]) -> ExportPage:
    return ExportPage([edge["node"] for edge in edges], tuple(edge["cursor"] for edge in edges))
