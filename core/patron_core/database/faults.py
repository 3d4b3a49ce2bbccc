"""What a driver's error means: try again, tell the caller, or a fault of ours.

In comes an exception of SQLAlchemy or a driver, out comes a `PublicError` with a code, or the exception itself where it
can only be a defect (which the door masks). The driver's own text never travels.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import CheckConstraint, Constraint, ForeignKeyConstraint, Index, Table
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.util import md5_hex

from patron_core.errors import Conflict, InvalidInput, Overloaded, PublicError, Timeout, Unavailable
from patron_core.records import Base
from patron_core.values import OutOfRange

__all__ = ["is_disconnect", "is_passing", "is_retryable", "shortened", "translate"]

_RETRYABLE: Final = frozenset({"40001", "40P01"})
_GONE: Final = frozenset({"57P01", "57P02", "57P03", "53300", "08000", "08001", "08003", "08004", "08006"})
#: No room, no memory, a disk that fails: nobody's fault who asks, and undone like any failed statement.
_NO_ROOM: Final = frozenset({"53100", "53200", "58030"})
_SQLITE_GONE: Final = (
    "SQLITE_CANTOPEN",
    "SQLITE_IOERR",
    "SQLITE_FULL",
    "SQLITE_READONLY",
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
)
_LOCK_TIMEOUT: Final = "55P03"
_NO_TABLE: Final = "42P01"  # also what this room calls SQLite's case, which has no name of its own
_SQLITE_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_retryable(error: BaseException) -> bool:
    """Whether the same transaction, run again, may succeed: a serialization failure or a deadlock."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in _RETRYABLE


def is_disconnect(error: BaseException) -> bool:
    """Whether the connection broke; what it had not committed is not there."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _sqlstate(error) in _GONE or isinstance(error, InterfaceError)
    return isinstance(error, OSError)


def is_passing(error: Exception) -> bool:
    """Whether it is the database's state and nobody's fault whose code ran: busy, full, gone. A statement that ran too long
    is not: that may be the statement's own doing.
    """
    if isinstance(error, PoolTimeout) or is_retryable(error) or is_disconnect(error):
        return True
    if _sqlstate(error) in _NO_ROOM or _sqlstate(error) == _LOCK_TIMEOUT:
        return True
    return isinstance(error, DBAPIError) and _sqlite_name(error).startswith((*_SQLITE_GONE, *_SQLITE_BUSY))


def translate(error: Exception) -> Exception:
    """The error the caller may see for `error`; `error` itself where nobody but us can mend it."""
    if isinstance(error, PublicError):
        return error
    if isinstance(error, StaleDataError):
        return Conflict(
            "The row has changed since it was read. Another change came in between. Read it again and repeat yours."
        )
    if isinstance(error, PoolTimeout):
        return Overloaded("All database connections are busy. The wait for one was too long. Try again shortly.")
    told = error.orig if isinstance(error, StatementError) else error
    if isinstance(told, OutOfRange):
        return InvalidInput(str(told))
    if isinstance(error, IntegrityError):
        return _broken_rule(error) or error
    if _sqlstate(error) == _NO_TABLE or _sqlite_name(error) == _NO_TABLE:
        return Unavailable(
            "The database has not all of its tables. It was made or upgraded without them. Run `patron migrate`."
        )
    if _sqlstate(error) in _NO_ROOM:
        return Unavailable("The database cannot write now. The operation was undone. Try again shortly.")
    if is_disconnect(error) or _sqlite_name(error).startswith(_SQLITE_GONE):
        return Unavailable("The database cannot be reached. The operation was not confirmed. Try again shortly.")
    if is_retryable(error) or _sqlite_name(error).startswith(_SQLITE_BUSY) or _sqlstate(error) == _LOCK_TIMEOUT:
        return Overloaded("Too many changes meet in the same rows. The operation was undone. Try again shortly.")
    if _sqlstate(error) == "57014" or _sqlite_name(error).startswith("SQLITE_INTERRUPT"):
        return Timeout("The operation ran too long. It was cancelled and undone. Ask for less at once.")
    return error


def _broken_rule(error: IntegrityError) -> PublicError | None:
    """The error for a broken constraint; None for a missing value, which is a defect of ours."""
    state, name = _sqlstate(error), _sqlite_name(error)
    rule = _rule(error)
    if state == "23505" or name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        noun, columns = _noun(rule), _columns(rule, error)
        return Conflict(
            f"There is already a {noun} with the same {columns}. It must be unique. Use that one or change yours."
        )
    if state == "23503" or name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        if rule is None:
            return Conflict(
                "A row refers to one that is not there, or is still referred to. It was not written. Check its ids."
            )
        noun, columns = _noun(rule), _columns(rule, error)
        return Conflict(
            f"The {columns} of a {noun} does not fit. That row is gone, or is still referred to. Check the ids."
        )
    if state == "23514" or name == "SQLITE_CONSTRAINT_CHECK":
        return InvalidInput(
            f"A value of a {_noun(rule)} breaks a rule. The rule is {_rule_name(rule)}. Change the value."
        )
    return None


def _rule(error: IntegrityError) -> Constraint | Index | None:
    """The constraint or unique index of our models that was broken, found by name or by SQLite's list of columns."""
    text = str(error.orig)
    wanted = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    if match := re.search(r"constraint failed: (?:index ')?(\w+)'?$", text):
        wanted = wanted or match.group(1)
    listed = re.findall(r"(\w+)\.(\w+)", text.partition("constraint failed: ")[2])
    for table in Base.metadata.tables.values():
        rules: list[Constraint | Index] = [*table.constraints, *(i for i in table.indexes if i.unique)]
        for rule in rules:
            if wanted is not None and wanted in (str(rule.name), shortened(str(rule.name))):
                return rule
            if listed and listed[0][0] == table.name and {c for _, c in listed} == _column_names(rule):
                return rule
    return None


def shortened(name: str) -> str:
    """What SQLAlchemy makes of a name that is too long for PostgreSQL."""
    return f"{name[:55]}_{md5_hex(name)[-4:]}" if len(name) > 63 else name


def _column_names(rule: Constraint | Index) -> set[str]:
    return {c.name for c in getattr(rule, "columns", ())}


def _noun(rule: Constraint | Index | None) -> str:
    table = getattr(rule, "table", None)
    return table.name.replace("_", " ") if isinstance(table, Table) else "row"


def _columns(rule: Constraint | Index | None, _error: IntegrityError) -> str:
    if rule is None:
        return "key"
    source: Any = rule.columns if isinstance(rule, Index | ForeignKeyConstraint) else getattr(rule, "columns", ())
    names = [c.name.removesuffix("_id") for c in source if c.name != "tenant_id"]
    return " and ".join(name.replace("_", " ") or "id" for name in names) or "key"


def _rule_name(rule: Constraint | Index | None) -> str:
    return str(rule.name) if isinstance(rule, CheckConstraint) else "a check of the database"


def _sqlstate(error: BaseException) -> str:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state if isinstance(state, str) else ""


def _sqlite_name(error: BaseException) -> str:
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", None)
    if isinstance(name, str) and name not in ("SQLITE_CONSTRAINT", "SQLITE_ERROR"):
        return name
    return _name_from_text(str(getattr(error, "orig", "")))


def _name_from_text(text: str) -> str:
    """SQLite's extended code, from the text: the driver reports only the primary one."""
    kinds = {
        "UNIQUE": "UNIQUE",
        "PRIMARY KEY": "PRIMARYKEY",
        "FOREIGN KEY": "FOREIGNKEY",
        "CHECK": "CHECK",
        "NOT NULL": "NOTNULL",
    }
    for words, name in kinds.items():
        if text.startswith(f"{words} constraint failed"):
            return f"SQLITE_CONSTRAINT_{name}"
    messages = {
        "interrupted": "SQLITE_INTERRUPT",
        "database is locked": "SQLITE_BUSY",
        "unable to open": "SQLITE_CANTOPEN",
        "disk I/O": "SQLITE_IOERR",
    }
    if text.startswith("no such table"):
        return _NO_TABLE
    return next((name for words, name in messages.items() if words in text), "")
