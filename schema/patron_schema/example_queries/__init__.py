"""The core's example operations, which GraphiQL opens as tabs; plugins add theirs with `patron_example_queries`."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

from . import accounts, basics, campaigns, commerce, contacts, identity, sales, segments, service, value

__all__ = ["CORE_EXAMPLES"]

CORE_EXAMPLES: Final[tuple[Example, ...]] = tuple(
    example
    for topic in (basics, identity, accounts, contacts, sales, commerce, segments, value, service, campaigns)
    for example in topic.EXAMPLES
)
