"""What may be asked about reviews: review a contact, with a score and the values that were lived in it."""

from __future__ import annotations

from dataclasses import dataclass

from patron_core import validation
from patron_core.messages import Command, argument
from patron_core.touchpoints.commands import TouchpointId
from patron_core.validation import code, key, once, paragraphs, within

__all__ = ["NewCriterion", "ReviewTouchpoint"]

_MOST_CRITERIA = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCriterion:
    """One of our values in a contact."""

    code: str = argument("Which value, such as KEEPS_PROMISES.")
    lived: bool = argument("Whether it was lived.")

    def __post_init__(self) -> None:
        code(self, "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTouchpoint(Command):
    """Reviews a contact that somebody else had; each reviewer once."""

    touchpoint_id: TouchpointId = argument("The contact.")
    score: int = argument("How good it was, 0 to 100.")
    note: str | None = argument("What to say about it.", default=None)
    criteria: tuple[NewCriterion, ...] = argument("Our values, and whether they were lived.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "note")
        key(self, "idempotency_key")
        within(self.score, least=0, most=100, path="score")
        validation.count(self.criteria, most=_MOST_CRITERIA, path="criteria")
        once((each.code for each in self.criteria), path="criteria")
