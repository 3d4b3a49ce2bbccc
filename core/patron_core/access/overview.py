"""Who may see a figure that is added up over many rows: whoever sees all of them, and the classes of what it is made of.

The planner asks this of each field it plans. A figure that Python makes knows no limit on rows: it asks here, before it
reads anything.
"""

from __future__ import annotations

from patron_core.access.grants import reads
from patron_core.errors import Forbidden
from patron_core.messages import Actor
from patron_core.records import Classification

__all__ = ["require_class", "require_overview"]


def require_overview(actor: Actor, *classes: Classification) -> None:
    """FORBIDDEN for an actor that sees some rows only, or to whom a class of the figure's facts is closed."""
    if actor.limits:
        raise Forbidden(
            "You may not see this. It is made of all customers' rows, and you see some of them. Ask somebody who sees all."
        )
    require_class(actor, *classes)


def require_class(actor: Actor, *classes: Classification) -> None:
    """FORBIDDEN for an actor that may not read columns of one of the classes."""
    for each in classes:
        if not reads(actor.opened, each):
            raise Forbidden(
                f"You may not see this. It is made from {each.name} columns, which you may not read. "
                "Ask an administrator for a role that may."
            )
