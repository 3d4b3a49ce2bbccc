"""Writes a plan as one SQL statement whose single value is the answer's JSON. The only room that knows dialects.

Names come from the catalog, values are bound parameters, and literals are response keys, type names and fingerprints: nothing of
the request. `writer` does rows, `pages` and `unions` connections, `conditions` filters, `sqlite` and `postgresql` what differs.
"""

from __future__ import annotations

from .dialect import MARK, NAME, SEALED, Dialect
from .postgresql import PostgresqlDialect
from .sqlite import SqliteDialect
from .writer import CURSOR_EXPIRED, PYTHON_BEGIN, PYTHON_END, SUBJECT, Statement, Writer

__all__ = [
    "CURSOR_EXPIRED",
    "DIALECTS",
    "MARK",
    "NAME",
    "PYTHON_BEGIN",
    "PYTHON_END",
    "SEALED",
    "SUBJECT",
    "Dialect",
    "PostgresqlDialect",
    "SqliteDialect",
    "Statement",
    "Writer",
]

#: The dialects by name.
DIALECTS: dict[str, type[Dialect]] = {"sqlite": SqliteDialect, "postgresql": PostgresqlDialect}
