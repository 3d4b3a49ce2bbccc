"""Households and other groups of parties, as the API shows them."""

from __future__ import annotations

from patron_core.households import models
from patron_core.values import Period

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node
from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Household", "HouseholdMember"]


@planned(models.Household)
class Household(Node):
    """A group of parties: a household, a family, a buying group."""

    name: str
    kind: models.HouseholdKind
    validity: Period
    version: int
    members: Connection[HouseholdMember] = related(
        models.HouseholdMember.household, description="Who belongs to it, and who did."
    )


@planned(models.HouseholdMember)
class HouseholdMember(Node):
    """A party belongs to a group for a time, in a role."""

    household: Household
    party: Party
    role: models.HouseholdRole
    validity: Period
    version: int


@extends(Party)
class PartyHouseholds:
    household_memberships: Connection[HouseholdMember] = related(
        models.HouseholdMember.party, description="The groups that the party belongs to, and did."
    )


@extends(Query)
class HouseholdQuery:
    household: Household | None = root(description="A group of parties by its id.")
    households: Connection[Household] = root(description="Households, families, buying groups.")


TYPES = (Household, HouseholdMember)
EXTENSIONS = (PartyHouseholds, HouseholdQuery)
