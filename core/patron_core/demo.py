"""Demo rows of the core for one tenant: people, companies, who works where, contacts and a ledger, the same for the same seed.

A slice with a room `demo` fills its own tables after these.

Everything goes through commands, so that a demo shows what the commands do; names are invented and plainly so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer, LifecycleStage
from patron_core.hookspecs import DemoContext
from patron_core.parties.commands import NewContactMedium, NewOrganization, NewPerson
from patron_core.parties.models import ContactKind, UnitKind
from patron_core.profits.demo import settle
from patron_core.relationships.commands import CreateRelationship
from patron_core.relationships.service import seed_relationship_types
from patron_core.slices import modules
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Channel, Direction
from patron_core.transactions.commands import NewLine, RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money

__all__ = ["fill_core", "settle_core"]

_GIVEN: Final = [
    "Ada",
    "Bela",
    "Chidi",
    "Dana",
    "Emre",
    "Fatima",
    "Goran",
    "Hana",
    "Iker",
    "Jun",
    "Kaisa",
    "Liv",
    "Milan",
]
_FAMILY: Final = [
    "Almond",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elder",
    "Fir",
    "Ginkgo",
    "Hazel",
    "Ironwood",
    "Juniper",
    "Larch",
]
_TRADES: Final = [
    "Bakery",
    "Bicycles",
    "Cartography",
    "Glassworks",
    "Instruments",
    "Joinery",
    "Observatory",
    "Printworks",
]
_GOODS: Final = [
    ("TEA-01", "Green tea, 100 g", 690),
    ("MUG-07", "Enamel mug", 1250),
    ("BAG-02", "Canvas bag", 1890),
    ("MAP-11", "Folded map", 950),
    ("LMP-05", "Desk lamp", 4900),
    ("CLK-03", "Wall clock", 7400),
]
_WITHOUT_COST: Final = "MAP-11"  # what it cost us, nobody wrote down
_TOPICS: Final = [
    "Asked for an offer",
    "Delivery was late",
    "Wants to meet next month",
    "Renewed by telephone",
    "Praised the service",
]


def fill_core(demo: DemoContext, *, people: int = 24, companies: int = 6) -> None:
    """Fills a new tenant. people, companies: how many customers of each kind (0 to 500)."""
    seed_relationship_types(demo.uow)
    persons = [_person(demo, index) for index in range(people)]
    organizations = [_organization(demo, index) for index in range(companies)]
    if persons:
        for organization in organizations:
            _employ(demo, organization, demo.random.sample(persons, k=min(3, len(persons))))
    for customer in [*persons, *organizations]:
        _contact(demo, customer)
        _buy(demo, customer)
    for slice_ in modules("demo"):
        slice_.fill(demo, persons, organizations)


def settle_core(demo: DemoContext) -> None:
    """Brings up to date what is made from the ledger, when plugins have written their rows too."""
    settle(demo)


def _ago(demo: DemoContext, days: int) -> dt.datetime:
    moment = demo.clock.now() - dt.timedelta(
        days=days, hours=demo.random.randrange(10), minutes=demo.random.randrange(60)
    )
    return moment.replace(microsecond=0)


def _person(demo: DemoContext, index: int) -> Customer:
    given, family = _GIVEN[index % len(_GIVEN)], _FAMILY[(index * 7 + index // 13) % len(_FAMILY)]
    birth = dt.date(1950 + demo.random.randrange(55), 1 + demo.random.randrange(12), 1 + demo.random.randrange(28))
    mail = NewContactMedium(
        kind=ContactKind.EMAIL, value=f"{given}.{family}.{index}@example.com".lower(), preferred=True
    )
    stage = demo.random.choice(
        [LifecycleStage.ACTIVE, LifecycleStage.ACTIVE, LifecycleStage.PROSPECT, LifecycleStage.DORMANT]
    )
    return _created(
        demo,
        CreateCustomer(
            person=NewPerson(given_name=given, family_name=family, birth_date=birth),
            lifecycle_stage=stage,
            owner=demo.random.choice(["north team", "south team"]),
            contact_media=(mail,),
        ),
    )


def _organization(demo: DemoContext, index: int) -> Customer:
    name = f"{_FAMILY[(index * 3) % len(_FAMILY)]} {_TRADES[index % len(_TRADES)]}"
    return _created(
        demo,
        CreateCustomer(
            organization=NewOrganization(legal_name=f"{name} Ltd", unit_kind=UnitKind.COMPANY),
            lifecycle_stage=LifecycleStage.ACTIVE,
            owner="key accounts",
        ),
    )


def _created(demo: DemoContext, command: CreateCustomer) -> Customer:
    customer: Customer = demo.uow.handle(command)
    demo.uow.flush()
    return customer


def _employ(demo: DemoContext, organization: Customer, people: Sequence[Customer]) -> None:
    for person in people:
        demo.uow.handle(
            CreateRelationship(
                type_code="EMPLOYS",
                source_id=organization.party_id,
                target_id=person.party_id,
                role_title=demo.random.choice(["Buyer", "Director", "Engineer"]),
                influence=demo.random.randrange(10, 100),
                valid_from=_ago(demo, 900),
            )
        )


def _contact(demo: DemoContext, customer: Customer) -> None:
    for _ in range(demo.random.randrange(3)):
        demo.uow.handle(
            LogTouchpoint(
                customer_id=customer.id,
                channel=demo.random.choice(list(Channel)),
                direction=demo.random.choice(list(Direction)),
                occurred_at=_ago(demo, demo.random.randrange(1, 200)),
                topic=demo.random.choice(_TOPICS),
            )
        )


def _buy(demo: DemoContext, customer: Customer) -> None:
    for _ in range(demo.random.randrange(1, 6)):
        lines = tuple(_line(demo) for _ in range(demo.random.randrange(1, 4)))
        total = sum(int(line.quantity) * line.unit_price.minor for line in lines)
        demo.uow.handle(
            RecordTransaction(
                customer_id=customer.id,
                kind=TransactionKind.SALE,
                amount=Money(total, "EUR"),
                occurred_at=_ago(demo, demo.random.randrange(1, 400)),
                channel=demo.random.choice([Channel.WEB, Channel.STORE]),
                receipt_number=f"R{demo.random.randrange(10**6):06}",
                lines=lines,
            )
        )


def _line(demo: DemoContext) -> NewLine:
    sku, description, price = demo.random.choice(_GOODS)
    quantity = demo.random.randrange(1, 4)
    return NewLine(
        sku=sku,
        description=description,
        quantity=Decimal(quantity),
        unit_price=Money(price, "EUR"),
        cost=Money(price * 62 // 100 * quantity, "EUR") if sku != _WITHOUT_COST else None,
    )
