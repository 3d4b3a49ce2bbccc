"""Demo rows: quotes for open deals, one of them in a second version, and what competitors bid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.opportunities.models import Opportunity, OpportunityStatus
from patron_core.quotes.commands import AddCompetingOffer, CreateQuote, NewQuoteLine, ReviseQuote, SendQuote
from patron_core.quotes.models import Quote
from patron_core.values import Money

__all__ = ["fill"]

_LINES: Final = (
    NewQuoteLine(
        description="Desk lamp",
        sku="LMP-05",
        quantity=Decimal(40),
        unit_price=Money(49_00, "EUR"),
        discount_rate=Decimal("0.05"),
        tax_rate=Decimal("0.19"),
    ),
    NewQuoteLine(
        description="Wall clock",
        sku="CLK-03",
        quantity=Decimal(4),
        unit_price=Money(74_00, "EUR"),
        tax_rate=Decimal("0.19"),
    ),
)
_MOST: Final = 4


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Writes a quote for each of four open deals, with two bids of others."""
    until = demo.clock.now().date() + dt.timedelta(days=30)
    is_open = select(Opportunity).where(Opportunity.status == OpportunityStatus.OPEN)
    for at, deal in enumerate(demo.uow.select(is_open.order_by(Opportunity.id).limit(_MOST))):
        quote = demo.uow.handle(
            CreateQuote(
                customer_id=deal.customer_id,
                opportunity_id=deal.id,
                number=f"Q-{at + 1:04}",
                valid_until=until,
                lines=_LINES[: 1 + at % 2],
            )
        )
        sent = _sent(demo, quote)
        if at == 0:
            _sent(demo, demo.uow.handle(ReviseQuote(id=sent.id, version=sent.version, valid_until=until, lines=_LINES)))
        for who, amount in (("Acme", Money(1_990_00, "EUR")), ("Bolt & Sons", Money(2_050_00, "USD"))):
            bid = AddCompetingOffer(opportunity_id=deal.id, competitor=who, amount=amount, source="The buyer")
            demo.uow.handle(bid)


def _sent(demo: DemoContext, quote: Quote) -> Quote:
    demo.uow.flush()
    sent: Quote = demo.uow.handle(SendQuote(id=quote.id, version=quote.version))
    demo.uow.flush()
    return sent
