"""What distributors sold on is taken in, inside the caller's unit of work.

The sale before is locked while more is sold on from it, so that never more leaves a step than came to it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select

from patron_core.distribution import events
from patron_core.distribution.commands import ReportSellThrough
from patron_core.distribution.models import SellThrough
from patron_core.distribution.permissions import DISTRIBUTION_WRITE
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "report_sell_through"]


def report_sell_through(command: ReportSellThrough, uow: UnitOfWork) -> SellThrough:
    """Takes a sale in; one that is known by its source's key is returned as it is.

    NOT_FOUND for an unknown party or sale; INVALID_INPUT for a day in the future; CONFLICT where the sale before was
    of something else or to somebody else, or less of it is left.
    """
    seller = uow.get(Party, command.seller_id, path=("seller_id",))
    if command.buyer_id is not None:
        uow.get(Party, command.buyer_id, path=("buyer_id",))
    before = None
    if command.upstream_id is not None:
        before = uow.get(SellThrough, command.upstream_id, lock=True, path=("upstream_id",))
    known = uow.find(SellThrough, source=command.source, source_key=command.source_key)
    if known is not None:
        return known
    if command.sold_on > uow.now.date():
        raise InvalidInput(
            "The day lies in the future. It was given for a sale that was made. Correct it.", path=("sold_on",)
        )
    if before is not None:
        _check_source_of_goods(before, command, uow)
    made = uow.add(
        SellThrough(
            seller_id=seller.id,
            buyer_id=command.buyer_id,
            upstream_id=command.upstream_id,
            step=1 if before is None else before.step + 1,
            to_end_customer=command.to_end_customer,
            sku=command.sku,
            quantity=command.quantity,
            amount=command.amount,
            sold_on=command.sold_on,
            source=command.source,
            source_key=command.source_key,
        )
    )
    uow.emit(events.SellThroughReported(sell_through_id=made.id, step=made.step))
    return made


def _check_source_of_goods(before: SellThrough, command: ReportSellThrough, uow: UnitOfWork) -> None:
    """Refuses to sell on what did not come by the sale before."""
    if before.sku != command.sku or before.buyer_id != command.seller_id or before.to_end_customer:
        raise Conflict(
            "The sale before does not fit. It was of another product, to somebody else than the seller, or to an end "
            "customer. Name the sale by which the seller came to it.",
            path=("upstream_id",),
        )
    sold = select(func.sum(SellThrough.quantity)).where(SellThrough.upstream_id == before.id)
    if (uow.rows(sold)[0][0] or 0) + command.quantity > before.quantity:
        raise Conflict(
            "More would be sold on than was bought. The sale before has less left. Correct the quantity, or name another sale.",
            path=("quantity",),
        )


HANDLERS: Final = (
    CommandHandler(command=ReportSellThrough, handler=report_sell_through, permission=DISTRIBUTION_WRITE),
)
