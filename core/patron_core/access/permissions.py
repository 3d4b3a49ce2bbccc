"""Who may: whether an actor holds a permission, by role or by scope.

A permission is `<noun>:<verb>` (`party:write`); a plugin's carries its name (`retail:redeem`). Which columns an actor
may use is said by its grants, and checked by the planner.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from patron_core.access.grants import opens
from patron_core.access.roles import ADMINISTRATOR
from patron_core.errors import Forbidden
from patron_core.messages import Actor

__all__ = [
    "ACCESS_READ",
    "ADMINISTER",
    "ADMINISTRATOR",
    "EXPLAIN",
    "IMPERSONATE",
    "INTROSPECT",
    "PERMISSIONS",
    "REVIEW",
    "SHARE",
    "holds",
    "require",
]

ACCESS_READ: Final = "access:read"
ADMINISTER: Final = "access:administer"
SHARE: Final = "access:share"
IMPERSONATE: Final = "access:impersonate"
REVIEW: Final = "access:review"
EXPLAIN: Final = "operation:explain"
INTROSPECT: Final = "operation:introspect"

PERMISSIONS: Final = MappingProxyType(
    {
        ACCESS_READ: "See API keys, roles and sharing agreements; never a secret.",
        ADMINISTER: "Make tenants and roles, issue API keys and take them back, sign users out.",
        SHARE: "Share customers with partners by agreement, and end that.",
        IMPERSONATE: "Act as somebody else, for a limited time and with a reason; both are named in the audit.",
        REVIEW: "Review emergency access that somebody else took.",
        INTROSPECT: "Look at the schema itself: `__schema`, `__type`, and the suggestions in errors.",
        EXPLAIN: "See how an operation is answered: its plans, statements and costs.",
    }
)


def holds(actor: Actor, permission: str) -> bool:
    """Whether the actor may, by its scopes and those of its roles; see `grants.opens`."""
    return opens(actor.permissions, permission)


def require(actor: Actor, permission: str) -> None:
    """Raises FORBIDDEN with the missing scope's name where the actor does not hold the permission."""
    if not holds(actor, permission):
        raise Forbidden(
            f"You may not do this. It needs the scope {permission}. Ask an administrator for a key with it.",
            scope=permission,
        )
