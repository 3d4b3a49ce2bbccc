"""What commands of webhooks need beside the database: whether a URL can be called, whether a condition fits, a try.

In comes a command on its way, out comes its result. Everything is asked before or after the transaction, never inside it.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from patron_core.access.permissions import require
from patron_core.columns import format_time
from patron_core.database import Database
from patron_core.errors import InvalidInput, PublicError
from patron_core.messages import Actor, Command
from patron_core.outbound.client import Outbound
from patron_core.values import Clock, IdSource, Unset
from patron_core.webhooks.commands import CreateWebhook, TestWebhook, UpdateWebhook
from patron_core.webhooks.endpoints import actor_of
from patron_core.webhooks.letters import destination_of
from patron_core.webhooks.models import WebhookAttemptOutcome, WebhookEndpoint
from patron_core.webhooks.permissions import WEBHOOK_WRITE
from patron_core.webhooks.sending import REFUSALS
from patron_core.webhooks.trying import Courier

from .context import OperationRequest
from .webhook_payloads import condition_request

__all__ = ["TriedWebhook", "WebhookCommands"]

CarryOut = Callable[[], Awaitable[Any]]


class Checks(Protocol):
    """What is needed of the gateway."""

    database: Database
    clock: Clock
    ids: IdSource

    async def check(self, request: OperationRequest) -> None:
        """Raises what `execute` would refuse before anything runs."""
        ...


@dataclass(frozen=True, slots=True)
class TriedWebhook:
    """How a try went. http_status: of the answer, where there was one."""

    delivered: bool
    outcome: WebhookAttemptOutcome
    http_status: int | None
    milliseconds: int


class WebhookCommands:
    """Goes around the commands of webhooks that need the network or the planner."""

    def __init__(self, gateway: Checks, outbound: Outbound) -> None:
        self.outbound = outbound
        self._gateway = gateway
        self._courier = Courier(outbound, clock=gateway.clock)

    async def around(self, command: Command, actor: Actor, carry_out: CarryOut) -> Any:
        """Carries a command out, with what belongs to it outside of its transaction."""
        match command:
            case CreateWebhook():
                require(actor, WEBHOOK_WRITE)
                await self.outbound.check(command.url)
                purpose = None if command.purpose is None else command.purpose.name
                await self._check_condition(actor, command.filter, command.scopes, purpose)
            case UpdateWebhook():
                require(actor, WEBHOOK_WRITE)
                if not isinstance(command.url, Unset):
                    await self.outbound.check(command.url)
                await self._check_update(actor, command)
            case TestWebhook():
                return await self._try(await carry_out())
            case _:
                pass
        return await carry_out()

    async def _check_update(self, actor: Actor, command: UpdateWebhook) -> None:
        """The condition as it will be, with the scopes as they will be."""
        if all(isinstance(each, Unset) for each in (command.filter, command.scopes, command.purpose)):
            return
        stored = await self._gateway.database.read(
            actor.tenant_id, lambda session: session.get(WebhookEndpoint, (actor.tenant_id, command.id))
        )
        if stored is None:
            return  # who carries it out says so
        before = destination_of(stored, now=self._gateway.clock.now())
        filter_ = before.where() if isinstance(command.filter, Unset) else command.filter
        scopes = stored.scopes.split() if isinstance(command.scopes, Unset) else command.scopes
        purpose = stored.purpose if isinstance(command.purpose, Unset) else getattr(command.purpose, "name", None)
        await self._check_condition(actor, filter_, tuple(scopes), purpose)

    async def _check_condition(
        self, actor: Actor, where: Mapping[str, Any] | None, scopes: tuple[str, ...], purpose: str | None
    ) -> None:
        """INVALID_INPUT where the endpoint itself could not ask for it."""
        if where is None:
            return
        asking = actor_of(actor.tenant_id, uuid.UUID(int=0), scopes=" ".join(scopes), purpose=purpose)
        any_customer = {"id": {"isNull": False}}
        request = condition_request(asking, {"and": [any_customer, where]}, request_id=str(self._gateway.ids.new()))
        try:
            await self._gateway.check(request)
        except REFUSALS as refusal:
            raise _unfit(refusal) from None

    async def _try(self, endpoint: WebhookEndpoint) -> TriedWebhook:
        now = self._gateway.clock.now()
        to = destination_of(endpoint, now=now)
        said = {"webhookEndpointId": f"{endpoint.id_prefix}_{endpoint.id}"}
        body = orjson.dumps({"type": "webhook.test", "timestamp": format_time(now), "data": said})
        tried = await self._courier.bring(to.url, body, keys=to.keys, message_id=f"test_{self._gateway.ids.new()}")
        return TriedWebhook(tried.delivered, tried.outcome, tried.http_status, tried.milliseconds)


def _unfit(refusal: PublicError) -> InvalidInput:
    return InvalidInput(
        f"The filter cannot be asked with the endpoint's scopes. It was refused as {refusal.public_code}. "
        "Filter by what the scopes open, with fewer conditions, or give the scopes.",
        path=("filter",),
    )
