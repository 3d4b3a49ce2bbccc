"""The address of a database: one spelling for the many ways a URL may be written, and what each driver wants of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

__all__ = ["Dialect", "asyncpg_url", "dialect_of", "normalise", "sqlite_path"]

Dialect = Literal["sqlite", "postgresql"]

_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+asyncpg")
_SQLITE: Final = ("sqlite", "sqlite+pysqlite")


def normalise(url: str) -> str:
    """The URL as SQLAlchemy shall read it: `postgresql+asyncpg://…` or `sqlite:///path`.

    Accepts `postgresql://` and `postgres://` too. Raises `ValueError` for another database and for SQLite without a
    file.
    """
    parsed = _parse(url)
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    if parsed.drivername in _SQLITE:
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError(
                "SQLite needs a file: readers and the writer are different connections. No path is given. "
                "Write sqlite:///./patron.db."
            )
        return parsed.set(drivername="sqlite").render_as_string(hide_password=False)
    raise ValueError(
        f"Patron keeps its data in SQLite or PostgreSQL. The URL names {parsed.drivername!r}. "
        "Write sqlite:///path or postgresql://user@host/database."
    )


def dialect_of(url: str) -> Dialect:
    """Which of the two databases a URL names."""
    return "sqlite" if normalise(url).startswith("sqlite") else "postgresql"


def asyncpg_url(url: str) -> str:
    """The URL as asyncpg reads it, without the name of a driver."""
    return normalise(url).replace("postgresql+asyncpg://", "postgresql://", 1)


def sqlite_path(url: str) -> Path:
    """The file of a SQLite URL, absolute."""
    return Path(_parse(normalise(url)).database or "").absolute()


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise ValueError(
            "The database URL cannot be read. It has no scheme or is malformed. "
            "Write sqlite:///path or postgresql://user@host/database."
        ) from None
