"""What an answer takes, counted while plain Python makes it: an object 1, a connection or list 1, a Python
field 1, an aggregate 1 and each of its groups 1.

The naive evaluator executes the document and each value is counted as it is resolved, so that nothing of the planner's
cost or of its tally is used. A row that is shown by its cursor alone is a row too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLResolveInfo,
    MiddlewareManager,
    execute_sync,
    get_named_type,
    parse,
)
from tests.planner.naive import NaiveEvaluator

from patron_schema.planner.catalog import Catalog, PythonField

__all__ = ["taken"]


def taken(naive: NaiveEvaluator, catalog: Catalog, query: str, variables: Mapping[str, Any]) -> int:
    """What the answer of a document takes. catalog: says which fields are Python's."""
    counter = _Counter(catalog)
    execute_sync(
        naive.schema,
        parse(query),
        naive.query,
        context_value=naive,
        variable_values=dict(variables),
        middleware=MiddlewareManager(counter),
    )
    return counter.rows + len(counter.bare)


class _Counter:
    """bare: the edges whose node nobody asked for, by their place."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.rows = 0
        self.bare: set[tuple[Any, ...]] = set()

    def resolve(self, resolve: Callable[..., Any], source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        """Counts a value on its way."""
        value = resolve(source, info, **arguments)
        kind: Any = get_named_type(info.return_type)
        parent, place = info.parent_type.name, tuple(info.path.as_list())
        entry = self.catalog.types.get(parent)
        if (entry is not None and isinstance(entry.fields.get(info.field_name), PythonField)) or kind.name.endswith(
            "Connection"
        ):
            self.rows += 1
        elif kind.name.endswith("Aggregate"):
            self.rows += 1 + len(value)
        elif kind.name.endswith("Edge"):
            self.bare |= {(*place, index) for index in range(len(value))}
        elif "id" in getattr(kind, "fields", ()):
            self._row(value, parent, place, is_list=isinstance(_bare(info.return_type), GraphQLList))
        return value

    def _row(self, value: Any, parent: str, place: tuple[Any, ...], *, is_list: bool) -> None:
        if is_list:
            self.rows += sum(row is not None for row in value) + (not parent.endswith("Connection"))
            return
        self.rows += value is not None
        if parent.endswith("Edge"):
            self.bare.discard(place[:-1])


def _bare(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
