"""A vendor's types as they should be written; must type-check."""

from __future__ import annotations

import datetime as dt
from typing import assert_type

from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer as CustomerModel
from patron_core.records import FINANCIAL, INTERNAL, Record, column, money, subject
from patron_core.values import Code, Money
from patron_schema.declare import Connection, Query, expression, extends, planned, related, resolver, root, total
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer


class ClubRank(Code):
    """A rank."""

    NOVICE = "novice", "New."


class MembershipModel(Record):
    """A membership."""

    __tablename__ = "club_membership"
    id_prefix = "clb"

    customer: Mapped[CustomerModel] = subject(CustomerModel, unique=True, doc="Whose.")
    rank: Mapped[ClubRank] = column(INTERNAL, doc="Rank.", filterable=True)
    since: Mapped[dt.datetime] = column(INTERNAL, doc="Since when.")
    fee: Mapped[Money] = money(FINANCIAL, doc="Yearly fee.")


@planned(MembershipModel)
class Membership(Node):
    customer: Customer
    rank: ClubRank
    since: dt.datetime
    fee: Money
    is_novice: bool = expression(MembershipModel.rank == ClubRank.NOVICE, description="Whether new.")
    count: int = total(via=MembershipModel.customer, description="How many.")

    @resolver("rank", "since")
    def title(self) -> str:
        """How to address the member."""
        assert_type(self.rank, ClubRank)
        return f"{self.rank.description} since {self.since.year}"


@extends(Customer)
class CustomerClub:
    membership: Membership | None = related(MembershipModel.customer, description="Membership.")


@extends(Query)
class ClubQuery:
    memberships: Connection[Membership] = root(description="All.")


def shown(row: MembershipModel) -> str:
    assert_type(row.customer, CustomerModel)
    assert_type(row.fee, Money)
    return row.fee.currency_code
