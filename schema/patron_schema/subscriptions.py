"""From a subscription's request to what is followed, and from an event's row to its answer.

A request comes in and is prepared and refused as any other operation; what goes out is a place among those who follow. What
decides an answer is the key by which listeners share it: tenant, schema, document, permissions, and the variables, except those
that only say whose events are followed and from where on. Sharing itself is left to `following`, what was missed to `resuming`,
statements and Strawberry to the gateway.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import orjson
import structlog
from graphql import FieldNode, VariableNode, Visitor, visit

from patron_core.errors import BadRequest, InvalidInput, LimitExceeded, Timeout
from patron_core.settings import Settings
from patron_core.values import IdSource

from .broadcast import Broadcaster
from .compose.commands import decode_id
from .context import OperationRequest, OperationResponse
from .documents import Document
from .errors import formatted
from .following import Answer, Followed, Followings, Inbox, Listener
from .operations import NODE_ID, PreparedRoot
from .places import Place
from .planner.execution import bind
from .planner.plan import ById
from .resuming import History, Past
from .transport import OpenSubscription

if TYPE_CHECKING:
    from .ready import Ready

__all__ = ["Finish", "Prepare", "ReadText", "Subscriptions"]

_log = structlog.stdlib.get_logger("patron.subscriptions")


class Prepare(Protocol):
    """Prepares an operation; raises PublicError for what is refused. general: for Strawberry to finish."""

    async def __call__(self, request: OperationRequest, *, general: bool = False) -> Ready: ...


class ReadText(Protocol):
    """The JSON of a planned root field."""

    async def __call__(self, ready: Ready, root: PreparedRoot, arguments: list[Any] | None = None) -> bytes: ...


class Finish(Protocol):
    """An answer by way of Strawberry, with errors at their places."""

    async def __call__(self, ready: Ready) -> OperationResponse: ...


class KeepTold(Protocol):
    """Keeps in the audit who is told of an event; raises UNAVAILABLE where it cannot."""

    async def __call__(self, ready: Ready, requests: Sequence[OperationRequest], subjects: Collection[str]) -> None: ...


class Subscriptions:
    """The subscriptions of one deployment.

    prepare, read, finish and keep: the gateway's. settings: the deadline and the size of one event's answer. history: the
    events that were handed on; None where they have no positions, so that nobody can go back.
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        *,
        prepare: Prepare,
        read: ReadText,
        finish: Finish,
        keep: KeepTold,
        ids: IdSource,
        settings: Settings,
        history: History | None = None,
    ) -> None:
        self.followings = Followings(broadcaster)
        self._past = (
            None
            if history is None
            else Past(broadcaster, self.followings, history, most=settings.subscription_max_missed)
        )
        self._prepare = prepare
        self._read = read
        self._finish = finish
        self._keep = keep
        self._ids = ids
        self._deadline_seconds = settings.deadline_seconds
        self._max_characters = settings.max_response_bytes

    async def follow(self, request: OperationRequest, listener: Listener) -> OpenSubscription:
        """Tells the listener each event's answer from now on, or from where it was, until what is returned is closed.

        Raises PublicError for what is refused, and BAD_REQUEST for an operation that is no subscription.
        """
        ready = await self._prepare(request)
        if ready.document.kind != "subscription":
            raise BadRequest("This is no subscription. A query or mutation gives one answer. Send it as one.")
        root = ready.prepared.roots[0]
        subscription = ready.tenant.composed.subscriptions.get(root.nodes[0].name.value)
        if subscription is None or root.plan is None:
            raise BadRequest("This subscription has no events. Its plugin declares none. Ask its vendor.")
        customer = root.plan.customer.read(ready.variables) if root.plan.customer else None
        followed = Followed(
            key=_key(ready, root),
            tenant_id=request.actor.tenant_id,
            events=subscription.events,
            node_id=subscription.node_id,
            answer=partial(self._answer, ready),
            keep=None if ready.prepared.disclosed is None else partial(self._kept, ready),
        )
        customer_id = None if customer is None else decode_id(customer, "cus")
        seen = _seen(ready, root)
        if isinstance(root.plan.node, ById) and root.plan.node.where is not None:
            await self._keep(ready, [request], ())  # that an event is not told of says something of its row
        if seen is not None:
            return await self._resumed(followed, listener, customer_id, request, seen)
        if self._past is not None:
            await self._past.begin(request.actor.tenant_id)
        return self.followings.join(followed, listener, customer_id=customer_id, request=request)

    async def _resumed(
        self,
        followed: Followed,
        listener: Listener,
        customer_id: uuid.UUID | None,
        request: OperationRequest,
        seen: Place,
    ) -> OpenSubscription:
        if self._past is None:
            raise InvalidInput(
                "There is no way back here. Events are handed on without positions. Subscribe without `after`."
            )
        return await self._past.resume(followed, listener, customer_id=customer_id, request=request, seen=seen)

    async def subscribe(self, request: OperationRequest) -> AsyncGenerator[bytes]:
        """The answers one after another, for a reader that asks for them. Raises as `follow` does, and OVERLOADED."""
        inbox = Inbox()
        following = await self.follow(request, inbox)
        try:
            while (answer := await inbox.next()) is not None:
                yield answer.encode()
        finally:
            following.close()

    # -- one event

    async def _answer(self, shared: Ready, row_id: uuid.UUID) -> Answer | None:
        """The answer about a row, errors included; None where the row is gone.

        Its errors bear a request id of their own, the same for all who are told: it stands beside the one entry in the log.
        """
        ready = shared.apart()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                text = await self._fast(ready, row_id) if ready.prepared.fast else await self._general(ready, row_id)
            if text is not None and len(text) > self._max_characters:
                raise _too_large(text, self._max_characters)
        except Exception as error:
            return Answer(self._refusal(ready, error))
        return None if text is None else Answer(text, frozenset(ready.subjects))

    def _refusal(self, ready: Ready, error: Exception) -> str:
        shown = _too_late(self._deadline_seconds) if isinstance(error, TimeoutError) else error
        entry = {"path": [ready.prepared.roots[0].key], **formatted(shown, request_id=str(self._ids.new()))}
        return orjson.dumps({"errors": [entry], "data": None}).decode()

    async def _kept(self, ready: Ready, answer: Answer, requests: Sequence[OperationRequest]) -> str:
        """The text to tell, once the audit holds who is told; where it cannot, that nothing is told."""
        try:
            await self._keep(ready, requests, answer.subjects)
        except Exception as error:
            return self._refusal(ready, error)
        return answer.text

    async def _fast(self, ready: Ready, row_id: uuid.UUID) -> str | None:
        root = ready.prepared.roots[0]
        try:
            text = await self._read(ready, root, _arguments(ready, root, row_id))
        except Exception as error:
            _log.info("fast_path_left", error=type(error).__name__)
            general = await self._prepare(ready.request, general=True)
            shown = await self._general(general, row_id)
            ready.subjects.update(general.subjects)
            return shown
        return None if text == b"null" else f'{{"data":{{"{root.key}":{text.decode()}}}}}'

    async def _general(self, ready: Ready, row_id: uuid.UUID) -> str | None:
        """The answer by way of Strawberry: for selections it must finish, and where something failed, to say at which place."""
        root = ready.prepared.roots[0]
        arguments = _arguments(ready, root, row_id)
        text = await self._read(ready, root, arguments)
        if text == b"null":
            return None
        request = replace(ready.request, request_id=str(self._ids.new()))
        response = await self._finish(
            replace(ready, request=request, arguments={root.key: arguments}, texts={root.key: text})
        )
        answer = orjson.loads(response.body)
        return orjson.dumps({name: answer[name] for name in ("errors", "data") if name in answer}).decode()


def _arguments(ready: Ready, root: PreparedRoot, row_id: uuid.UUID) -> list[Any]:
    assert root.plan is not None
    return bind(root.plan, ready.request.actor.tenant_id, {**ready.variables, NODE_ID: row_id})


def _seen(ready: Ready, root: PreparedRoot) -> Place | None:
    """Where the client left off: what its transport says, which is newer, or else the argument."""
    assert root.plan is not None
    text = ready.request.after
    if text is None and root.plan.after is not None:
        text = root.plan.after.read(ready.variables)
    return None if text is None else Place.read(text)


def _too_late(seconds: float) -> Timeout:
    return Timeout(
        f"The event could not be answered in time. It had {seconds:g} seconds and was cancelled. "
        "Ask for less of each event."
    )


def _too_large(answer: str, maximum: int) -> LimitExceeded:
    return LimitExceeded(
        limit="bytes of the response", value=len(answer), maximum=maximum, advice="Ask for less of each event."
    )


# -- who shares


def _key(ready: Ready, root: PreparedRoot) -> Hashable:
    """What decides the answers: whoever has an equal one gets the same text for every row.

    The text of the document and not its digest, and the variables as they were sent: nothing that differs can look the same.
    """
    request = ready.request
    sent = {name: request.variables[name] for name in _deciding(ready.document, root) if name in request.variables}
    return (
        request.actor.tenant_id,
        request.actor.fingerprint,
        (request.actor.party_id, request.actor.subject) if request.actor.limits else None,
        ready.tenant.composed.key,
        request.query,
        ready.document.operation_name,
        json.dumps(sent, sort_keys=True),
    )


def _deciding(document: Document, root: PreparedRoot) -> Sequence[str]:
    """The operation's variables, without those that stand nowhere but in the subscription's `customerId` or `after`."""
    uses = _uses(document)
    choosing = _choosing_variables(root.nodes[0])
    declared = [definition.variable.name.value for definition in document.operation.variable_definitions or ()]
    return [name for name in declared if name not in choosing or uses[name] > 1]


def _choosing_variables(node: FieldNode) -> set[str]:
    """What only chooses among the events."""
    return {
        argument.value.name.value
        for argument in node.arguments or ()
        if argument.name.value in ("customerId", "after") and isinstance(argument.value, VariableNode)
    }


def _uses(document: Document) -> Mapping[str, int]:
    """How often each variable stands in the operation and in the document's fragments, its definition not counted."""
    counting = _Counting()
    for definition in document.operation.variable_definitions or ():
        counting.uses[definition.variable.name.value] = -1
    for node in (document.operation, *document.fragments.values()):
        visit(node, counting)
    return counting.uses


class _Counting(Visitor):
    """Counts variables by name."""

    def __init__(self) -> None:
        super().__init__()
        self.uses: dict[str, int] = {}

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.uses[node.name.value] = self.uses.get(node.name.value, 0) + 1
