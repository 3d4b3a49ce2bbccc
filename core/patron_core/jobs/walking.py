"""A job that goes through rows in the order of their ids, some in each step: where a step begins, and what it leaves.

In come a step and the ids that it worked on, out come the id to begin after and the progress to return.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from patron_core.hookspecs import Progress, Step

__all__ = ["go_on", "reached"]


def reached(step: Step) -> uuid.UUID:
    """The id that the step before got to; at first one that is below all others."""
    return uuid.UUID(step.state["after"]) if "after" in step.state else uuid.UUID(int=0)


def go_on(
    step: Step, ids: Sequence[uuid.UUID], *, most: int, state: Mapping[str, Any] | None = None
) -> Progress | None:
    """What is left to the next step: what comes after the last of these. None where there were fewer than `most`.

    state: what the next step needs to know besides.
    """
    if len(ids) < most:
        return None
    return Progress(done=step.done + len(ids), state={**(state or {}), "after": str(ids[-1])})
