"""What may be asked about roles of a tenant's own: make, change and delete them. Grants are checked here, word by word.

A word nobody knows is refused when a role is saved: one that was passed over would open too much or limit too little.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from patron_core import validation
from patron_core.access.commands import check_names
from patron_core.access.grants import ANY_TYPE, READABLE, Grant, Rows, Use
from patron_core.access.models import AccessRole
from patron_core.access.roles import BUNDLED, Role
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import one_line
from patron_core.values import UNSET, Unset

__all__ = [
    "AccessRoleId",
    "CreateRole",
    "DeleteRole",
    "RoleGrant",
    "UpdateRole",
    "grants_of",
    "grants_to_store",
    "role_of",
]

AccessRoleId = Annotated[uuid.UUID, IdOf(AccessRole)]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,49}")
_TYPE: Final = re.compile(r"\*|[A-Z][A-Za-z0-9]{0,99}")
_FIELD: Final = re.compile(r"[a-z][A-Za-z0-9]{0,99}")
_CLASSES: Final = {each.name: each for each in sorted(READABLE)}
_USES: Final = {each.name: each for each in Use}
_ROWS: Final[Mapping[str, Rows]] = {"OWN": "own", "SHARED": "shared", "OWNED": "owned"}
_MOST_GRANTS: Final = 100
_MOST_FIELDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """Columns that a role opens."""

    type: str = argument("Name of a type or interface; * for all.", default=ANY_TYPE)
    classes: tuple[str, ...] = argument("Classes of columns: PUBLIC, INTERNAL, PII, FINANCIAL, PHI.", default=())
    fields: tuple[str, ...] = argument("Names of fields that are open beyond those classes.", default=())
    uses: tuple[str, ...] = argument(
        "What for: READ, FILTER, ORDER, AGGREGATE; all of them when left out.", default=tuple(_USES)
    )

    def __post_init__(self) -> None:
        _match(_TYPE, [self.type], "type", "A type's name begins with a capital, as Party does, or is *.")
        _match(_FIELD, self.fields, "fields", "A field's name begins with a small letter, as displayName does.")
        _among(_CLASSES, self.classes, "classes")
        _among(_USES, self.uses, "uses")
        if Use.READ.name not in self.uses:
            raise InvalidInput(
                "The grant does not open reading. Nothing is filtered, ordered or grouped by that may not be read. "
                "Add READ to its uses.",
                path=("uses",),
            )
        if not self.classes and not self.fields:
            raise InvalidInput(
                "The grant opens nothing. It names neither classes nor fields. Name at least one.", path=("classes",)
            )
        validation.count(self.fields, most=_MOST_FIELDS, path="fields")

    def grant(self) -> Grant:
        """What it opens."""
        return Grant(
            self.type,
            frozenset(_CLASSES[name] for name in self.classes),
            frozenset(self.fields),
            frozenset(_USES[name] for name in self.uses),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRole(Command):
    """Makes a role of the tenant's own, beside the bundled ones."""

    name: str = argument("Its name in lower case, such as claims_clerk.")
    description: str = argument("What it is for.")
    scopes: tuple[str, ...] = argument("What it opens of types and commands, such as party:read.", default=())
    grants: tuple[RoleGrant, ...] = argument(
        "The columns it opens; PUBLIC and INTERNAL ones of its types when left out.", default=()
    )
    rows: str | None = argument(
        "Whose rows it sees: OWN (its party's), SHARED (by agreement), OWNED (of customers it owns); all when left out.",
        default=None,
    )

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in BUNDLED:
            raise InvalidInput(
                "The name of a role is 2 to 50 small letters, digits and underscores, and none of a bundled role. "
                "The given one breaks that. Choose another.",
                path=("name",),
            )
        one_line(self, "description")
        _check_contents(self.scopes, self.grants, self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRole(Command):
    """Changes a role of the tenant's own. Who has it has it as it is now, from the next request on."""

    id: AccessRoleId = argument("The role.")
    version: int = argument("The version the change was made from.")
    description: str | Unset = argument("What it is for.", default=UNSET)
    scopes: tuple[str, ...] | Unset = argument("What it opens of types and commands, all of it.", default=UNSET)
    grants: tuple[RoleGrant, ...] | Unset = argument("The columns it opens, all of them.", default=UNSET)
    rows: str | Unset | None = argument("Whose rows it sees; null for all.", default=UNSET)

    def __post_init__(self) -> None:
        one_line(self, "description")
        scopes = () if isinstance(self.scopes, Unset) else self.scopes
        grants = () if isinstance(self.grants, Unset) else self.grants
        _check_contents(scopes, grants, None if isinstance(self.rows, Unset) else self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRole(Command):
    """Deletes a role of the tenant's own that no key has."""

    id: AccessRoleId = argument("The role.")
    version: int = argument("The version that was seen last.")


def grants_to_store(grants: Iterable[RoleGrant]) -> list[dict[str, Any]]:
    """Grants as they are kept: names only, sorted."""
    return [
        {
            "type": each.type,
            "classes": sorted(set(each.classes)),
            "fields": sorted(set(each.fields)),
            "uses": sorted(set(each.uses)),
        }
        for each in grants
    ]


def grants_of(stored: Iterable[Any]) -> tuple[RoleGrant, ...]:
    """Kept grants, checked again as if they were new: a row that was changed by other means opens nothing by a wrong word."""
    return tuple(
        RoleGrant(
            type=str(each["type"]),
            classes=tuple(each["classes"]),
            fields=tuple(each["fields"]),
            uses=tuple(each["uses"]),
        )
        for each in stored
    )


def role_of(row: AccessRole) -> Role:
    """What a stored role opens. INVALID_INPUT where what is stored is none."""
    return Role(
        row.name,
        row.description,
        frozenset(row.scopes.split()),
        tuple(each.grant() for each in grants_of(row.grants)),
        None if row.rows is None else _row_limit(row.rows),
    )


def _check_contents(scopes: tuple[str, ...], grants: tuple[RoleGrant, ...], rows: str | None) -> None:
    check_names((), scopes)
    if rows is not None:
        _row_limit(rows)
    validation.count(grants, most=_MOST_GRANTS, path="grants")


def _row_limit(name: str) -> Rows:
    _among(_ROWS, [name], "rows")
    return _ROWS[name]


def _match(form: re.Pattern[str], names: Iterable[str], path: str, advice: str) -> None:
    if not all(form.fullmatch(name) for name in names):
        raise InvalidInput(
            f"A grant names what can be none of the {path} there are. {advice} Correct it.", path=(path,)
        )


def _among(known: Iterable[str], names: Iterable[str], path: str) -> None:
    if not set(names) <= set(known):
        raise InvalidInput(
            f"There is no such word among {path} of a role. One of the given ones is none. "
            f"Choose among {', '.join(known)}.",
            path=(path,),
        )
