"""What travels: who asks (`Actor`), what is asked (`Command`), what has happened (`Event`).

All are frozen and validated when made, so nothing invalid travels. Names: commands are imperatives, events are past tense.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from .values import Code, Money, Period

__all__ = ["Actor", "Command", "Event", "Refused", "argument"]

ActorKind = Literal["user", "app", "job", "plugin", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. The tenant comes only from the credential; no input names one.

    tenant_id: whose data. subject: the credential's or user's id, as text. roles and scopes: names. purpose: the purpose of
    use for protected health information. expires_at: UTC, after which nothing is answered. reason: why a system actor acts.
    fingerprint: what decides the plans this actor may share with others: its roles and scopes, not its name or tenant.
    """

    tenant_id: uuid.UUID
    subject: str
    kind: ActorKind
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    purpose: str | None = None
    expires_at: dt.datetime | None = None
    reason: str | None = None
    fingerprint: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind == "system" and not self.reason:
            raise ValueError("A system actor has no reason. Say why it acts: the audit keeps it.")
        text = "|".join((",".join(sorted(self.roles)), ",".join(sorted(self.scopes))))
        object.__setattr__(self, "fingerprint", hashlib.sha256(text.encode()).hexdigest()[:16])


def argument(doc: str, **options: Any) -> Any:
    """A command's field with the description its GraphQL input shows; `default` and `default_factory` as in `field`."""
    return field(metadata={"doc": doc}, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something asked for. Subclasses are frozen, slotted, keyword-only dataclasses that check themselves in `__post_init__`."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Stands in a batch in the place of a row that could not even be read, so that the others are not lost with it.

    A command takes it by its annotation: `rows: tuple[NewTransaction | Refused, ...]`. path: inside the row.
    """

    code: str
    message: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, in the past tense.

    type: dotted name, e.g. `customer.created`, stable once released. customer_id: whose order of events it belongs to.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    customer_id: uuid.UUID | None = None

    def payload(self) -> dict[str, Any]:
        """The event as JSON values."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> Any:
    match value:
        case Code():
            return value.name
        case uuid.UUID():
            return str(value)
        case dt.datetime():
            return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        case dt.date():
            return value.isoformat()
        case Money():
            return {"amount": str(value.amount), "currencyCode": value.currency_code}
        case Period():
            return {"from": _plain(value.start), "to": _plain(value.end)}
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value
