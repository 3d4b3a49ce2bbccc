"""What time does to contracts: renewals open ahead of the end of a term, contracts go on by themselves, or are over.

Days are those of UTC. A day that was missed is made up for: what is looked at is what is due, not what is due today.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.contracts import events
from patron_core.contracts.models import Contract, ContractStatus, Renewal, RenewalStatus
from patron_core.contracts.service import OPEN, open_renewal, renew
from patron_core.contracts.terms import LEAD_DAYS, opens_on
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on, reached

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["end_terms", "open_renewals"]

_AT_ONCE: Final = 500
_LONGEST_NOTICE: Final = 3_650
_MOST_STEPS: Final = 1_000  # a term of a day that began in another century has too many for one run


def open_renewals(step: Step, uow: UnitOfWork) -> Progress | None:
    """Opens the renewals whose day has come, of up to 500 contracts in each step."""
    today = uow.now.date()
    has_one = select(Renewal.id).where(Renewal.contract_id == Contract.id, Renewal.term_ends_on == Contract.term_to)
    latest = today + dt.timedelta(days=LEAD_DAYS + _LONGEST_NOTICE)
    statement = (
        select(Contract)
        .where(Contract.status == ContractStatus.ACTIVE, Contract.term_to <= latest, ~has_one.exists())
        .where(Contract.id > reached(step))
        .order_by(Contract.id)
        .limit(_AT_ONCE)
    )
    found = uow.select(statement)
    for contract in found:
        if opens_on(contract.term_to, notice_days=contract.notice_days) <= today:
            open_renewal(contract, uow)
    return go_on(step, [contract.id for contract in found], most=_AT_ONCE)


def end_terms(step: Step, uow: UnitOfWork) -> Progress | None:
    """Lets contracts whose term is over go on or end, up to 500 in each step and 1,000 steps in a run.

    One that renews by itself gets a further term, unless notice was given; any other is over, and an open renewal is lost.
    """
    today = uow.now.date()
    over = select(Contract).where(Contract.status != ContractStatus.ENDED, Contract.term_to <= today)
    found = uow.select(over.order_by(Contract.term_to, Contract.id).limit(_AT_ONCE))
    for contract in found:
        _end_term(contract, uow)
    steps = step.state.get("steps", 0) + 1
    return Progress(done=step.done + len(found), state={"steps": steps}) if found and steps < _MOST_STEPS else None


def _end_term(contract: Contract, uow: UnitOfWork) -> None:
    statement = select(Renewal).where(Renewal.contract_id == contract.id, Renewal.term_ends_on == contract.term_to)
    renewal = next(iter(uow.select(statement)), None)
    if contract.auto_renew and contract.status is ContractStatus.ACTIVE:
        renew(renewal or open_renewal(contract, uow), contract, uow)
        return  # where nobody looked for more than a term, the next step finds it again
    contract.status = ContractStatus.ENDED
    if renewal is not None and renewal.status in OPEN:
        renewal.status, renewal.reason, renewal.decided_at = RenewalStatus.LOST, "The term ended undecided.", uow.now
    uow.emit(events.ContractEnded(customer_id=contract.customer_id, contract_id=contract.id))
