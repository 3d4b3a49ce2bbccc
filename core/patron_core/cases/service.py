"""What happens to cases: they are opened once for each key of their source, worked on, solved and reopened, in the unit of work.

A case's row is held while it moves, so that its clock is set by one at a time.
"""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import select

from patron_core.cases import clock, events
from patron_core.cases.commands import MoveCase, OpenCase, ReopenCase, ResolveCase, RespondToCase, UpdateCase
from patron_core.cases.models import Case, CaseChange, CaseKind, CasePause, CaseState
from patron_core.cases.permissions import CASE_WRITE
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.service_levels.assigning import level_of
from patron_core.service_levels.models import CaseSeverity, ServiceTarget
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import not_later, same_version

__all__ = ["HANDLERS", "breach"]

_SOURCE_KEY: Final = ("source", "source_key")


def open_case(command: OpenCase, uow: UnitOfWork) -> Case:
    """Opens a case with the clock of the customer's level. A source key that is known gives the case that is there."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    came = command.occurred_at or uow.now
    not_later(came, than=uow.now, path="occurred_at")
    level = level_of(customer.id, uow)
    due = clock.due(came, _target(None if level is None else level.id, command.severity, uow))
    values = {
        "customer_id": customer.id,
        "service_level_id": None if level is None else level.id,
        "kind": command.kind,
        "severity": command.severity,
        "state": CaseState.NEW,
        "channel": command.channel,
        "topic": command.topic,
        "description": command.description,
        "owner": command.owner,
        "occurred_at": came,
        "response_due_at": due.response_at,
        "resolution_due_at": due.resolution_at,
        "paused_seconds": 0,
        "reopened_count": 0,
        "source": command.source,
        "source_key": command.source_key,
    }
    if command.source is None:
        case = uow.add(Case(**values))
    elif ids := uow.add_many(Case, [values], unless_exists=_SOURCE_KEY):
        case = uow.get(Case, ids[0])
    else:
        return _known(command, uow)
    _keep_step(case, uow, before=None)
    uow.emit(events.CaseOpened(customer_id=customer.id, case_id=case.id, kind=case.kind, severity=case.severity))
    return case


def update_case(command: UpdateCase, uow: UnitOfWork) -> Case:
    """Changes a case; with another severity it is due at another time. CONFLICT where a solved complaint would lose its cause."""
    case = _held(command.id, command.version, uow)
    changed = apply_update(command, to=case)
    if "severity" in changed:
        _set_clock(case, uow)
    if case.state not in clock.OPEN_STATES:
        _check_solved(case)
    if changed:
        uow.emit(events.CaseChanged(customer_id=case.customer_id, case_id=case.id, fields=changed))
    return case


def respond_to_case(command: RespondToCase, uow: UnitOfWork) -> Case:
    """Keeps the first answer. CONFLICT where there was one."""
    case = _held(command.id, command.version, uow)
    if case.responded_at is not None:
        raise Conflict(
            "The case was answered already. A first answer was given again. Nothing is to be done.", path=("id",)
        )
    if case.state is CaseState.NEW:
        _step(case, CaseState.OPEN, uow, reason=None)
    else:
        _answered(case, uow)
        uow.emit(events.CaseChanged(customer_id=case.customer_id, case_id=case.id, fields=("responded_at",)))
    return case


def move_case(command: MoveCase, uow: UnitOfWork) -> Case:
    """Moves a case on. INVALID_INPUT for a step that does not follow."""
    case = _held(command.id, command.version, uow)
    if case.state in (CaseState.RESOLVED, CaseState.CLOSED) and command.state is CaseState.OPEN:
        raise InvalidInput(
            "The case is solved. It was to be open again by a move. Reopen it, with a reason.", path=("state",)
        )
    _step(case, command.state, uow, reason=command.reason)
    return case


def resolve_case(command: ResolveCase, uow: UnitOfWork) -> Case:
    """Solves a case. INVALID_INPUT for a complaint without root cause and resolution."""
    case = _held(command.id, command.version, uow)
    clock.check_step(case.state, to=CaseState.RESOLVED)
    for name in ("root_cause", "resolution", "compensation"):
        if getattr(command, name) is not None:
            setattr(case, name, getattr(command, name))
    _check_solved(case)
    _step(case, CaseState.RESOLVED, uow, reason=None)
    return case


def reopen_case(command: ReopenCase, uow: UnitOfWork) -> Case:
    """Opens a case again. INVALID_INPUT where it is open."""
    case = _held(command.id, command.version, uow)
    if case.state in clock.OPEN_STATES:
        raise InvalidInput("The case is open. It was to be opened again. Nothing is to be done.", path=("id",))
    case.reopened_count += 1
    case.resolved_at = case.resolution_minutes = None
    _step(case, CaseState.OPEN, uow, reason=command.reason)
    return case


def breach(case: Case, kind: events.Clock, uow: UnitOfWork) -> None:
    """Notes that a promise was not kept and tells it, once for each case and promise."""
    name = "response" if kind is events.Clock.RESPONSE else "resolution"
    if getattr(case, f"{name}_breached_at") is not None:
        return
    setattr(case, f"{name}_breached_at", uow.now)
    due_at = getattr(case, f"{name}_due_at")
    uow.emit(events.CaseBreached(customer_id=case.customer_id, case_id=case.id, clock=kind, due_at=due_at))


def _held(case_id: uuid.UUID, version: int, uow: UnitOfWork) -> Case:
    case = uow.get(Case, case_id, lock=True, path=("id",))
    same_version(case, version=version)
    return case


def _step(case: Case, to: CaseState, uow: UnitOfWork, *, reason: str | None) -> None:
    """Goes to a state: the clock is stopped or goes on, the first answer and the solution are kept, and it is told."""
    before = case.state
    clock.check_step(before, to=to)
    if before is CaseState.WAITING_CUSTOMER:
        _resume(case, to, uow)
    case.state = to
    if case.responded_at is None:
        _answered(case, uow)
    if to is CaseState.WAITING_CUSTOMER:
        clock.pause(case, uow.now)
        uow.add(CasePause(case_id=case.id, paused_at=uow.now, resumed_at=None, reason=reason))
    if to is CaseState.RESOLVED:
        case.resolved_at, case.resolution_minutes = uow.now, clock.minutes_run(case, uow.now)
        if clock.is_late(case.resolution_due_at, done_at=uow.now):
            breach(case, events.Clock.RESOLUTION, uow)
    _keep_step(case, uow, before=before, reason=reason)
    uow.emit(events.CaseStateChanged(customer_id=case.customer_id, case_id=case.id, from_state=before, to_state=to))


def _resume(case: Case, to: CaseState, uow: UnitOfWork) -> None:
    pauses = uow.select(select(CasePause).where(CasePause.case_id == case.id, CasePause.resumed_at.is_(None)))
    case.state = to  # together with the clock, for nothing may be sent between
    clock.resume(case, uow.now)
    for each in pauses:
        each.resumed_at = uow.now


def _answered(case: Case, uow: UnitOfWork) -> None:
    case.responded_at, case.response_minutes = uow.now, clock.minutes_run(case, uow.now)
    if clock.is_late(case.response_due_at, done_at=uow.now):
        breach(case, events.Clock.RESPONSE, uow)


def _set_clock(case: Case, uow: UnitOfWork) -> None:
    due = clock.due(
        case.occurred_at,
        _target(case.service_level_id, case.severity, uow),
        paused_seconds=case.paused_seconds,
    )
    case.resolution_due_at = due.resolution_at
    if case.responded_at is None:
        case.response_due_at = due.response_at


def _target(level_id: uuid.UUID | None, severity: CaseSeverity, uow: UnitOfWork) -> tuple[int, int] | None:
    if level_id is None:
        return None
    found = uow.find(ServiceTarget, service_level_id=level_id, severity=severity)
    return None if found is None else (found.first_response_minutes, found.resolution_minutes)


def _check_solved(case: Case) -> None:
    understood = {"rootCause": case.root_cause, "resolution": case.resolution}
    lacking = [name for name, value in understood.items() if value is None]
    if case.kind is CaseKind.COMPLAINT and lacking:
        raise InvalidInput(
            f"The complaint is not understood yet. It lacks {' and '.join(lacking)}. Say what it came from and what was done.",
            path=(lacking[0],),
            missing=lacking,
        )


def _keep_step(case: Case, uow: UnitOfWork, *, before: CaseState | None, reason: str | None = None) -> None:
    uow.add(
        CaseChange(
            case_id=case.id,
            from_state=before,
            to_state=case.state,
            occurred_at=uow.now,
            changed_by=uow.actor.subject,
            reason=reason,
        )
    )


def _known(command: OpenCase, uow: UnitOfWork) -> Case:
    known = uow.find(Case, source=command.source, source_key=command.source_key)
    if known is None:  # written and not yet visible: another transaction is about to commit it
        raise Conflict("The case is being opened by another request. It has the same source key. Try again.")
    return known


HANDLERS: Final = (
    CommandHandler(command=OpenCase, handler=open_case, permission=CASE_WRITE),
    CommandHandler(command=UpdateCase, handler=update_case, permission=CASE_WRITE),
    CommandHandler(command=RespondToCase, handler=respond_to_case, permission=CASE_WRITE),
    CommandHandler(command=MoveCase, handler=move_case, permission=CASE_WRITE),
    CommandHandler(command=ResolveCase, handler=resolve_case, permission=CASE_WRITE),
    CommandHandler(command=ReopenCase, handler=reopen_case, permission=CASE_WRITE),
)
