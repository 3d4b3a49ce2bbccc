"""Demo rows: three segments, found once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.segments.commands import CreateSegment, RefreshSegment

__all__ = ["fill"]

_CUSTOMERS: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("Active customers", "Who buys.", {"lifecycleStage": {"eq": "ACTIVE"}}),
    (
        "Buyers of the north team",
        "People of the north team who bought in a store.",
        {
            "owner": {"eq": "north team"},
            "transactions": {"some": {"kind": {"eq": "SALE"}, "channel": {"eq": "STORE"}}},
        },
    ),
)
_EMPLOYERS: Final[Mapping[str, Any]] = {"outgoingRelationships": {"some": {"type": {"code": {"eq": "EMPLOYS"}}}}}


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Defines the segments and finds who is in them."""
    for name, description, where in _CUSTOMERS:
        _made(demo, CreateSegment(name=name, description=description, customers=where))
    _made(demo, CreateSegment(name="Employers", description="Parties that employ somebody.", parties=_EMPLOYERS))


def _made(demo: DemoContext, command: CreateSegment) -> None:
    segment = demo.uow.handle(command)
    demo.uow.flush()
    demo.uow.handle(RefreshSegment(id=segment.id))
