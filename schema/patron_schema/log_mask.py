"""The last net under the logs: what no line may hold is replaced before it is written, whoever wrote it.

Lines and records come in; the same without credentials, card numbers and the texts of exceptions go out. That variables, literals and
values of rows are not handed to a logger in the first place is everybody's own duty; this catches what a library or a plugin lets slip.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog

from patron_core.card_numbers import masked
from patron_core.fault_log import log_fault

__all__ = ["MaskedRenderer", "catch_crashes", "mask", "without_exception_text"]

_log: Final = structlog.stdlib.get_logger("patron.crash")
_CREDENTIALS: Final = (
    (re.compile(r"patron_[0-9A-Fa-f]{32}_[0-9A-Fa-f]{32}_[A-Za-z0-9_-]+"), "[API key]"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)[ :=]+[A-Za-z0-9._~+/-]{6,}=*"), r"\1 [credential]"),
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), "[credential]"),  # of an address
)
_HINTS: Final = ("patron_", "eyJ", "earer", "EARER", "asic", "ASIC", "://")

Renderer = Callable[[Any, str, MutableMapping[str, Any]], Any]


def mask(text: str) -> str:
    """The text without keys, tokens, passwords of addresses and card numbers."""
    if any(hint in text for hint in _HINTS):
        for pattern, instead in _CREDENTIALS:
            text = pattern.sub(instead, text)
    return masked(text)


class MaskedRenderer:
    """Renders a line as another renderer does, and masks it."""

    def __init__(self, inner: Renderer) -> None:
        self._inner = inner

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
        """The line."""
        return mask(str(self._inner(logger, name, event)))


def without_exception_text(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces an exception by its class and frames: its text may hold values of rows. asyncio writes it into the message too."""
    found = event.pop("exc_info", None)
    if found:
        error = (
            found if isinstance(found, BaseException) else (found[1] if isinstance(found, tuple) else sys.exception())
        )
        if error is not None:
            log_fault(_Into(event), str(event.get("event", "")), error=error)
    record = event.get("_record")
    if isinstance(record, logging.LogRecord) and record.name == "asyncio":
        event["event"] = str(event.get("event", "")).partition("\n")[0].partition(": ")[0]
    event.pop("stack_info", None)
    return event


class _Into:
    """Takes what `log_fault` would write as a line of its own into a line there is."""

    def __init__(self, event: MutableMapping[str, Any]) -> None:
        self._event = event

    def error(self, _event: str, **fields: Any) -> None:
        self._event.update(fields)

    def debug(self, _event: str, **_fields: Any) -> None:
        """The text stays where it is."""


def catch_crashes() -> None:
    """Writes what nobody caught, in any thread, by class and frames as every other fault, and not with its text."""

    def crashed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        log_fault(_log, "crashed", error=error)

    def thread_crashed(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            log_fault(_log, "thread.crashed", error=found.exc_value)

    def unraisable(found: Any) -> None:
        if found.exc_value is not None:
            log_fault(_log, "unraisable", error=found.exc_value)

    sys.excepthook = crashed
    threading.excepthook = thread_crashed
    sys.unraisablehook = unraisable
