"""Parties that belong together for a time: households, families, buying groups, with a role for each member."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..records import INTERNAL, PII, Record, column, period, reference, subject
from ..values import Code, Period

__all__ = ["Household", "HouseholdKind", "HouseholdMember", "HouseholdRole"]


class HouseholdKind(Code):
    """What holds the members together."""

    HOUSEHOLD = "household", "They live together."
    FAMILY = "family", "They are related."
    BUYING_GROUP = "buying_group", "They buy together."
    ASSOCIATION = "association", "They are members of the same body."


class HouseholdRole(Code):
    """What a member is in the group."""

    MEMBER = "member", "Belongs to it."
    HEAD = "head", "Speaks for the group; at most one at any instant."
    DEPENDENT = "dependent", "Is looked after by others of it."
    PAYER = "payer", "Pays for it."


class Household(Record):
    """A group of parties: a household, a family, a buying group."""

    __tablename__ = "household"
    id_prefix = "hhd"
    not_about_a_party = "A group is about several, who are its members; its name should name none of them."
    without_index = (("kind validity_from validity_to", "A few values, each of many groups."),)

    name: Mapped[str] = column(PII, doc="The name to show.", filterable=True, orderable=True, index=True)
    kind: Mapped[HouseholdKind] = column(INTERNAL, doc="What holds the members together.", filterable=True)
    validity: Mapped[Period] = period(INTERNAL, doc="When there is such a group.", filterable=True)

    if TYPE_CHECKING:  # the columns that composites make
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]


class HouseholdMember(Record):
    """A party belongs to a group for a time, in a role."""

    __tablename__ = "household_member"
    id_prefix = "hhm"
    without_index = (("*", "Asked of one group or of one party, which their references find."),)
    __table_args__ = (
        Index(
            "uq_household_member_open",
            "tenant_id",
            "household_id",
            "party_id",
            unique=True,
            sqlite_where=text("validity_to IS NULL"),
            postgresql_where=text("validity_to IS NULL"),
        ),
        Index(
            "uq_household_member_head",
            "tenant_id",
            "household_id",
            unique=True,
            sqlite_where=text("validity_to IS NULL AND role = 'HEAD'"),
            postgresql_where=text("validity_to IS NULL AND role = 'HEAD'"),
        ),
    )

    household: Mapped[Household] = reference(Household, doc="The group.")
    party: Mapped[Party] = subject(Party, doc="Who belongs to it.")
    role: Mapped[HouseholdRole] = column(INTERNAL, doc="What the party is in it.", filterable=True, orderable=True)
    validity: Mapped[Period] = period(INTERNAL, doc="When the party belongs to it.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        household_id: Mapped[uuid.UUID]
        party_id: Mapped[uuid.UUID]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]
