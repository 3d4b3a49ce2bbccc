"""What time does to carts: those that nobody touches are abandoned, and old ones expire. Nothing else makes a cart abandoned.

A cart changes by one conditional update, so that one who comes back at that moment, or two jobs at once, find it as it is.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, select

from patron_core.carts import events
from patron_core.carts.models import Cart, CartStatus
from patron_core.hookspecs import Progress, Step

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["EXPIRES_AFTER_DAYS", "abandon_carts", "expire_carts"]

#: Days without activity after which prices and stock are not what they were.
EXPIRES_AFTER_DAYS: Final = 30
_AT_ONCE: Final = 500


def abandon_carts(step: Step, uow: UnitOfWork) -> Progress | None:
    """Finds carts whose time without activity is over, up to 500 in each step; an empty one is not abandoned."""
    due = (Cart.status == CartStatus.OPEN, Cart.line_count > 0, Cart.abandons_at <= uow.now)
    found = _changed(uow, *due, status=CartStatus.ABANDONED, abandoned_at=uow.now)
    for cart in found:
        uow.emit(events.CartAbandoned(customer_id=cart.customer_id, cart_id=cart.id))
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


def expire_carts(step: Step, uow: UnitOfWork) -> Progress | None:
    """Lets carts expire that nobody touched for 30 days, or the argument `days`, up to 500 in each step."""
    days = int(step.arguments.get("days", EXPIRES_AFTER_DAYS))
    old = (
        Cart.status.in_((CartStatus.OPEN, CartStatus.ABANDONED)),
        Cart.last_activity_at <= uow.now - dt.timedelta(days=days),
    )
    found = _changed(uow, *old, status=CartStatus.EXPIRED)
    for cart in found:
        uow.emit(events.CartExpired(customer_id=cart.customer_id, cart_id=cart.id))
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


def _changed(uow: UnitOfWork, *criteria: ColumnElement[bool], **values: object) -> list[Cart]:
    some = select(Cart.id).where(*criteria).order_by(Cart.id).limit(_AT_ONCE)
    ids = uow.update_rows(Cart, *criteria, Cart.id.in_(some), values=values)
    return uow.select(select(Cart).where(uow.among(Cart.id, ids)).order_by(Cart.id)) if ids else []
