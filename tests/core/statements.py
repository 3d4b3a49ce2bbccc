"""Counts SQL statements: each test of a path that must stay cheap says how many it may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

__all__ = ["counted_statements"]


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Yields a list that receives every statement of all engines of the process, BEGIN and COMMIT left out."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # a worker that looks each second for what waits does so whoever is counted at that moment
        if not statement.startswith(("BEGIN", "SELECT 'relay'")):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
