"""What travels: who asks (`Actor`), what is asked (`Command`), what has happened (`Event`).

All are frozen and validated when made, so nothing invalid travels. Names: commands are imperatives, events are past tense.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from .access.grants import EVERYTHING, Grant, Rows, grants_of_scopes
from .access.roles import BUNDLED
from .classification import INTERNAL, Classification
from .records import Record
from .values import Code, Money, Period

__all__ = ["Actor", "Command", "Event", "Named", "Refused", "argument"]

#: Models by the attributes of ids; None where an id names no row.
Named = Mapping[str, type[Record] | None]

ActorKind = Literal["user", "app", "job", "plugin", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. The tenant comes only from the credential; no input names one.

    tenant_id: whose data. subject: the credential's or user's id, as text. roles and scopes: names; a bundled role adds
    what it opens. purpose: the purpose of use for protected health information. purposes: those it may choose.
    expires_at: UTC, after which nothing is answered. reason: why a system actor acts, or why in an emergency. grants: what
    roles of the tenant's own open beside. party_id: the party it is, or in an emergency is about, where its rows are
    limited. rows: those limits, all of which hold. impersonator: who acts as this one. break_glass: the emergency grant.
    permissions: its scopes and those of its roles. opened: its grants and those of its roles. limits: likewise of rows.
    fingerprint: what decides the plans this actor may share with others:
    what is opened to it, not its name or tenant.
    """

    tenant_id: uuid.UUID
    subject: str
    kind: ActorKind
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    purpose: str | None = None
    expires_at: dt.datetime | None = None
    reason: str | None = None
    purposes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    party_id: uuid.UUID | None = None
    rows: frozenset[Rows] = frozenset()
    impersonator: str | None = None
    break_glass: uuid.UUID | None = None
    permissions: frozenset[str] = field(init=False, repr=False, compare=False)
    opened: tuple[Grant, ...] = field(init=False, repr=False, compare=False)
    limits: frozenset[Rows] = field(init=False, repr=False, compare=False)
    fingerprint: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind == "system" and not self.reason:
            raise ValueError("A system actor has no reason. Say why it acts: the audit keeps it.")
        known = [BUNDLED[name] for name in self.roles if name in BUNDLED]
        permissions = frozenset(self.scopes).union(*(role.scopes for role in known))
        opened = (*self.grants, *(grant for role in known for grant in role.grants))
        if not known and not self.grants:
            opened = grants_of_scopes(self.scopes)
        if self.kind == "system":
            permissions, opened = permissions | {"*"}, (EVERYTHING,)
        opened = tuple(dict.fromkeys(opened))
        limits = self.rows.union(role.rows for role in known if role.rows is not None)
        object.__setattr__(self, "permissions", permissions)
        object.__setattr__(self, "opened", opened)
        object.__setattr__(self, "limits", limits)
        object.__setattr__(self, "fingerprint", _fingerprint(permissions, opened, limits))


def _fingerprint(permissions: Iterable[str], grants: Iterable[Grant], rows: Iterable[str]) -> str:
    opened = sorted("/".join((grant.type, *(",".join(sorted(part)) for part in _parts(grant)))) for grant in grants)
    text = "|".join((",".join(sorted(permissions)), ";".join(opened), ",".join(sorted(rows))))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _parts(grant: Grant) -> tuple[list[str], ...]:
    uses = [use.value for use in grant.uses]
    return [each.name for each in grant.classes], list(grant.fields), uses


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

    type: dotted name, e.g. `customer.created`, stable once released. version: counted up when the payload's shape changes.
    customer_id: whose order of events it belongs to. names: for ids whose attribute does not say it, the model of the row they
    name, or None where they name no row. classes: of fields that are not what their type suggests; money is FINANCIAL, words
    are PII, everything else is INTERNAL. existence: how sensitive it is that there was such an event, where that is more than
    of the rows it names. opened_by: the scope that opens it, where that is another than the reading of its slice or plugin.
    What a field means may stand in the docstring after its name, as here.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    names: ClassVar[Named] = {}
    classes: ClassVar[Mapping[str, Classification]] = {}
    existence: ClassVar[Classification] = INTERNAL
    opened_by: ClassVar[str | None] = None
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
