"""The core's types for the naive evaluator: which rows a field shows, written down a second time and by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from tests.planner.naive import Entity, Gathered, NaiveEvaluator, World
from tests.planner.rows import Rows

__all__ = ["KINDS", "Customer", "OfCustomer", "Query", "Transaction", "core_evaluator", "money"]

_DECIMALS: Final = {"JPY": 0, "EUR": 2, "USD": 2, "BHD": 3, "CLF": 4}


def money(row: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """An amount in major units with exactly its currency's decimals."""
    minor, currency = row[f"{name}_minor"], row[f"{name}_currency"]
    if minor is None:
        return None
    return {"amount": Decimal(minor).scaleb(-_DECIMALS[currency]), "currencyCode": currency}


def period(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The ends of a period."""
    return {"from": row[f"{name}_from"], "to": row[f"{name}_to"]}


class Party(Entity):
    prefix: ClassVar[str] = "pty"

    @property
    def customer(self) -> Entity | None:
        return next(iter(self.world.pointing("Customer", "party_id", self.row["id"])), None)

    @property
    def merged_into(self) -> Entity | None:
        return self.world.one("Person", self.row["merged_into_id"]) or self.world.one(
            "Organization", self.row["merged_into_id"]
        )

    @property
    def merged_parties(self) -> list[Entity]:
        return [
            each for each in self.world.all("Person", "Organization") if each.row["merged_into_id"] == self.row["id"]
        ]

    @property
    def roles(self) -> list[Entity]:
        return self.world.pointing("PartyRole", "party_id", self.row["id"])

    @property
    def contact_media(self) -> list[Entity]:
        return self.world.pointing("ContactMedium", "party_id", self.row["id"])

    @property
    def external_identifiers(self) -> list[Entity]:
        return self.world.pointing("ExternalIdentifier", "party_id", self.row["id"])

    @property
    def outgoing_relationships(self) -> list[Entity]:
        return self.world.pointing("Relationship", "source_id", self.row["id"])

    @property
    def incoming_relationships(self) -> list[Entity]:
        return self.world.pointing("Relationship", "target_id", self.row["id"])


class Person(Party):
    pass


class Organization(Party):
    @property
    def parent(self) -> Entity | None:
        return self.world.one("Organization", self.row["parent_id"])

    @property
    def children(self) -> list[Entity]:
        return self.world.pointing("Organization", "parent_id", self.row["id"])


class OfParty(Entity):
    """What belongs to a party."""

    @property
    def party(self) -> Entity | None:
        return self.world.one("Person", self.row["party_id"]) or self.world.one("Organization", self.row["party_id"])


class ContactMedium(OfParty):
    prefix = "ctm"

    @property
    def validity(self) -> dict[str, Any]:
        return period(self.row, "validity")


class ExternalIdentifier(OfParty):
    prefix = "xid"


class PartyRole(OfParty):
    prefix = "ptr"

    @property
    def validity(self) -> dict[str, Any]:
        return period(self.row, "validity")


class Customer(OfParty):
    prefix = "cus"

    @property
    def display_name(self) -> str:
        return str(self.party.display_name)

    @property
    def relationships(self) -> list[Entity]:
        party = self.row["party_id"]
        return [each for each in self.world.all("Relationship") if party in (each.source_id, each.target_id)]

    @property
    def lifecycle_changes(self) -> list[Entity]:
        return self.world.pointing("LifecycleChange", "customer_id", self.row["id"])

    @property
    def touchpoints(self) -> list[Entity]:
        return self.world.pointing("Touchpoint", "customer_id", self.row["id"])

    @property
    def transactions(self) -> list[Entity]:
        return self.world.pointing("Transaction", "customer_id", self.row["id"])

    @property
    def timeline(self) -> Gathered:
        return Gathered([*self.touchpoints, *self.transactions])


class OfCustomer(Entity):
    """What belongs to a customer."""

    @property
    def customer(self) -> Entity | None:
        return self.world.one("Customer", self.row["customer_id"])


class LifecycleChange(OfCustomer):
    prefix = "lch"


class RelationshipType(Entity):
    prefix = "rty"

    @property
    def relationships(self) -> list[Entity]:
        return self.world.pointing("Relationship", "type_id", self.row["id"])


class Relationship(Entity):
    prefix = "rel"

    @property
    def type(self) -> Entity | None:
        return self.world.one("RelationshipType", self.row["type_id"])

    @property
    def source(self) -> Entity | None:
        return self.world.by_id(f"pty_{self.row['source_id']}")

    @property
    def target(self) -> Entity | None:
        return self.world.by_id(f"pty_{self.row['target_id']}")

    @property
    def validity(self) -> dict[str, Any]:
        return period(self.row, "validity")


class Touchpoint(OfCustomer):
    prefix = "tch"

    @property
    def summary(self) -> str:
        return str(self.row["topic"])

    @property
    def participants(self) -> list[Entity]:
        return self.world.pointing("TouchpointParticipant", "touchpoint_id", self.row["id"])


class TouchpointParticipant(OfParty):
    prefix = "tcp"

    @property
    def touchpoint(self) -> Entity | None:
        return self.world.one("Touchpoint", self.row["touchpoint_id"])


class Transaction(OfCustomer):
    prefix = "txn"

    @property
    def amount(self) -> dict[str, Any] | None:
        return money(self.row, "amount")

    @property
    def margin(self) -> dict[str, Any] | None:
        return money(self.row, "margin")

    @property
    def summary(self) -> str:
        named = {"SALE": "Sale", "REFUND": "Refund", "FEE": "Fee", "COST_TO_SERVE": "Cost to serve"}
        return named.get(self.row["kind"].name, "Adjustment")

    @property
    def reverses(self) -> Entity | None:
        return self.world.one("Transaction", self.row["reverses_id"])

    @property
    def reversed_by(self) -> Entity | None:
        return next(iter(self.world.pointing("Transaction", "reverses_id", self.row["id"])), None)

    @property
    def lines(self) -> list[Entity]:
        return self.world.pointing("TransactionLine", "transaction_id", self.row["id"])


class TransactionLine(Entity):
    prefix = "txl"

    @property
    def transaction(self) -> Entity | None:
        return self.world.one("Transaction", self.row["transaction_id"])

    @property
    def quantity(self) -> Decimal:
        return Decimal(self.row["quantity"]).quantize(Decimal("0.001"))

    @property
    def unit_price(self) -> dict[str, Any] | None:
        return money(self.row, "unit_price")

    @property
    def amount(self) -> dict[str, Any] | None:
        return money(self.row, "amount")

    @property
    def cost(self) -> dict[str, Any] | None:
        return money(self.row, "cost")

    @property
    def margin(self) -> dict[str, Any] | None:
        return money(self.row, "margin")


KINDS: Final[Mapping[str, type[Entity]]] = {
    kind.__name__: kind
    for kind in (
        Person, Organization, PartyRole, ContactMedium, ExternalIdentifier, Customer, LifecycleChange, RelationshipType,
        Relationship, Touchpoint, TouchpointParticipant, Transaction, TransactionLine,
    )
}  # fmt: skip


class Query:
    """The root fields of the core."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.customers = world.all("Customer")
        self.parties = world.all("Person", "Organization")
        self.party_roles = world.all("PartyRole")
        self.lifecycle_changes = world.all("LifecycleChange")
        self.relationships = world.all("Relationship")
        self.relationship_types = world.all("RelationshipType")
        self.touchpoints = world.all("Touchpoint")
        self.transactions = world.all("Transaction")

    def node(self, id: str) -> Entity | None:
        return self.world.by_id(id)

    def nodes(self, ids: list[str]) -> list[Entity | None]:
        return [self.world.by_id(id) for id in ids]

    def customer(self, id: str) -> Entity | None:
        return self._known(id, Customer)

    customer360 = customer

    def party(self, id: str) -> Entity | None:
        return self._known(id, Party)

    def transaction(self, id: str) -> Entity | None:
        return self._known(id, Transaction)

    def _known(self, id: str, kind: type[Entity]) -> Entity | None:
        found = self.world.by_id(id)
        return found if isinstance(found, kind) else None


def core_evaluator(sdl: str, rows: Rows) -> NaiveEvaluator:
    """The evaluator of the core's schema over one tenant's rows."""
    return NaiveEvaluator(sdl, Query(World(rows.by_model, KINDS)))
