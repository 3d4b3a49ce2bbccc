"""A few rows of every type of the core, written by hand: what golden answers are made of.

Ids say what they are: 0000000c-…-000000000001 is the first customer. Names hold what JSON and SQL escape.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, Final

from tests.planner.rows import Rows

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

__all__ = ["small_core_rows"]

_KINDS: Final = {"party": 0xA, "customer": 0xC, "change": 0xCC, "medium": 0xD, "identifier": 0x1D, "type": 0x7,
                 "relationship": 0xE, "touchpoint": 0x70, "participant": 0x71, "transaction": 0xF, "line": 0xF1}  # fmt: skip


def _id(kind: str, number: int) -> uuid.UUID:
    return uuid.UUID(f"{_KINDS[kind]:08x}-0000-7000-8000-{number:012x}")


def _at(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 2, day, hour, tzinfo=dt.UTC)


def small_core_rows() -> Rows:
    """The rows of a maker of engines."""
    rows = Rows()
    _parties(rows)
    _customers(rows)
    _relationships(rows)
    _touchpoints(rows)
    _transactions(rows)
    return rows


def _parties(rows: Rows) -> None:
    people: list[dict[str, Any]] = [
        {"display_name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace", "language": "en",
         "gender": Gender.FEMALE, "birth_date": dt.date(1815, 12, 10)},
        {"display_name": 'Grace "Amazing" Hopper', "given_name": "Grace", "family_name": "Hopper"},
        {"display_name": "Łukasz O'Neil \\ 💡", "language": "pl", "gender": Gender.UNKNOWN},
    ]  # fmt: skip
    for number, values in enumerate(people, 1):
        rows.add(Person, _id("party", number), **values)
    rows.add(
        Organization, _id("party", 4), display_name="Analytical Engines", legal_name="Analytical Engines Ltd",
        industry="C26", unit_kind=UnitKind.COMPANY, language="en",
    )  # fmt: skip
    rows.add(
        Organization, _id("party", 5), display_name="Engines East", unit_kind=UnitKind.BRANCH, parent_id=_id("party", 4)
    )
    rows.add(
        Organization, _id("party", 6), display_name="Engines West", unit_kind=UnitKind.BRANCH, parent_id=_id("party", 4)
    )
    for number, (party, kind, value, preferred) in enumerate([
        (1, ContactKind.EMAIL, "ada@example.org", True),
        (1, ContactKind.PHONE, "+442071234567", False),
        (2, ContactKind.EMAIL, "grace@example.org", True),
        (4, ContactKind.ADDRESS, "1 Dorset Street\nLondon", True),
    ], 1):  # fmt: skip
        validity = {"validity_from": _at(1) if number % 2 else None}
        verified = _at(number, 12) if preferred else None
        rows.add(
            ContactMedium, _id("medium", number), party_id=_id("party", party), kind=kind, value=value,
            preferred=preferred, verified_at=verified, **validity,
        )  # fmt: skip
    rows.add(ExternalIdentifier, _id("identifier", 1), party_id=_id("party", 1), system="crm", value="A-1")
    rows.add(ExternalIdentifier, _id("identifier", 2), party_id=_id("party", 4), system="crm", value="E-1")


def _customers(rows: Rows) -> None:
    b2b = {"kind": CustomerKind.B2B, "engagement_mode": EngagementMode.RELATIONSHIP}
    b2c = {"kind": CustomerKind.B2C, "engagement_mode": EngagementMode.TRANSACTION}
    customers: list[dict[str, Any]] = [
        {"party": 1, **b2c, "lifecycle_stage": LifecycleStage.ACTIVE, "owner": "joan", "since": dt.date(2024, 5, 1)},
        {"party": 4, **b2b, "lifecycle_stage": LifecycleStage.ACTIVE, "since": dt.date(2024, 5, 1), "version": 3},
        {"party": 2, **b2c, "lifecycle_stage": LifecycleStage.CHURNED, "owner": "joan"},
        {"party": 5, **b2b, "lifecycle_stage": LifecycleStage.PROSPECT, "owner": "karl"},
    ]
    for number, values in enumerate(customers, 1):
        party = _id("party", values.pop("party"))
        rows.add(Customer, _id("customer", number), party_id=party, created_at=_at(number), **values)
    for number, (before, after) in enumerate(
        [(None, LifecycleStage.PROSPECT), (LifecycleStage.PROSPECT, LifecycleStage.ACTIVE)], 1
    ):
        rows.add(
            LifecycleChange, _id("change", number), customer_id=_id("customer", 1), from_stage=before, to_stage=after,
            occurred_at=_at(number), reason="bought" if before else None,
        )  # fmt: skip


def _relationships(rows: Rows) -> None:
    rows.add(
        RelationshipType, _id("type", 1), code="EMPLOYS", forward_name="employs", inverse_name="is employed by",
        source_kind=PartyKind.ORGANIZATION, target_kind=PartyKind.PERSON, symmetric=False, reflexive=False,
        max_active_per_target=3,
    )  # fmt: skip
    rows.add(
        RelationshipType, _id("type", 2), code="KNOWS", forward_name="knows", inverse_name="knows", symmetric=True,
        reflexive=False,
    )  # fmt: skip
    employs, knows = _id("type", 1), _id("type", 2)
    for number, (kind, source, target, influence, start, end) in enumerate([
        (employs, 4, 1, 90, _at(1), None),
        (employs, 4, 2, 40, None, _at(20)),
        (knows, 1, 2, None, _at(1), _at(10)),
        (knows, 2, 3, 0, None, None),
    ], 1):  # fmt: skip
        rows.add(
            Relationship, _id("relationship", number), type_id=kind, source_id=_id("party", source),
            target_id=_id("party", target), influence=influence, validity_from=start, validity_to=end,
            role_title="Analyst" if influence == 90 else None,
        )  # fmt: skip


def _touchpoints(rows: Rows) -> None:
    for number, (customer, channel, day, topic) in enumerate([
        (1, Channel.EMAIL, 3, "Wants 10% off"),
        (1, Channel.PHONE, 5, "Called back"),
        (2, Channel.FIELD, 5, "Visited {the} mill"),
        (None, Channel.WEB, 6, "Somebody looked"),
    ], 1):  # fmt: skip
        rows.add(
            Touchpoint, _id("touchpoint", number), customer_id=_id("customer", customer) if customer else None,
            channel=channel, direction=Direction.INBOUND if number % 2 else Direction.OUTBOUND, occurred_at=_at(day),
            topic=topic, outcome="sold" if number == 3 else None,
        )  # fmt: skip
    for number, (touchpoint, party, role) in enumerate([(1, 1, "caller"), (3, 1, None), (3, 2, "guest")], 1):
        rows.add(
            TouchpointParticipant, _id("participant", number), touchpoint_id=_id("touchpoint", touchpoint),
            party_id=_id("party", party), role=role,
        )  # fmt: skip


def _transactions(rows: Rows) -> None:
    sale, refund = TransactionKind.SALE, TransactionKind.REFUND
    for number, (customer, kind, minor, currency, day, back) in enumerate([
        (1, sale, 1250, "EUR", 3, None),
        (1, sale, 1500, "JPY", 4, None),
        (1, refund, -1250, "EUR", 5, 1),
        (2, sale, 10_000, "BHD", 5, None),
        (2, sale, 123_456, "CLF", 7, None),
        (2, TransactionKind.COST_TO_SERVE, 5, "EUR", 8, None),
        (None, sale, 1000, "EUR", 8, None),
    ], 1):  # fmt: skip
        rows.add(
            Transaction, _id("transaction", number), customer_id=_id("customer", customer) if customer else None,
            kind=kind, amount_minor=minor, amount_currency=currency, occurred_at=_at(day),
            reverses_id=_id("transaction", back) if back else None, receipt_number=f"R{number}" if number < 3 else None,
        )  # fmt: skip
    for number, (transaction, sku, quantity, price) in enumerate([
        (1, "cog", "2.5", 400),
        (1, None, "1", 250),
        (4, "cog", "-0.125", 8000),
    ], 1):  # fmt: skip
        rows.add(
            TransactionLine, _id("line", number), transaction_id=_id("transaction", transaction), number=number,
            sku=sku, quantity=Decimal(quantity), unit_price_minor=price, unit_price_currency="EUR",
            amount_minor=int(Decimal(quantity) * price), amount_currency="EUR",
        )  # fmt: skip
