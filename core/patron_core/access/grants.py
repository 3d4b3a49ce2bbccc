"""What a role opens: classes of columns and single fields, how they may be used, and whose rows.

Two keys open a value. A scope such as `party:read` opens a type, a grant opens its columns by their classification. In
come roles and scopes, out come the grants and the limit on rows of an actor. Whether an operation fits them is left to
the planner, which asks before any SQL is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from patron_core.records import FINANCIAL, INTERNAL, PHI, PII, PUBLIC, Classification

__all__ = [
    "ANY_TYPE",
    "CLASS_SCOPES",
    "EVERYTHING",
    "PARTY_BOUND",
    "READABLE",
    "Grant",
    "Rows",
    "Use",
    "grants_of_scopes",
    "opens",
    "reads",
]

ANY_TYPE: Final = "*"
#: Every classification that can be granted; what is SECRET is written and never read.
READABLE: Final = frozenset({PUBLIC, INTERNAL, PII, FINANCIAL, PHI})
#: The scopes that open classes for a key without a role; PUBLIC and INTERNAL come with the type.
CLASS_SCOPES: Final = {f"read:{each.name.lower()}": each for each in (PII, FINANCIAL, PHI)}
#: What we think of customers, plan with them and earn by them: for who works with them, never for themselves or others.
JUDGING: Final = (
    *("account", "campaign", "decision", "duplicate", "forecast", "health", "lead"),
    *("measure", "monitoring", "profit", "review", "segment", "stakeholder", "task"),
)
#: Nouns whose reading is named one by one: `*:read` does not open them.
GUARDED: Final = frozenset(
    {
        *JUDGING,
        "household",  # its name tells of all its members
        *("access", "audit", "emergency", "privacy", "operation", "document", "import", "inbound", "job", "webhook"),
    }
)

#: Whose rows an actor sees where it does not see all: those about its own party, those of customers that are shared with
#: it by an agreement, those of customers it owns, or, in an emergency, those about one party.
Rows = Literal["own", "shared", "owned", "subject"]
#: Limits that mean a party: without one they would show nothing.
PARTY_BOUND: Final[frozenset[Rows]] = frozenset({"own", "shared"})


class Use(Enum):
    """What is done with a column. Writing is opened by the scopes of commands."""

    READ = "read"
    FILTER = "filter"
    ORDER = "order"
    AGGREGATE = "aggregate"


@dataclass(frozen=True, slots=True)
class Grant:
    """Columns that may be used.

    type: name of a GraphQL type or of an interface it belongs to; `*` for all. classes: of columns. fields: GraphQL names
    of fields that are open beyond those classes. uses: what for; nothing is filtered, ordered or grouped by that may not
    be read.
    """

    type: str = ANY_TYPE
    classes: frozenset[Classification] = frozenset()
    fields: frozenset[str] = frozenset()
    uses: frozenset[Use] = frozenset(Use)


EVERYTHING: Final = Grant(classes=READABLE)


def grants_of_scopes(scopes: Iterable[str]) -> tuple[Grant, ...]:
    """What the scopes of a key open by themselves: PUBLIC and INTERNAL columns, and the classes they name."""
    given = set(scopes)
    if not given:
        return ()
    if "*" in given:
        return (EVERYTHING,)
    classes = {CLASS_SCOPES[scope] for scope in given & CLASS_SCOPES.keys()}
    return (Grant(classes=frozenset({PUBLIC, INTERNAL} | classes)),)


def reads(grants: Iterable[Grant], classification: Classification) -> bool:
    """Whether columns of a class are open to be read, whatever their type."""
    return any(
        grant.type == ANY_TYPE and classification in grant.classes and Use.READ in grant.uses for grant in grants
    )


def opens(scopes: frozenset[str], permission: str) -> bool:
    """Whether scopes hold a permission: by its name, `party:*` for a noun, `*:read` for all reading, `*` for all."""
    if permission in scopes or "*" in scopes:
        return True
    noun, _, verb = permission.partition(":")
    return f"{noun}:*" in scopes or (verb == "read" and noun not in GUARDED and "*:read" in scopes)
