"""The roles every tenant has, each with what it opens; a tenant adds its own beside them.

In comes a name, out comes a `Role`. What a bundled role may do with a plugin's nouns is said by that plugin's manifest
(`Manifest.roles`); roles of a tenant's own are rows and left to `service`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from patron_core.access.grants import EVERYTHING, JUDGING, Grant, Rows, Use
from patron_core.records import FINANCIAL, INTERNAL, PHI, PII, PUBLIC

__all__ = ["ADMINISTRATOR", "BUNDLED", "OWNER", "Role"]

OWNER: Final = "owner"
ADMINISTRATOR: Final = "administrator"  # what the first keys of a tenant are called


@dataclass(frozen=True, slots=True)
class Role:
    """A set of grants with a name.

    scopes: what it opens of types and commands. grants: which columns. rows: whose rows, None for all; where an actor has
    several roles that limit rows, it holds every limit.
    """

    name: str
    description: str
    scopes: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()
    rows: Rows | None = None


def _columns(*classes: object, uses: frozenset[Use] = frozenset(Use)) -> tuple[Grant, ...]:
    return (Grant(classes=frozenset(classes), uses=uses),)  # type: ignore[arg-type]


def _scopes(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Of which nobody who works with customers is kept.
_EVERYDAY: Final = (
    "party",
    "customer",
    "relationship",
    "touchpoint",
    "transaction",
    "opportunity",
    "contract",
    "product",
    "channel",
    "duplicate",
    "household",
    "preference",
    "task",
    "knowledge",
    "attachment",
    "review",
    "lead",
    "order",
    "cart",
    "offer",
    "invoice",
    "segment",
    "monitoring",
    "profit",
    "measure",
    "service_level",
    "case",
    "feedback",
    "campaign",
    "decision",
    "distribution",
    "stakeholder",
    "account",
    "need",
    "currency",
    "quote",
    "forecast",
    "health",
)
_WORK: Final = " ".join(f"{subject}:*" for subject in _EVERYDAY)
_READING: Final = " ".join(["*:read", "household:read", *(f"{subject}:read" for subject in JUDGING)])
_PORTAL: Final = "party:read customer:read relationship:read touchpoint:read transaction:read"

_ROLES: Final = (
    Role(OWNER, "Everything, the setting up of access included.", _scopes("*"), (EVERYTHING,)),
    Role(ADMINISTRATOR, "Everything: the owner's rights for software.", _scopes("*"), (EVERYTHING,)),
    Role(
        "manager",
        "Runs the business: all data but health information, all work on it, imports and large pages.",
        _scopes(
            f"*:read {_WORK} import:* inbound:* document:* job:* webhook:* operation:* page:large access:read access:share"
        ),
        _columns(PUBLIC, INTERNAL, PII, FINANCIAL),
    ),
    Role(
        "agent",
        "Works with customers: their data but health information.",
        _scopes(f"*:read {_WORK} emergency:take"),
        _columns(PUBLIC, INTERNAL, PII, FINANCIAL),
    ),
    Role(
        "analyst",
        "Reads figures: money and behaviour, never who somebody is.",
        _scopes(f"{_READING} page:large"),
        _columns(PUBLIC, INTERNAL, FINANCIAL),
    ),
    Role(
        "clinician",
        "Treats patients: personal and health information.",
        _scopes(f"{_READING} party:write customer:write touchpoint:* emergency:take"),
        _columns(PUBLIC, INTERNAL, PII, PHI),
    ),
    Role(
        "receptionist",
        "Receives people: who they are and when they come, nothing clinical and no money.",
        _scopes(f"{_READING} party:write customer:write touchpoint:*"),
        _columns(PUBLIC, INTERNAL, PII),
    ),
    Role(
        "compliance_officer",
        "Watches over the rules: the audit, emergency access, consent, requests for erasure and export.",
        _scopes(f"{_READING} audit:* emergency:read privacy:* access:review access:read webhook:read"),
        _columns(PUBLIC, INTERNAL, PII, FINANCIAL),
    ),
    Role(
        "partner",
        "Another company: the customers that an agreement shares with it, and what was sold to them.",
        _scopes(f"{_PORTAL} distribution:read"),
        _columns(PUBLIC, INTERNAL, PII),
        "shared",
    ),
    Role(
        "customer_portal",
        "A customer who looks at what is kept about them, and takes it out.",
        _scopes("*:read privacy:own"),
        _columns(PUBLIC, INTERNAL, PII, FINANCIAL, PHI),
        "own",
    ),
    Role(
        "integration",
        "Software that writes: all work on customers, nothing of health.",
        _scopes(f"*:read {_WORK} import:* webhook:* page:large"),
        _columns(PUBLIC, INTERNAL, PII, FINANCIAL),
    ),
)

#: Outsiders: what there might be beside what they see is not theirs to look at.
_OUTSIDE: Final = ("partner", "customer_portal")


def _introspecting(role: Role) -> Role:
    """The same role with the right to look at the schema it sees."""
    return role if role.name in _OUTSIDE else replace(role, scopes=role.scopes | {"operation:introspect"})


BUNDLED: Final = MappingProxyType({role.name: _introspecting(role) for role in _ROLES})
