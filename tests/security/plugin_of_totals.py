"""A plugin whose types are about no party and total rows that are: see test_b4_totals_of_others.py."""

from __future__ import annotations

from collections.abc import Iterator

from patron_core.campaigns import models as campaigns
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.relationships.models import Relationship, RelationshipType
from patron_schema.declare import Connection, Query, extends, planned, planned_value, root, total, value
from patron_schema.nodes import Node
from patron_schema.plugin import Contribution

__all__ = ["Ties"]


@planned_value(RelationshipType)
class TieUse:
    """How often a kind of tie is used."""

    open_ended: int = total(
        via=Relationship.type, where=Relationship.validity_to.is_(None), description="Those without an end."
    )


@planned(RelationshipType)
class TieKind(Node):
    """A kind of tie, which is about nobody."""

    code: str
    ties: int = total(via=Relationship.type, description="How many there are.")
    influence: int = total(Relationship.influence, via=Relationship.type, description="The influence of all.")
    use: TieUse | None = value(present=Relationship.type, description="Its use; null where nobody has it.")


@planned(campaigns.Campaign)
class Drive(Node):
    """A campaign, which is about nobody."""

    code: str
    member_count: int = total(via=campaigns.CampaignMember.campaign, description="How many are in it.")
    treated: int = total(
        via=campaigns.CampaignMember.campaign,
        where=campaigns.CampaignMember.arm == campaigns.Arm.TREATMENT,
        description="How many are contacted.",
    )


@extends(Query)
class Roots:
    tie_kinds: Connection[TieKind] = root(description="All kinds of ties.")
    drives: Connection[Drive] = root(description="All drives.")


class Ties:
    """The plugin."""

    __name__ = "patron_ties.plugin"

    @hookimpl
    def patron_manifest(self) -> Manifest:
        """What it is."""
        return Manifest(name="ties", version="1", core_range=">=0.0.0.dev0", label="Ties")

    @hookimpl
    def patron_types(self) -> Iterator[Contribution]:
        """What it adds."""
        yield Contribution(types=[TieUse, TieKind, Drive], extensions=[Roots])
