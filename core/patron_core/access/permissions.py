"""Who may: whether an actor holds a permission, by role or by scope.

A permission is `<noun>:<verb>` (`party:write`); a plugin's carries its name (`retail:redeem`). There is one role for
now, `administrator`, which may do all; classification grants are checked by the planner.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from patron_core.errors import Forbidden
from patron_core.messages import Actor

__all__ = ["ADMINISTER", "ADMINISTRATOR", "EXPLAIN", "PERMISSIONS", "holds", "require"]

ADMINISTRATOR: Final = "administrator"
ADMINISTER: Final = "access:administer"
EXPLAIN: Final = "operation:explain"

PERMISSIONS: Final = MappingProxyType(
    {
        ADMINISTER: "Make tenants, issue API keys and take them back.",
        EXPLAIN: "See how an operation is answered: its plans, statements and costs.",
    }
)


def holds(actor: Actor, permission: str) -> bool:
    """Whether the actor may.

    The administrator and system actors may all; others what their scopes name (`party:*` names all verbs of party).
    """
    if actor.kind == "system" or ADMINISTRATOR in actor.roles:
        return True
    noun = permission.partition(":")[0]
    return permission in actor.scopes or f"{noun}:*" in actor.scopes


def require(actor: Actor, permission: str) -> None:
    """Raises FORBIDDEN with the missing scope's name where the actor does not hold the permission."""
    if not holds(actor, permission):
        raise Forbidden(
            f"You may not do this. It needs the scope {permission}. Ask an administrator for a key with it.",
            scope=permission,
        )
