"""What no answer may be, whatever was sent: the rules of row C1, each as a sentence that says what was found.

An answer comes in, complaints go out. How answers are got is left to `driver`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Answer", "complaints", "log_complaints"]

#: What only the inside of a server says: tracebacks, paths, SQL, texts of drivers.
_INSIDE: Final = re.compile(
    rb"Traceback|File \\?\"|site-packages|/usr/|/root/|/work/|/tmp/|\.py\b|SELECT .{1,80} FROM|INSERT INTO|asyncpg|"
    rb"sqlite3|psycopg|sqlalchemy|OperationalError|ProgrammingError|KeyError|TypeError|ValueError|AttributeError|"
    rb"RecursionError|object at 0x|graphql\.error|strawberry"
)
_SHED: Final = frozenset({"OVERLOADED", "RATE_LIMITED"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status (0: a socket's message) and the bytes. closed: how a socket was closed."""

    status: int
    body: bytes
    closed: int | None = None


def complaints(answer: Answer, *, canary: str) -> Iterator[str]:
    """What is wrong with an answer."""
    errors = _errors(answer.body)
    codes = {error.get("extensions", {}).get("code") for error in errors if isinstance(error, dict)}
    if answer.status >= 500 and not codes <= _SHED:
        yield f"HTTP {answer.status}"
    if answer.closed in (1006, 1011):
        yield f"the socket was closed with {answer.closed}"
    if "INTERNAL" in codes:
        yield "an error that nobody had thought of (INTERNAL)"
    if errors and not codes <= _SHED and None in codes:
        yield "an error without a code"
    told = json.dumps(errors, ensure_ascii=False).encode() if errors else answer.body if answer.status >= 400 else b""
    if canary.encode() in told:
        yield "a value came back in an error"
    if found := _INSIDE.search(told):
        yield f"an error tells of the inside: {found[0]!r}"


def log_complaints(line: str) -> Iterator[str]:
    """What is wrong with a line of the server's log."""
    if "Traceback" in line or not line.startswith("{"):
        yield f"the log has something else than an entry: {line[:200]}"
    elif '"level": "error"' in line or "error.masked" in line or "failed" in line.partition('"event"')[2][:60]:
        yield f"the log tells of a fault: {line[:600]}"
    if "canary" in line:
        yield f"the log has a value that was sent: {line[:600]}"


def _errors(body: bytes) -> list[Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return []
    if not isinstance(value, dict):
        return []
    found = value.get("errors", [])
    if value.get("type") == "error":
        found = value.get("payload", [])
    elif isinstance(value.get("payload"), dict):
        found = value["payload"].get("errors", [])
    return found if isinstance(found, list) else []
