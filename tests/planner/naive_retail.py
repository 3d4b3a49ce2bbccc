"""Retail's types for the naive evaluator, and what retail adds to the core's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from tests.planner import naive_core
from tests.planner.naive import Entity, Gathered, NaiveEvaluator, World
from tests.planner.rows import Rows

__all__ = ["retail_evaluator"]


class Customer(naive_core.Customer):
    @property
    def loyalty(self) -> Entity | None:
        return next(iter(self.world.pointing("LoyaltyMember", "customer_id", self.row["id"])), None)

    @property
    def purchases(self) -> list[Entity]:
        return self.world.pointing("Purchase", "customer_id", self.row["id"])

    @property
    def timeline(self) -> Gathered:
        entries = self.loyalty.entries if self.loyalty else []
        return Gathered([*super().timeline, *entries])


class Transaction(naive_core.Transaction):
    @property
    def purchase(self) -> Entity | None:
        return next(iter(self.world.pointing("Purchase", "transaction_id", self.row["id"])), None)


class LoyaltyMember(naive_core.OfCustomer):
    prefix = "loy"

    @property
    def entries(self) -> list[Entity]:
        return self.world.pointing("PointsEntry", "member_id", self.row["id"])

    @property
    def earned(self) -> int:
        return sum(entry.delta for entry in self.entries if entry.kind.name == "EARN")

    @property
    def redeemed(self) -> int:
        return sum(-entry.delta for entry in self.entries if entry.kind.name == "BURN")

    @property
    def can_redeem(self) -> bool:
        return bool(self.row["points"] > 0)

    @property
    def points_to_next_tier(self) -> int | None:
        goal = self.row["next_tier_at"]
        return None if goal is None else max(goal - self.row["tier_points"], 0)


class PointsEntry(Entity):
    prefix = "pts"

    @property
    def member(self) -> Entity | None:
        return self.world.one("LoyaltyMember", self.row["member_id"])

    @property
    def transaction(self) -> Entity | None:
        return self.world.one("Transaction", self.row["transaction_id"])

    @property
    def summary(self) -> str:
        named = {"EARN": "Points earned", "BURN": "Points redeemed", "REVERSE": "Points taken back"}
        return named.get(self.row["kind"].name, "Points adjusted")


class Purchase(naive_core.OfCustomer):
    prefix = "pur"

    @property
    def transaction(self) -> Entity | None:
        return self.world.one("Transaction", self.row["transaction_id"])

    @property
    def units(self) -> Decimal | None:
        return None if self.row["units"] is None else Decimal(self.row["units"]).quantize(Decimal("0.001"))


KINDS: Final[Mapping[str, type[Entity]]] = {
    **naive_core.KINDS,
    **{kind.__name__: kind for kind in (Customer, Transaction, LoyaltyMember, PointsEntry, Purchase)},
}


class Query(naive_core.Query):
    """The core's root fields and retail's."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.loyalty_members = world.all("LoyaltyMember")
        self.purchases = world.all("Purchase")
        self.purchase_lines = world.all("TransactionLine")

    def loyalty_member(self, id: str) -> Entity | None:
        return self._known(id, LoyaltyMember)


def retail_evaluator(sdl: str, rows: Rows) -> NaiveEvaluator:
    """The evaluator of the schema with retail over one tenant's rows."""
    return NaiveEvaluator(sdl, Query(World(rows.by_model, KINDS)))
