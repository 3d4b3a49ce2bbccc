"""Many rows by a key in one statement: one probe of the key's index for each value, however many, and whatever is known.

In come a select, the column and its values, out come rows. PostgreSQL estimates `key IN (…)` by statistics, which a table
that is just being filled does not have yet: it then reads all the tenant's rows for each batch. A lateral join leaves it
no choice. The text of the statement is the same for any number of values, so that both databases prepare it once.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, any_, bindparam, func, literal_column, select, true
from sqlalchemy.engine import Row
from sqlalchemy.orm import InstrumentedAttribute

from patron_core.database import TenantSession

__all__ = ["among", "look_up_rows"]


def look_up_rows(
    session: TenantSession,
    statement: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[Any],
    values: Collection[Any],
) -> list[Row[Any]]:
    """See `UnitOfWork.look_up`."""
    wanted = list(dict.fromkeys(values))
    if not wanted:
        return []
    if session.get_bind().dialect.name == "sqlite":
        return list(session.execute(statement.where(among(session, key, wanted))).all())
    return list(session.execute(_one_by_one(statement, key, wanted)).all())


def among(session: TenantSession, key: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """See `UnitOfWork.among`."""
    wanted, dialect = list(values), session.get_bind().dialect
    if dialect.name != "sqlite":
        return key == any_(bindparam("wanted", wanted, type_=ARRAY(key.type), unique=True))
    stored = key.type.dialect_impl(dialect).bind_processor(dialect)
    texts = wanted if stored is None else [stored(value) for value in wanted]
    given = bindparam("wanted", json.dumps(texts), type_=Text(), unique=True)
    return key.in_(select(func.json_each(given).table_valued("value", name="wanted").c.value))


def _one_by_one(statement: Select[*tuple[Any, ...]], key: InstrumentedAttribute[Any], wanted: list[Any]) -> Select[Any]:
    given = bindparam("wanted", wanted, type_=ARRAY(key.type), unique=True)
    value = func.unnest(given).table_valued("value", name="wanted").render_derived()
    # An OFFSET, even of none, keeps PostgreSQL from turning the probes back into a join of its own choice.
    found = statement.where(key == value.c.value).offset(literal_column("0")).lateral("found")
    return select(*found.c).select_from(value).join(found, true())
