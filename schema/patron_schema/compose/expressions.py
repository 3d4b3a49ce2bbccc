"""From a vendor's SQLAlchemy expression to what a plan needs: the columns it reads and its text in both dialects.

Compiled once when a schema is composed; at request time only the alias of the row is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnClause, ColumnElement, TextClause
from sqlalchemy.sql.selectable import Alias, SelectBase, TableClause
from sqlalchemy.sql.util import ClauseAdapter

from ..planner.catalog import Template

__all__ = ["UnreadableExpression", "aliased_text", "clause", "columns_read", "template"]

_ROW = "__row__"
_DIALECTS: dict[str, Any] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
}


class UnreadableExpression(Exception):
    """An expression whose reads cannot be seen, so that its classification would be a guess."""


def clause(value: Any) -> ColumnElement[Any]:
    """The SQL element behind a mapped attribute or an expression."""
    element: ColumnElement[Any] = value.__clause_element__() if hasattr(value, "__clause_element__") else value
    return element


def columns_read(element: Any) -> Iterator[Column[Any]]:
    """Every table column an expression reads. Raw text and sub-selects are refused: what they read cannot be seen."""
    if isinstance(element, Column):
        yield from element.base_columns  # type: ignore[misc]
    elif isinstance(element, TextClause | SelectBase) or (isinstance(element, ColumnClause) and element.is_literal):
        raise UnreadableExpression("it contains raw SQL text or a sub-select")
    elif not isinstance(element, TableClause | Alias):
        for child in element.get_children():
            yield from columns_read(child)


def template(value: Any, table: Table) -> Template:
    """The expression in both dialects, with `{row}` for the alias of its table."""
    return Template(sqlite=aliased_text(value, table, "sqlite"), postgresql=aliased_text(value, table, "postgresql"))


def aliased_text(value: Any, table: Table, dialect: str) -> str:
    """One dialect's text of an expression over an alias of `table`."""
    moved = ClauseAdapter(table.alias(_ROW)).traverse(clause(value))
    text = str(moved.compile(dialect=_DIALECTS[dialect], compile_kwargs={"literal_binds": True}))
    return text.replace("{", "{{").replace("}", "}}").replace(f"{_ROW}.", "{row}.")
