"""A gateway on a prepared database, for tests that ask GraphQL without a socket.

In comes the fixture `database`, out comes `patron`: operations run as an actor and come back as Python values, with the number of
statements the reads took.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest_asyncio
from sqlalchemy import make_url

from patron_core.address import asyncpg_url
from patron_core.customers.models import EngagementMode
from patron_core.errors import PublicError
from patron_core.messages import Actor
from patron_core.outbound.client import Outbound

from ..broadcast import Broadcaster
from ..context import OperationRequest
from ..documents import Documents
from ..errors import formatted_all
from ..gateway import Gateway
from ..planner.execution import Found, PostgresqlReader, Reader, SqliteReader
from ..planner.plan import Param
from ..schemas import ComposedSchemas, Schemas
from .databases import PreparedDatabase

__all__ = ["CountingReader", "Patron", "open_patron", "patron"]


@dataclass(slots=True)
class CountingReader:
    """A reader that keeps the statements it ran."""

    inner: Reader
    statements: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        """The database's kind."""
        return self.inner.dialect

    async def value(self, sql: str, arguments: Sequence[Any]) -> Found:
        """Runs and notes a statement."""
        self.statements.append((sql, arguments))
        return await self.inner.value(sql, arguments)

    async def plan(self, sql: str, params: Sequence[Param]) -> list[str]:
        """How the database would go about a statement."""
        return await self.inner.plan(sql, params)

    async def close(self) -> None:
        """Closes the reader behind it."""
        await self.inner.close()


@dataclass(slots=True)
class Patron:
    """A deployment for one test."""

    prepared: PreparedDatabase
    gateway: Gateway
    reader: CountingReader

    @property
    def statements(self) -> list[tuple[str, Sequence[Any]]]:
        """The reads of the last operation."""
        return self.reader.statements

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        operation: str | None = None,
    ) -> dict[str, Any]:
        """The whole answer of an operation, errors included."""
        answer: dict[str, Any] = orjson.loads(await self.raw(query, variables, actor=actor, operation=operation))
        return answer

    async def raw(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        operation: str | None = None,
    ) -> bytes:
        """The answer's bytes."""
        self.reader.statements.clear()
        request = self.request(query, variables, actor=actor, operation=operation)
        try:
            return (await self.gateway.execute(request)).body
        except PublicError as error:
            return orjson.dumps({"errors": formatted_all(error, request_id=request.request_id)})

    async def data(
        self, query: str, variables: Mapping[str, Any] | None = None, *, actor: Actor | None = None
    ) -> dict[str, Any]:
        """The data of an operation that must work."""
        answer = await self.ask(query, variables, actor=actor)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def request(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        operation: str | None = None,
    ) -> OperationRequest:
        """The request the gateway gets."""
        return OperationRequest(
            query=query,
            variables=variables or {},
            actor=actor or self.prepared.actor,
            request_id="req_test",
            transport="POST",
            operation_name=operation,
        )


def open_patron(prepared: PreparedDatabase, *, composed: ComposedSchemas | None = None) -> Patron:
    """A deployment on a prepared database, with its plugins. composed: None shares schemas with other tests."""
    if prepared.dialect == "sqlite":
        reader: Reader = SqliteReader(str(make_url(prepared.url).database), threads=2)
    else:
        reader = PostgresqlReader(asyncpg_url(prepared.url), size=2)
    settings = prepared.settings
    counting = CountingReader(reader)
    schemas = Schemas(
        plugins=prepared.plugins,
        mode=EngagementMode.HYBRID,
        database=prepared.database,
        clock=prepared.clock,
        page_default=settings.page_default,
        composed=composed,
    )
    gateway = Gateway(
        database=prepared.database,
        reader=counting,
        schemas=schemas,
        documents=Documents(settings),
        settings=settings,
        clock=prepared.clock,
        ids=prepared.ids,
        broadcaster=Broadcaster(),
        outbound=Outbound(resolver=_public, connect=_nowhere),
    )
    return Patron(prepared, gateway, counting)


async def _public(host: str, port: int) -> Sequence[str]:
    """Every name has an address of the Internet; no test asks a resolver."""
    return ("93.184.216.34",)


async def _nowhere(address: str, port: int, *, server_name: str | None) -> Any:
    raise ConnectionRefusedError("tests have no network")


@pytest_asyncio.fixture
async def patron(database: PreparedDatabase) -> AsyncIterator[Patron]:
    """A deployment for one test, once on each database."""
    made = open_patron(database)
    yield made
    await made.reader.close()
