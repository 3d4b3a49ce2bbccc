"""Many rows of the core's types from a seed, chosen to break what can break.

Texts with quotes, control characters, wildcards and letters beyond the first plane; nulls; few different values, so that
orders have many ties; currencies with 0, 2, 3 and 4 decimals; times a microsecond apart. The same seed with another
`flavour` gives rows with the same ids and references and other values: a tenant that another can be mistaken for.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from tests.planner.rows import BEGINNING, Rows

from patron_core.columns import EARLIEST, LATEST
from patron_core.customers.models import Customer, CustomerKind, EngagementMode, LifecycleChange, LifecycleStage
from patron_core.parties.models import (
    ContactKind,
    ContactMedium,
    ExternalIdentifier,
    Gender,
    Organization,
    PartyKind,
    Person,
    UnitKind,
)
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.touchpoints.models import Channel, Direction, Touchpoint, TouchpointParticipant
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_retail.models import LoyaltyMember, LoyaltyTier, PointsEntry, PointsEntryKind, Purchase

__all__ = ["CURRENCIES", "NASTY_TEXTS", "RandomRows", "random_core_rows", "random_retail_rows"]

T = TypeVar("T")

NASTY_TEXTS: Final = (
    "",
    " ",
    "o",
    'O\'Brien "the" `one`',
    "back\\slash\\",
    "%_",
    "100%",
    "{x},}",
    '{"a":[null]}',
    "\x01\x02\x03",
    '"\\u0001":',
    "tab\tline\nreturn\r\b\f\x1f\x7f",
    "null",
    "!cursor",
    "é",
    "e\u0301",
    "ß",
    "İstanbul",
    "ÅÄÖ",
    "李小龍",
    "\u2028\u2029",
    "\ufffd\uffff",  # comes before the next ones by code point and after them in UTF-16
    "😀",
    "👩\u200d👩\u200d👧",
    "𝔘nicode",
    "$1 ?2 :x %(y)s {row}",
    "-- '; DROP TABLE party; /*",
)
CURRENCIES: Final = ("EUR", "EUR", "USD", "JPY", "BHD", "CLF")
_MINORS: Final = (0, 1, -1, 5, 99, 100, -100, 150, 1000, 10_000, 15_000, -15_050, 10**17, -(10**17))
_COUNTS: Final = {"people": 22, "organizations": 12, "customers": 24, "changes": 40, "media": 45, "identifiers": 24,
                  "types": 5, "relationships": 40, "touchpoints": 45, "participants": 40, "transactions": 70,
                  "lines": 80}  # fmt: skip


class RandomRows:
    """Makes rows; ids and references come from the seed alone, values from the seed and the flavour."""

    def __init__(self, seed: int, *, flavour: int) -> None:
        self.rows = Rows()
        self.links = random.Random(seed)
        self.values = random.Random(f"{seed}/{flavour}")

    def id(self) -> uuid.UUID:
        """A uuid7 in no order, so that the order of ids is not that of insertion."""
        return uuid.UUID(int=(self.links.getrandbits(128) & ~(0xF << 76) & ~(0b11 << 62)) | (7 << 76) | (0b10 << 62))

    def ids(self, count: int) -> list[uuid.UUID]:
        """Several ids."""
        return [self.id() for _ in range(count)]

    def linked(self, ids: Sequence[uuid.UUID], *, null: float = 0.0) -> Any:
        """One of the ids, or null in that share of cases."""
        return None if self.links.random() < null else self.links.choice(ids)

    def some(self, values: Sequence[T], *, null: float = 0.0) -> Any:
        """One of the values, or null in that share of cases."""
        return None if self.values.random() < null else self.values.choice(values)

    def text(self, *, null: float = 0.0) -> Any:
        """A nasty text, or a plain one of a few."""
        return self.some((*NASTY_TEXTS, *("alpha", "beta", "Alpha", "al") * 4), null=null)

    def time(self, *, null: float = 0.0) -> Any:
        """One of a few instants, some a microsecond apart."""
        days = self.some((0, 0, 1, 1, 2, 30, 59, 365, -20_000))
        return self.some((BEGINNING + dt.timedelta(days=days, microseconds=self.some((0, 0, 1, 999_999))),), null=null)

    def day(self, *, null: float = 0.0) -> Any:
        """One of a few days, with the first and last there are."""
        return self.some(
            (dt.date(2020, 2, 29), dt.date(2025, 12, 31), dt.date(2026, 1, 1), EARLIEST.date(), LATEST.date()),
            null=null,
        )

    def times(self) -> dict[str, dt.datetime]:
        """When a row was written and changed."""
        made = self.time()
        return {"created_at": made, "updated_at": made + dt.timedelta(hours=self.some((0, 1)))}

    def period(self, name: str) -> dict[str, Any]:
        """The columns of a period."""
        start, end = self.time(null=0.3), self.time(null=0.4)
        if start is not None and end is not None and end < start:
            start, end = end, start
        return {f"{name}_from": start, f"{name}_to": end}

    def money(self, name: str) -> dict[str, Any]:
        """The columns of an amount."""
        return {f"{name}_minor": self.some(_MINORS), f"{name}_currency": self.some(CURRENCIES)}


def random_core_rows(made: RandomRows) -> None:
    """Fills in rows of every type of the core."""
    people, organizations = made.ids(_COUNTS["people"]), made.ids(_COUNTS["organizations"])
    customers = made.ids(_COUNTS["customers"])
    _parties(made, people, organizations)
    parties = [*people, *organizations]
    for number, (id, party) in enumerate(zip(customers, made.links.sample(parties, len(customers)), strict=True)):
        made.rows.add(
            Customer, id, party_id=party, kind=made.some(list(CustomerKind)), version=number % 3 + 1,
            engagement_mode=made.some(list(EngagementMode)), lifecycle_stage=made.some(list(LifecycleStage)),
            owner=made.some(("ann", "bob", "Åsa", ""), null=0.3), since=made.day(null=0.3), **made.times(),
        )  # fmt: skip
    for id in made.ids(_COUNTS["changes"]):
        made.rows.add(
            LifecycleChange, id, customer_id=made.linked(customers), reason=made.text(null=0.5), occurred_at=made.time(),
            from_stage=made.some(list(LifecycleStage), null=0.4), to_stage=made.some(list(LifecycleStage)),
        )  # fmt: skip
    _relationships(made, parties)
    _touchpoints(made, customers, parties)
    _transactions(made, customers)


def _parties(made: RandomRows, people: list[uuid.UUID], organizations: list[uuid.UUID]) -> None:
    rows = made.rows
    for id in people:
        rows.add(
            Person, id, display_name=made.text(), language=made.some(("de-CH", "en", "ja"), null=0.4),
            given_name=made.text(null=0.3), family_name=made.text(null=0.3), birth_date=made.day(null=0.4),
            gender=made.some(list(Gender), null=0.3), **made.times(),
        )  # fmt: skip
    for number, id in enumerate(organizations):
        rows.add(
            Organization, id, display_name=made.text(), language=made.some(("de-CH", "en"), null=0.5),
            legal_name=made.text(null=0.3), industry=made.some(("J62", "K64", "Q86"), null=0.3),
            unit_kind=made.some(list(UnitKind), null=0.3), **made.times(),
            parent_id=made.linked(organizations[:number], null=0.4) if number else None,
        )  # fmt: skip
    parties, preferred = [*people, *organizations], set()
    for id in made.ids(_COUNTS["media"]):
        party, kind, validity = made.linked(parties), made.some(list(ContactKind)), made.period("validity")
        first = validity["validity_to"] is not None or (party, kind) not in preferred
        chosen = first and made.some((True, False))
        if chosen and validity["validity_to"] is None:
            preferred.add((party, kind))
        rows.add(
            ContactMedium, id, party_id=party, kind=kind, value=made.text(), preferred=chosen,
            verified_at=made.time(null=0.5), **validity,
        )  # fmt: skip
    for number, id in enumerate(made.ids(_COUNTS["identifiers"])):
        system = made.some(("berka", "crm", "%"))
        rows.add(ExternalIdentifier, id, party_id=made.linked(parties), system=system, value=f"{made.text()}{number}")


def _relationships(made: RandomRows, parties: list[uuid.UUID]) -> None:
    types = made.ids(_COUNTS["types"])
    for number, id in enumerate(types):
        made.rows.add(
            RelationshipType, id, code=f"T{number}{made.some(('', '_B'))}", forward_name=made.text(),
            inverse_name=made.text(), source_kind=made.some(list(PartyKind), null=0.5),
            target_kind=made.some(list(PartyKind), null=0.5), symmetric=made.some((True, False)),
            reflexive=made.some((True, False)), max_active_per_source=made.some((1, 5), null=0.5),
            max_active_per_target=made.some((1, 2**31 - 1), null=0.5),
        )  # fmt: skip
    for id in made.ids(_COUNTS["relationships"]):
        made.rows.add(
            Relationship, id, type_id=made.linked(types), source_id=made.linked(parties),
            target_id=made.linked(parties), role_title=made.text(null=0.4), notes=made.text(null=0.5),
            influence=made.some((0, 1, 50, 50, 100), null=0.3), **made.period("validity"),
        )  # fmt: skip


def _touchpoints(made: RandomRows, customers: list[uuid.UUID], parties: list[uuid.UUID]) -> None:
    touchpoints = made.ids(_COUNTS["touchpoints"])
    for number, id in enumerate(touchpoints):
        made.rows.add(
            Touchpoint, id, customer_id=made.linked(customers, null=0.2), channel=made.some(list(Channel)),
            direction=made.some(list(Direction)), occurred_at=made.time(), topic=made.text(),
            outcome=made.text(null=0.4), source=made.some(("mail", "crm"), null=0.4),
            source_key=made.some((f"k{number}",), null=0.4),
        )  # fmt: skip
    taken: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for id in made.ids(_COUNTS["participants"]):
        pair = (made.linked(touchpoints), made.linked(parties))
        if pair not in taken:
            taken.add(pair)
            role = made.some(("caller", "agent", ""), null=0.3)
            made.rows.add(TouchpointParticipant, id, touchpoint_id=pair[0], party_id=pair[1], role=role)


def _transactions(made: RandomRows, customers: list[uuid.UUID]) -> None:
    transactions = made.ids(_COUNTS["transactions"])
    for number, id in enumerate(transactions):
        back = transactions[number // 2 - 3] if number >= 30 and number % 2 == 0 else None
        made.rows.add(
            Transaction, id, customer_id=made.linked(customers, null=0.2), kind=made.some(list(TransactionKind)),
            occurred_at=made.time(), channel=made.some(list(Channel), null=0.3),
            receipt_number=made.some(("R1", "R2", "r1", "R10"), null=0.3), reverses_id=back,
            source=made.some(("till", "crm"), null=0.4), source_key=made.some((f"t{number}",), null=0.4),
            **made.money("amount"), **made.money("margin"),
        )  # fmt: skip
    for number, id in enumerate(made.ids(_COUNTS["lines"])):
        quantity = made.some(("0", "1", "1.5", "-2", "0.001", "999999.999", "-0.25"))
        made.rows.add(
            TransactionLine, id, transaction_id=made.linked(transactions), number=number, sku=made.text(null=0.3),
            description=made.text(null=0.4), quantity=Decimal(quantity),
            **made.money("unit_price"), **made.money("amount"), **made.money("cost"), **made.money("margin"),
        )  # fmt: skip


def random_retail_rows(made: RandomRows) -> None:
    """Adds rows of retail's types to those of the core."""
    customers = [row["id"] for row in made.rows.of("Customer")]
    transactions = [row["id"] for row in made.rows.of("Transaction")]
    members = made.ids(15)
    for id, customer in zip(members, made.links.sample(customers, len(members)), strict=True):
        made.rows.add(
            LoyaltyMember, id, customer_id=customer, enrolled_at=made.time(), tier=made.some(list(LoyaltyTier)),
            points=made.some((0, 1, -5, 1000, 2**31 - 1)), tier_points=made.some((0, 10, 5000)),
            next_tier_at=made.some((0, 1000, 5000), null=0.3),
        )  # fmt: skip
    taken: set[tuple[Any, Any]] = set()
    for id in made.ids(50):
        kind, delta = made.some([*PointsEntryKind]), made.some((1, 10, 10, 500))
        member, transaction = made.linked(members), made.linked(transactions, null=0.5)
        if (transaction, kind) in taken:
            transaction = None
        taken.add((transaction, kind))
        negative = kind in (PointsEntryKind.BURN, PointsEntryKind.REVERSE)
        made.rows.add(
            PointsEntry, id, member_id=member, kind=kind, delta=-delta if negative else delta, occurred_at=made.time(),
            reason=made.text(null=0.4), transaction_id=transaction,
        )  # fmt: skip
    for id, transaction in zip(made.ids(30), made.links.sample(transactions, 30), strict=True):
        made.rows.add(
            Purchase, id, customer_id=made.linked(customers, null=0.2), transaction_id=transaction,
            occurred_at=made.time(), units=made.some((Decimal("0.001"), Decimal("12"), Decimal("-1.5")), null=0.3),
            products=made.some((0, 1, 3), null=0.3),
        )  # fmt: skip
