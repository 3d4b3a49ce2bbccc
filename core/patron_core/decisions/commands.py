"""What may be asked about next steps: decide on one that is advised, and note what came of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Final

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.decisions.models import ActionDecision, ActionOutcome, ActionVerdict
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import key, one_line

__all__ = ["ActionDecisionId", "DecideNextAction", "NoteActionOutcome"]

ActionDecisionId = Annotated[uuid.UUID, IdOf(ActionDecision)]
_LONGEST_CODE: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideNextAction(Command):
    """Decides on a next step that is advised for a customer now; what it rests on is kept as it is at this moment."""

    customer_id: CustomerId = argument("For whom.")
    code: str = argument("Which step, as nextBestActions names it.")
    verdict: ActionVerdict = argument("Whether it is taken.")
    why: str | None = argument("Why; needed where it is not taken.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "why")
        key(self, "idempotency_key")
        validation.code(self, "code", maximum=_LONGEST_CODE)
        if self.verdict is ActionVerdict.REJECTED and self.why is None:
            raise InvalidInput(
                "A reason is missing. The step is not taken, and none was given. Say why, so that advice gets better.",
                path=("why",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteActionOutcome(Command):
    """Notes what came of a next step that was taken."""

    id: ActionDecisionId = argument("The decision.")
    version: int = argument("The version the change was made from.")
    outcome: ActionOutcome = argument("What came of it.")
