"""The decisions about a deal's way that need no database: what a stage still misses, and how many stages a move leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from patron_core.errors import InvalidInput
from patron_core.opportunities.models import (
    ApprovalStatus,
    ApprovalStep,
    Opportunity,
    OpportunityStatus,
    RequiredField,
    Stage,
)

__all__ = ["check_gate", "check_reason", "missing", "skipped"]


def missing(
    opportunity: Opportunity, *, required: Iterable[RequiredField], approvals: Sequence[ApprovalStep]
) -> list[RequiredField]:
    """What a stage requires and is not known of the deal, in the order of the codes."""
    wanted = set(required)
    return [each for each in RequiredField if each in wanted and not _is_known(opportunity, each, approvals)]


def check_gate(stage: Stage, *, lacking: Sequence[RequiredField]) -> None:
    """Refuses with INVALID_INPUT a move into a stage that requires what is not known, and names all of it."""
    if lacking:
        raise InvalidInput(
            f"The stage {stage.code} cannot be entered. What it requires is not known: "
            f"{', '.join(each.name for each in lacking)}. Fill that in, then move the deal.",
            path=("stage_code",),
            missing=[each.name for each in lacking],
        )


def check_reason(before: OpportunityStatus, after: OpportunityStatus, *, reason: str | None) -> None:
    """Refuses with INVALID_INPUT to lose a deal, or to open one again that was decided, without a reason."""
    opens_again = before is not OpportunityStatus.OPEN and after is OpportunityStatus.OPEN
    if reason is None and (after is OpportunityStatus.LOST or opens_again):
        what = "is lost" if after is OpportunityStatus.LOST else "was decided and opens again"
        raise InvalidInput(
            f"A reason is missing. The deal {what}, and none was given. Say why.",
            path=("reason",),
        )


def skipped(stages: Sequence[Stage], *, before: Stage, after: Stage) -> int:
    """How many open stages between two were left out on the way forward; none on the way back or to a loss."""
    if after.outcome is OpportunityStatus.LOST or after.position <= before.position:
        return 0
    between = [stage for stage in stages if before.position < stage.position < after.position]
    return sum(1 for stage in between if stage.outcome is OpportunityStatus.OPEN)


def _is_known(opportunity: Opportunity, field: RequiredField, approvals: Sequence[ApprovalStep]) -> bool:
    if field is RequiredField.APPROVALS:
        return all(step.status is ApprovalStatus.APPROVED for step in approvals)
    return getattr(opportunity, field.value) is not None
