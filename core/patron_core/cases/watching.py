"""Keeps warning signs: each run looks at all customers, 200 in a step; what is new is told once, what is over is gone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.cases.events import WarningRaised
from patron_core.cases.models import WarningSign
from patron_core.cases.warning_signs import Sign, signs_of
from patron_core.customers.models import Customer
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.unit_of_work import UnitOfWork

__all__ = ["look_for_signs", "watch"]

_AT_ONCE: Final = 200


def watch(step: Step, uow: UnitOfWork) -> Progress | None:
    """Looks at 200 customers in each step."""
    page = select(Customer.id).where(Customer.id > reached(step), Customer.deleted_at.is_(None))
    ids = uow.select(page.order_by(Customer.id).limit(_AT_ONCE))
    look_for_signs(ids, uow)
    return go_on(step, ids, most=_AT_ONCE)


def look_for_signs(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> None:
    """Keeps what is found of these customers now."""
    if not ids:
        return
    kept = uow.select(select(WarningSign).where(uow.among(WarningSign.customer_id, ids)))
    there = {(each.customer_id, each.kind): each for each in kept}
    for customer_id, signs in signs_of(ids, uow).items():
        for sign in signs:
            known = there.get((customer_id, sign.kind))
            if sign.severity is None:
                if known is not None:
                    uow.delete(known)
            elif known is not None:
                _renew(known, sign, uow)
            else:
                _raise(customer_id, sign, uow)


def _renew(known: WarningSign, sign: Sign, uow: UnitOfWork) -> None:
    assert sign.severity is not None
    assert sign.figure.value is not None
    known.severity, known.value, known.threshold = sign.severity, sign.figure.value, sign.threshold
    known.reason, known.as_of = sign.figure.reason, uow.now


def _raise(customer_id: uuid.UUID, sign: Sign, uow: UnitOfWork) -> None:
    found = uow.add(
        WarningSign(
            customer_id=customer_id,
            kind=sign.kind,
            severity=sign.severity,
            value=sign.figure.value,
            threshold=sign.threshold,
            unit=sign.figure.unit,
            reason=sign.figure.reason,
            raised_at=uow.now,
            as_of=uow.now,
        )
    )
    uow.emit(WarningRaised(customer_id=customer_id, warning_sign_id=found.id, kind=sign.kind))
