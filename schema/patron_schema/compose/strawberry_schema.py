"""The one room that reaches into Strawberry: fields served per class, and the graphql-core schema behind it.

`_schema` is the only private name used; a test pins the version it was read from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.types.field import StrawberryField

__all__ = ["ServedSchema", "graphql_schema"]


class ServedSchema(strawberry.Schema):
    """A Strawberry schema whose types' fields are given from outside, per class."""

    def __init__(self, served: Mapping[type, list[StrawberryField]], **options: Any) -> None:
        self._served = served  # before super().__init__, which asks for the fields
        super().__init__(**options)

    def get_fields(self, type_definition: Any) -> list[StrawberryField]:
        """The served fields of a class, or its own."""
        return self._served.get(type_definition.origin, type_definition.fields)


def graphql_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema behind a Strawberry schema."""
    inner: GraphQLSchema = schema._schema
    return inner
