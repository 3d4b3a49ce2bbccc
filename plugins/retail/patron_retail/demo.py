"""Demo data: a small shop with invented customers, a year of purchases, a few returns, some points spent.

The names are plainly made up. One file of the shipped samples is taken in as well, as an importer would.
"""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Final

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.customers.models import LifecycleStage
from patron_core.hookspecs import DemoContext
from patron_core.imports.importer import Item, Source
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewPerson
from patron_core.parties.models import ContactKind
from patron_core.touchpoints.models import Channel
from patron_core.transactions.commands import IngestTransactions, NewLine, NewTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_retail.commands import RedeemPoints
from patron_retail.importers.online_retail import OnlineRetail, OnlineRetailOptions
from patron_retail.models import LoyaltyMember

__all__ = ["SAMPLES", "fill"]

SAMPLES: Final = Path(str(resources.files("patron_retail"))) / "samples"

_SYSTEM: Final = "demo-shop"
_GIVEN: Final = ("Alba", "Bruno", "Carla", "Dario", "Edda", "Felix", "Greta", "Hugo")
_FAMILY: Final = ("Teapot", "Ladle", "Saucer", "Whisk", "Trivet", "Colander")
_GOODS: Final = (
    ("TEA-01", "Teapot, blue glaze", "34.00"),
    ("CUP-04", "Four cups, blue glaze", "22.50"),
    ("LAM-02", "Reading lamp", "59.00"),
    ("BLK-11", "Wool blanket", "89.90"),
    ("CAN-07", "Three candles", "12.00"),
    ("CHR-20", "Oak chair", "245.00"),
)
_KNOWN_SINCE_DAYS: Final = 400


def fill(demo: DemoContext) -> None:
    """Customers, their purchases and returns, then redemptions of what they earned."""
    identifiers = _customers(demo)
    rows = [row for identifier in identifiers for row in _purchases(demo, identifier)]
    for start in range(0, len(rows), 500):
        demo.uow.handle(IngestTransactions(source=_SYSTEM, rows=tuple(rows[start : start + 500])))
    _import_a_sample(demo)
    _redeem(demo)


def _customers(demo: DemoContext) -> list[NewExternalIdentifier]:
    commands = [
        CreateCustomer(
            person=NewPerson(given_name=given, family_name=family),
            external_identifiers=(NewExternalIdentifier(system=_SYSTEM, value=f"{family}-{given}".lower()),),
            contact_media=(
                NewContactMedium(kind=ContactKind.EMAIL, value=f"{given}.{family}@example.com".lower(), preferred=True),
            ),
            lifecycle_stage=demo.random.choices(
                (LifecycleStage.ACTIVE, LifecycleStage.DORMANT, LifecycleStage.CHURNED), weights=(8, 1, 1)
            )[0],
            since=(demo.clock.now() - dt.timedelta(days=_KNOWN_SINCE_DAYS)).date(),
        )
        for family in _FAMILY
        for given in _GIVEN
    ]
    take_in_customers(demo.uow, commands)
    return [command.external_identifiers[0] for command in commands]


def _purchases(demo: DemoContext, customer: NewExternalIdentifier) -> list[NewTransaction]:
    """Between none and many purchases of a customer, of which about one in twelve comes back in part."""
    rows: list[NewTransaction] = []
    for number in range(demo.random.choice((0, 1, 2, 3, 5, 8, 13))):
        at = demo.clock.now() - dt.timedelta(hours=demo.random.randint(24, 24 * _KNOWN_SINCE_DAYS))
        lines = tuple(_line(demo.random) for _ in range(demo.random.randint(1, 4)))
        channel = demo.random.choice((Channel.WEB, Channel.WEB, Channel.STORE))
        sale = _transaction(customer, f"{customer.value}-{number}", TransactionKind.SALE, at, channel, lines)
        rows.append(sale)
        if demo.random.random() < 1 / 12:
            back = (
                NewLine(sku=lines[0].sku, description="Returned", quantity=Decimal(-1), unit_price=lines[0].unit_price),
            )
            later = min(at + dt.timedelta(days=5), demo.clock.now())
            rows.append(
                _transaction(customer, f"{customer.value}-{number}-r", TransactionKind.REFUND, later, channel, back)
            )
    return rows


def _line(source: random.Random) -> NewLine:
    sku, description, price = source.choice(_GOODS)
    quantity = Decimal(source.randint(1, 3))
    return NewLine(sku=sku, description=description, quantity=quantity, unit_price=Money.of(price, "EUR"))


def _transaction(
    customer: NewExternalIdentifier,
    key: str,
    kind: TransactionKind,
    at: dt.datetime,
    channel: Channel,
    lines: tuple[NewLine, ...],
) -> NewTransaction:
    return NewTransaction(
        source_key=key,
        customer=customer,
        kind=kind,
        amount=Money(sum(line.total.minor for line in lines), "EUR"),
        occurred_at=at,
        channel=channel,
        receipt_number=key.upper(),
        lines=lines,
    )


def _import_a_sample(demo: DemoContext) -> None:
    importer, options = OnlineRetail(), OnlineRetailOptions()
    read = importer.read(Source((SAMPLES / "online_retail.csv",)), options=options)
    importer.apply([part for part in read if isinstance(part, Item)], uow=demo.uow, options=options)


def _redeem(demo: DemoContext) -> None:
    """About every third member with enough points spends some; those who have left may not."""
    rich = demo.uow.select(select(LoyaltyMember).where(LoyaltyMember.points >= 500).order_by(LoyaltyMember.id))
    for member in rich[::3]:
        customer = member.customer
        if customer.lifecycle_stage is not LifecycleStage.CHURNED:
            demo.uow.handle(RedeemPoints(member_id=member.id, points=250, reason="A voucher of 5 euro"))
