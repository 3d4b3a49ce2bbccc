"""The running operation, as resolvers see it: who asks, what is planned, what was settled of a mutation.

Made by the gateway for answers that Strawberry finishes (graphql-core's context value); values come from the same plans as on the
fast path, and a command is handled once however often its fields are asked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from patron_core.database import TenantSession
from patron_core.errors import InvalidInput, PublicError
from patron_core.messages import Actor
from patron_core.unit_of_work import UnitOfWork

from .auditing import watched
from .compose import MutationField
from .operations import NODE_ID, PreparedRoot
from .part_failures import note
from .payloads import Settled, settle
from .planner.execution import bind
from .planner.replanning import PartFailed, revealed
from .ready import Ready
from .schemas import TenantSchema

if TYPE_CHECKING:
    from .gateway import Gateway

__all__ = ["OperationState"]

T = TypeVar("T")


@dataclass(slots=True)
class OperationState:
    """The running operation, as resolvers see it (graphql-core's context value). settled: commands handled before, by key."""

    gateway: Gateway
    ready: Ready
    settled: Mapping[str, Settled] = field(default_factory=dict)
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
        """Runs a function on a unit of work that can only read, for resolvers of root fields.

        Where it counts days beyond the calendar, what was given is refused (INVALID_INPUT).
        """
        gateway, request = self.gateway, self.ready.request

        def run(session: TenantSession) -> T:
            uow = UnitOfWork(
                session,
                actor=request.actor,
                clock=gateway.clock,
                ids=gateway.ids,
                plugins=self.tenant.plugins,
                request_id=request.request_id,
            )
            try:
                return work(uow)
            except OverflowError as error:  # days were counted from one that was given, and left the calendar
                raise InvalidInput(
                    "A time that follows from what was given lies outside of the calendar. A day near its first or its last "
                    "one was given. Give another day."
                ) from error

        return await gateway.database.read(request.actor.tenant_id, watched(self.ready, run))

    async def planned(self, key: str) -> Any:
        """The value of a planned root field."""
        text = self.ready.texts.get(key)
        return self._value(await self.gateway.text(self.ready, self.roots[key]) if text is None else text)

    def _value(self, text: bytes) -> Any:
        value = orjson.loads(text)
        return revealed(value) if self.ready.lost else value

    async def payload_row(self, key: str, inner: str, row_id: uuid.UUID) -> Any:
        """The row that a payload shows, read after the commit."""
        root = self.ready.prepared.payloads[key, inner]
        assert root.plan is not None
        arguments = bind(root.plan, self.ready.request.actor.tenant_id, {**self.ready.variables, NODE_ID: row_id})
        return self._value(await self.gateway.text(self.ready, root, arguments))

    def part_failed(self, owner: str, part: str, error: Exception) -> PublicError:
        """Notes that a plugin's resolver failed; the error that takes its place."""
        if isinstance(error, PublicError):
            return error
        note(self.ready, owner, part=part, error=error)
        return PartFailed(owner)

    async def mutate(self, key: str, field: MutationField, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Handles a mutation, if that was not done. What cannot be mended is raised and becomes an error of the answer."""
        settled = self.settled.get(key)
        if settled is None:
            gateway, ready = self.gateway, self.ready
            settled = await settle(self.tenant.composed, field, value, lambda command: gateway.handle(command, ready))
        if settled.error is not None:
            raise settled.error
        return settled.values
