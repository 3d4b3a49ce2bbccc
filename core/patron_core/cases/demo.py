"""Demo rows: a case of every third customer, some answered, some waiting, some solved, and the signs they give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from patron_core.cases.commands import MoveCase, OpenCase, ResolveCase, RespondToCase
from patron_core.cases.models import Case, CaseKind, CaseState
from patron_core.cases.watching import look_for_signs
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.service_levels.models import CaseSeverity
from patron_core.touchpoints.models import Channel

__all__ = ["fill"]

_COMPLAINTS: Final = ("The parcel came late", "The invoice is wrong", "Nobody called back")
_CAUSES: Final = ("LATE_DELIVERY", "WRONG_INVOICE", "MISSED_CALL")


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Cases in every state, and warning signs."""
    for index, customer in enumerate([*companies, *people][::3]):
        _case(demo, customer, index)
    demo.uow.flush()
    look_for_signs([customer.id for customer in [*people, *companies]], demo.uow)


def _case(demo: DemoContext, customer: Customer, index: int) -> None:
    uow, what = demo.uow, index % len(_COMPLAINTS)
    case: Case = uow.handle(
        OpenCase(
            customer_id=customer.id,
            kind=CaseKind.QUESTION if index % 4 == 3 else CaseKind.COMPLAINT,
            severity=list(CaseSeverity)[index % len(CaseSeverity)],
            channel=demo.random.choice([Channel.PHONE, Channel.EMAIL, Channel.CHAT]),
            topic=_COMPLAINTS[what],
            owner="service desk",
            occurred_at=uow.now - dt.timedelta(hours=demo.random.randrange(2, 200)),
        )
    )
    uow.flush()
    match index % 4:
        case 1:
            uow.handle(RespondToCase(id=case.id, version=case.version))
        case 2:
            waits = CaseState.WAITING_CUSTOMER
            uow.handle(MoveCase(id=case.id, version=case.version, state=waits, reason="Which parcel was it?"))
        case 3:
            done = ResolveCase(
                id=case.id, version=case.version, root_cause=_CAUSES[what], resolution="We explained it."
            )
            uow.handle(done)
        case _:
            pass
    uow.flush()
