"""strawberry-sqlalchemy-mapper over the same tables: types made from models, DataLoaders made from relationships.

Written as its documentation says, with what it allows: a keyset connection at the root, lists below. `application` is what uvicorn
runs; the answers go out in Patron's shape.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, Final

import strawberry
from sqlalchemy import Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info
from strawberry_sqlalchemy_mapper import (
    StrawberrySQLAlchemyLoader,
    StrawberrySQLAlchemyMapper,
    connection,
    strawberry_sqlalchemy_scalar_map,
)
from strawberry_sqlalchemy_mapper.field import StrawberrySQLAlchemyAsyncQuery, connection_session
from strawberry_sqlalchemy_mapper.relay import KeysetConnection

from benchmarks.data import Data
from benchmarks.dataset import TENANT
from benchmarks.peer import Ask, Peer, as_data, json_ask, uvicorn
from benchmarks.peers import orm
from benchmarks.peers.rows import money, row
from benchmarks.questions import Question

__all__ = ["MAPPER", "application"]

_mapper: Any = StrawberrySQLAlchemyMapper(
    always_use_list=True, extra_sqlalchemy_type_to_strawberry_type_map={Uuid: uuid.UUID}
)


@_mapper.type(orm.Transaction)
class Transaction:
    __exclude__: ClassVar = ["tenant_id", "customer_id"]


@_mapper.type(orm.Relationship)
class Relationship:
    __exclude__: ClassVar = ["tenant_id", "source_id", "target_id"]


@_mapper.type(orm.Party)
class Party:
    __exclude__: ClassVar = ["tenant_id", "outgoing"]

    @strawberry.field
    async def outgoing(self: Any, info: Info[Any, Any], first: int = 20) -> list[Relationship]:
        return await _first(info, self, orm.Party.outgoing, first)


@_mapper.type(orm.LoyaltyMember)
class LoyaltyMember:
    __exclude__: ClassVar = ["tenant_id", "customer_id"]

    @strawberry.field
    async def earned(self: Any, info: Info[Any, Any]) -> int:
        total: int = await info.context["earned"].load(self.id)
        return total


@_mapper.type(orm.Customer)
class Customer:
    __exclude__: ClassVar = ["tenant_id", "party_id", "transactions"]

    @strawberry.field
    async def transactions(self: Any, info: Info[Any, Any], first: int = 20) -> list[Transaction]:
        return await _first(info, self, orm.Customer.transactions, first)


async def _first(info: Info[Any, Any], parent: Any, attribute: Any, first: int) -> Any:
    """All rows of each parent are loaded and cut here: its own `first` limits the whole batch and not each parent."""
    loader = info.context["sqlalchemy_loader"].loader_for(attribute.property)
    rows: Any = await loader.load((parent.tenant_id, parent.id))
    return rows[:first]


def _of_stage(stage: str) -> tuple[Any, ...]:
    return orm.Customer.tenant_id == TENANT, orm.Customer.lifecycle_stage == stage


def _make_schema(session: async_sessionmaker[AsyncSession]) -> strawberry.Schema:
    @strawberry.type
    class Query:
        @strawberry.field
        async def customer(self, id: uuid.UUID) -> Customer | None:
            async with session() as opened:
                found: Any = await opened.get(orm.Customer, (TENANT, id))
                return found

        @connection(KeysetConnection[Customer], sessionmaker=session, keyset=(orm.Customer.id,))
        def customers(self, stage: str) -> Iterable[Customer]:
            found: Any = StrawberrySQLAlchemyAsyncQuery(
                session=connection_session.get(),
                query=lambda opened: opened.query(orm.Customer).filter(*_of_stage(stage)).order_by(orm.Customer.id),
            )
            return found  # type: ignore[no-any-return]

        @strawberry.field
        async def customers_total(self, stage: str) -> int:
            async with session() as opened:
                return int(
                    await opened.scalar(select(func.count()).select_from(orm.Customer).where(*_of_stage(stage))) or 0
                )

    _mapper.finalize()
    return strawberry.Schema(
        Query,
        extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)],
        config=StrawberryConfig(scalar_map=strawberry_sqlalchemy_scalar_map, relay_max_results=1000),
    )


class MapperGraphQL(GraphQL[Any, None]):
    """Strawberry's own view with new loaders for each request."""

    def __init__(self, session: async_sessionmaker[AsyncSession]) -> None:
        super().__init__(_make_schema(session), graphql_ide=None)
        self._session = session

    async def get_context(self, request: Any, response: Any) -> Any:
        """The mapper's loader, and one for the sum."""
        loader = StrawberrySQLAlchemyLoader(async_bind_factory=self._session)
        return {"sqlalchemy_loader": loader, "earned": DataLoader(self._earned)}

    async def _earned(self, keys: list[uuid.UUID]) -> list[int]:
        entry = orm.PointsEntry
        statement = (
            select(entry.member_id, func.sum(entry.delta))
            .where(entry.tenant_id == TENANT, entry.member_id.in_(keys), entry.kind == "EARN")
            .group_by(entry.member_id)
        )
        async with self._session() as opened:
            sums = {key: int(total) for key, total in await opened.execute(statement)}
        return [sums.get(key, 0) for key in keys]


def application() -> MapperGraphQL:
    """What uvicorn runs."""
    return MapperGraphQL(orm.sessions(os.environ["BENCHMARK_URL"]))


_LIST: Final = "query Customers($stage: String!, $first: Int!) { customers(first: $first, stage: $stage) { %s } %s }"
_NODE: Final = "id kind engagementMode lifecycleStage owner since version createdAt updatedAt party { displayName %s }"
_PAGE: Final = "pageInfo { hasNextPage endCursor }"
_NESTED: Final = """transactions(first: 5) { id kind amountMinor amountCurrency occurredAt channel }
  loyalty { tier points enrolledAt }"""
_OUTGOING: Final = "outgoing(first: 3) { roleTitle influence target { id displayName } }"
_DOCUMENTS: Final = {
    "q1": """query Customer($id: UUID!) { customer(id: $id) {
      id kind engagementMode lifecycleStage owner since createdAt party { displayName } } }""",
    "q2": _LIST % (f"edges {{ cursor node {{ {_NODE % ''} }} }} {_PAGE}", ""),
    "q3": _LIST % (f"edges {{ cursor node {{ {_NODE % _OUTGOING} {_NESTED} }} }} {_PAGE}", ""),
    "q4": _LIST
    % ("edges { node { id party { displayName } loyalty { points earned } } }", "customersTotal(stage: $stage)"),
    "q5": _LIST % (f"edges {{ cursor node {{ {_NODE % ''} }} }} {_PAGE}", ""),
}


def _ask(question: Question, data: Data) -> Ask | None:
    document = _DOCUMENTS.get(question.name)
    if document is None:
        return None
    sets = [{**each, "id": each["id"].removeprefix("cus_")} if "id" in each else each for each in question.variables]
    return json_ask(replace(question, variables=tuple(sets)), document=document)


def _answer(question: Question, answer: Any) -> Any:
    data = as_data(question, answer)
    if question.name == "q1":
        return {"customer": _customer(data["customer"])}
    found = data["customers"]
    edges = [{**edge, "node": _customer(edge["node"])} for edge in found["edges"]]
    total = {"totalCount": data["customersTotal"]} if "customersTotal" in data else {}
    return {"customers": {**found, **total, "edges": edges}}


def _customer(found: dict[str, Any]) -> dict[str, Any]:
    made = row(found, prefix="cus")
    party = made.pop("party")
    made["displayName"] = party["displayName"]
    if "outgoing" in party:
        nodes = [{**each, "target": row(each["target"], prefix="pty")} for each in party["outgoing"]]
        made["party"] = {"outgoingRelationships": {"nodes": nodes}}
    if "transactions" in made:
        made["transactions"] = {"nodes": [money(row(each, prefix="txn")) for each in made["transactions"]]}
    if "loyalty" in made:
        made["loyalty"] = row(made["loyalty"], prefix="loy")
    return made


MAPPER: Final = Peer(
    name="strawberry-sqlalchemy-mapper",
    launch=lambda data, port: uvicorn("benchmarks.peers.mapper:application", data, port),
    ask=_ask,
    answer=_answer,
    connections=4,  # one answer takes so long that more only wait
    settings="Types and DataLoaders made from models, keyset connection at the root, parsed and validated documents cached, a pool of 8. "
    "Its `first` on a nested list limits the whole batch and not each parent, so nested lists are loaded whole and cut; totals and sums "
    "are fields by hand. No permissions, limits or row-level security.",
)
