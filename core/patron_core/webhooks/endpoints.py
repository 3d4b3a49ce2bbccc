"""What an endpoint may be told: which events it names, and as whom it reads. Nobody has one told more than they may read.

In come names of events and scopes, and who sets the endpoint up; out come nothing or a refusal, and the actor that stands
for the endpoint whenever something is read for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Final

from patron_core.access.grants import CLASS_SCOPES, grants_of_scopes
from patron_core.access.opened import Opened, check_may_give
from patron_core.access.role_service import manifests_of
from patron_core.access.scopes import check_scopes
from patron_core.errors import Forbidden, InvalidInput
from patron_core.messages import Actor
from patron_core.outbox.telling import may_hear_of
from patron_core.outbox.types import EventTypes
from patron_core.records import PHI
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.models import WebhookEndpoint

__all__ = ["actor_of", "check_bounds", "check_event_types", "check_may_have", "matches"]

_READ_PHI: Final = next(scope for scope, class_ in CLASS_SCOPES.items() if class_ is PHI)


def actor_of(tenant_id: uuid.UUID, endpoint_id: uuid.UUID, *, scopes: str, purpose: str | None) -> Actor:
    """Who reads for an endpoint, and stands in the audit for it."""
    names = tuple(scopes.split())
    return Actor(tenant_id, f"{WebhookEndpoint.id_prefix}_{endpoint_id}", "app", scopes=names, purpose=purpose)


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """Whether one of the patterns names the type: by its whole name, as `customer.*`, or as `*`."""
    return any(
        pattern in ("*", event_type) or (pattern.endswith(".*") and event_type.startswith(pattern[:-1]))
        for pattern in patterns
    )


def check_bounds(scopes: Collection[str], purpose: str | None, uow: UnitOfWork) -> None:
    """Refuses scopes an endpoint cannot have, and those beyond the actor's own.

    INVALID_INPUT: nobody declares one, one is not for reading, health information without a purpose. FORBIDDEN: beyond.
    """
    check_scopes(scopes, manifests=manifests_of(uow))
    writing = [scope for scope in scopes if not scope.endswith(":read") and scope not in CLASS_SCOPES]
    if writing or not scopes:
        raise InvalidInput(
            "An endpoint has scopes that read, and at least one. Another was given, or none. "
            "Give such as customer:read and read:pii.",
            path=("scopes",),
        )
    if _READ_PHI in scopes and purpose is None:
        raise InvalidInput(
            "Health information is told for a purpose. The scopes open it, and none was given. Give one.",
            path=("purpose",),
        )
    check_may_have(uow.actor, scopes, purpose)


def check_may_have(actor: Actor, scopes: Collection[str], purpose: str | None) -> None:
    """FORBIDDEN where an endpoint with these would be told more than the actor may read."""
    if actor.limits:
        raise Forbidden(
            "An endpoint is told of everybody. Your credential sees the rows of some alone. Ask somebody who sees all."
        )
    nouns = (
        frozenset(scopes) - CLASS_SCOPES.keys()
    )  # classes are compared as columns: a role opens them without a scope
    check_may_give(actor, Opened(all_scopes=nouns, all_grants=grants_of_scopes(scopes)))
    everything = actor.kind == "system" or "*" in actor.permissions
    if purpose is not None and not everything and purpose not in {*actor.purposes, actor.purpose}:
        raise Forbidden(
            "Nobody gives more than they have. A purpose of use was given that you may not choose. Leave it out."
        )


def check_event_types(patterns: Collection[str], actor: Actor, types: EventTypes) -> None:
    """INVALID_INPUT where a pattern names no event there is, or none that the endpoint's actor may hear of."""
    for pattern in patterns:
        named = [each for each in types.all if matches((pattern,), each.name)]
        if not named:
            raise InvalidInput(
                "There is no such type of event. Neither the core nor a plugin of the tenant has one of a given name. "
                "Choose among `eventTypes`.",
                path=("event_types",),
            )
        if not any(may_hear_of(each, actor) for each in named):
            raise InvalidInput(
                f"The endpoint could never be told of a type it names. That needs the scope {named[0].scope}, "
                "and for what is of health its class. Add it to the scopes, or leave the type out.",
                path=("event_types",),
            )
