"""The decisions about a customer that need no database: which stage may follow which, and the defaults of a new one."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from patron_core.customers.models import CustomerKind, EngagementMode, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.parties.models import PartyKind

__all__ = ["NEXT_STAGES", "check_transition", "default_kind", "default_mode"]

#: A prospect has bought nothing yet and so can neither fall silent nor leave; whoever left can be won back.
NEXT_STAGES: Final = MappingProxyType(
    {
        LifecycleStage.PROSPECT: (LifecycleStage.ACTIVE,),
        LifecycleStage.ACTIVE: (LifecycleStage.DORMANT, LifecycleStage.CHURNED),
        LifecycleStage.DORMANT: (LifecycleStage.ACTIVE, LifecycleStage.CHURNED),
        LifecycleStage.CHURNED: (LifecycleStage.ACTIVE,),
    }
)


def check_transition(current: LifecycleStage, *, to: LifecycleStage) -> None:
    """Refuses a step that the stages do not allow (`InvalidInput`); staying is no step."""
    if to != current and to not in NEXT_STAGES[current]:
        allowed = " or ".join(stage.name for stage in NEXT_STAGES[current])
        raise InvalidInput(
            f"The stage cannot change that way. It is {current.name}, {to.name} was given. Go to {allowed} first.",
            path=("lifecycle_stage",),
        )


def default_kind(party: PartyKind) -> CustomerKind:
    """Organizations buy as businesses, persons as consumers."""
    return CustomerKind.B2B if party is PartyKind.ORGANIZATION else CustomerKind.B2C


def default_mode(kind: CustomerKind, *, tenant: EngagementMode) -> EngagementMode:
    """The tenant's mode; in a hybrid tenant relationships carry businesses, purchases carry consumers."""
    if tenant is not EngagementMode.HYBRID:
        return tenant
    return EngagementMode.RELATIONSHIP if kind is CustomerKind.B2B else EngagementMode.TRANSACTION
