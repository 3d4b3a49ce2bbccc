"""LIMIT and LIMIT-S: what hand-written SQL behind a bare ASGI app reaches, without GraphQL.

uvicorn with uvloop and httptools, eight asyncpg connections handed out last used first, statements held prepared on each, generic
plans. The path names the question, the body its variables. LIMIT is the owner without row-level security; LIMIT-S is patron_app
behind the same gate as Patron, with the same row in the audit before an answer with money leaves: the fair limit. Neither
authenticates, coerces, counts cost or limits.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import orjson

from benchmarks.data import Data
from benchmarks.dataset import TENANT
from benchmarks.peer import Ask, Launch, Peer, uvicorn
from benchmarks.peers.limit_audit import Audit
from benchmarks.peers.limit_statements import OPEN, SECURED
from benchmarks.questions import Question

__all__ = ["LIMIT", "LIMIT_S", "application"]

_CONNECTIONS: Final = 8
_AMOUNT: Final = "Transaction.amount.amount Transaction.amount.currencyCode"
_SESSION: Final = {"timezone": "UTC", "datestyle": "ISO", "jit": "off", "plan_cache_mode": "force_generic_plan"}
Application = Callable[[Any, Any, Any], Awaitable[None]]


class Statements:
    """Connections with their prepared statements."""

    def __init__(self, *, secured: bool) -> None:
        self.secured = secured
        self._idle: list[dict[str, Any]] = []
        self._waiting: Any = None
        self.audit: Audit | None = None

    async def open(self, url: str) -> None:
        """Connects and prepares all there is."""
        import asyncio

        texts = SECURED if self.secured else OPEN
        for _ in range(_CONNECTIONS):
            connection = await asyncpg.connect(url, server_settings=_SESSION)
            self._idle.append({name: await connection.prepare(text) for name, text in texts.items()})
        self._waiting = asyncio.Semaphore(_CONNECTIONS)
        if self.secured:
            self.audit = Audit(await asyncpg.connect(url, server_settings=_SESSION))

    async def value(self, name: str, *arguments: Any) -> Any:
        """What a statement gives: bytes, or a list of them."""
        async with self._waiting:
            held = self._idle.pop()
            try:
                return await held[name].fetchval(TENANT, *arguments)
            finally:
                self._idle.append(held)


async def _customer(statements: Statements, name: str, variables: Any) -> bytes:
    found = await statements.value(name, uuid.UUID(variables["id"][4:]))
    return b'{"data":{"customer":%b}}' % (found or b"null")


async def _page(statements: Statements, name: str, variables: Any) -> bytes:
    first = variables["first"]
    edges = await statements.value(name, variables["stage"], first + 1)
    more = b"true" if len(edges) > first else b"false"
    del edges[first:]
    if name == "q3" and statements.audit is not None:  # each edge has its party before it
        await statements.audit.keep(_AMOUNT, {edge[:36] for edge in edges})
        edges = [edge[36:] for edge in edges]
    end = edges[-1][10:52] if edges else b"null"  # a cursor is the id, at a fixed place of the edge
    shape = b'{"data":{"customers":{"edges":[%b],"pageInfo":{"hasNextPage":%b,"endCursor":%b}}}}'
    return shape % (b",".join(edges), more, end)


async def _sums(statements: Statements, name: str, variables: Any) -> bytes:
    total, *edges = await statements.value(name, variables["stage"], variables["first"])
    return b'{"data":{"customers":{"totalCount":%b,"edges":[%b]}}}' % (total, b",".join(edges))


async def _groups(statements: Statements, name: str, variables: Any) -> bytes:
    groups = await statements.value(name, dt.datetime.fromisoformat(variables["from"]), variables["timezone"])
    if statements.audit is not None:
        await statements.audit.keep(_AMOUNT, set())
    return b'{"data":{"transactionsAggregate":[%b]}}' % b",".join(groups)


_HOW: Final = {"/q1": _customer, "/q2": _page, "/q3": _page, "/q4": _sums, "/q5": _page, "/q8": _groups}


def application() -> Application:
    """What uvicorn runs."""
    statements = Statements(secured=os.environ["BENCHMARK_SECURED"] == "1")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(statements, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        path = scope["path"]
        out = await _HOW[path](statements, path[1:], orjson.loads(body)["variables"])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(out))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": out})

    return app


async def _lifespan(statements: Statements, receive: Any, send: Any) -> None:
    await receive()
    await statements.open(os.environ["BENCHMARK_URL"])
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _ask(question: Question, data: Data) -> Ask | None:
    if f"/{question.name}" not in _HOW:
        return None
    bodies = tuple(json.dumps({"variables": dict(each)}).encode() for each in question.variables)
    return Ask(bodies, f"/{question.name}")


def _launch(data: Data, port: int) -> Launch:
    return uvicorn("benchmarks.peers.limit:application", data, port, BENCHMARK_SECURED="0")


def _launch_secured(data: Data, port: int) -> Launch:
    factory = "benchmarks.peers.limit:application"
    return uvicorn(factory, data, port, BENCHMARK_SECURED="1", BENCHMARK_URL=data.app_url)


_SETTINGS: Final = "uvicorn with uvloop and httptools, 8 asyncpg connections, statements held prepared, generic plans"
LIMIT: Final = Peer(
    name="LIMIT", launch=_launch, ask=_ask, settings=f"{_SETTINGS}, as the owner without row-level security."
)
LIMIT_S: Final = Peer(
    name="LIMIT-S",
    launch=_launch_secured,
    ask=_ask,
    settings=f"{_SETTINGS}, as patron_app behind Patron's row-security gate; reads of money audited in group commits.",
)
