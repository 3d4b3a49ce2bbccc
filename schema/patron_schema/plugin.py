"""What a plugin hands to the schema: its contribution of types and fields, and its example queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from patron_core.customers.models import EngagementMode
from patron_core.hookspecs import hookimpl

from .graphiql.examples import Example

__all__ = ["BOTH", "RELATIONSHIP", "TRANSACTION", "Contribution", "Example", "Facet", "hookimpl"]


class Facet(Enum):
    """Which engagement modes a contribution belongs to."""

    RELATIONSHIP = "relationship"
    TRANSACTION = "transaction"
    BOTH = "both"

    def within(self, mode: EngagementMode) -> bool:
        """Whether a deployment of this mode has the contribution; HYBRID has all."""
        return self is Facet.BOTH or mode is EngagementMode.HYBRID or self.name == mode.name


RELATIONSHIP, TRANSACTION, BOTH = Facet


@dataclass(frozen=True, slots=True)
class Contribution:
    """Types and extensions that come and go together.

    types: classes made by `@planned`, `@planned_value`, `@planned_interface` or `@payload`. extensions: classes made by
    `@extends`, of types as of Query, Mutation and Subscription. facet: the modes they belong to.
    """

    types: Sequence[type] = ()
    extensions: Sequence[type] = ()
    facet: Facet = Facet.BOTH
