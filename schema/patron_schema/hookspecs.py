"""The hooks that concern the API. The hooks of the domain stand in `patron_core.hookspecs`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from patron_core.hookspecs import hookspec
from patron_core.plugins import Plugins
from patron_core.plugins import load_plugins as load

from .plugin import Contribution, Example

__all__ = ["SPECS", "SchemaHooks", "load_plugins"]


class SchemaHooks:
    """What a plugin may implement towards the API."""

    @hookspec
    def patron_types(self) -> Iterable[Contribution]:  # type: ignore[empty-body]
        """The types, fields, mutations and subscriptions the plugin adds.

        Called when a schema is composed, with no argument. Return contributions; their order is the order in the SDL. All
        plugins' contributions are joined; an exception stops the start-up and names the plugin. Since 0.1.

        Example: `yield Contribution(types=[LoyaltyMember], extensions=[CustomerLoyalty], facet=TRANSACTION)`.
        """

    @hookspec
    def patron_example_queries(self) -> Iterable[Example]:  # type: ignore[empty-body]
        """Queries that show what the plugin adds; GraphiQL opens each in a tab and the tests run each.

        Called when the page is asked for, with no argument. Return examples with a title that names them. All plugins'
        examples are joined after the core's; a plugin that raises is left out and reported. Since 0.1.

        Example: `yield Example(title="Members by tier", query="query MembersByTier { loyaltyMembers { totalCount } }")`.
        """


SPECS: tuple[type, ...] = (SchemaHooks,)


def load_plugins(names: Sequence[str] | None = None) -> Plugins:
    """The installed plugins with these names, all where none are named, with the hooks of domain and API known."""
    from .matching import lend  # what composes schemas knows this module

    return lend(load(names, specs=SPECS))
