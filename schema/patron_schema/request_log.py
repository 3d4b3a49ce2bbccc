"""What the server says about itself: one line of JSON per operation and per fault, on standard error.

Who asked what (by digest), how it ended and how long it took goes in; never variables, literals of a document or
texts of foreign exceptions. Masked errors are written by `errors`; what slips through all the same is masked by `log_mask`.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

import structlog

from patron_core.messages import Actor
from patron_schema.log_mask import MaskedRenderer, catch_crashes, without_exception_text

__all__ = ["configure_logging", "log_operation"]

_log: Final = structlog.get_logger("patron.request")


def configure_logging(level: str, *, readable: bool | None = None, lasting: bool = True) -> None:
    """Sets the form and the level of all logs of this process, those of libraries and of crashes too.

    level: debug, info, warning or error. readable: coloured text for a person in place of JSON; None means where
    standard error is a terminal. lasting: whether loggers may keep what is set; False where it will be set again.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    if readable is None:
        readable = sys.stderr.isatty()
    renderer = MaskedRenderer(
        structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(default=str)
    )
    shared: list[Any] = [
        without_exception_text,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=lasting,
    )
    _configure_libraries(number, shared, renderer)
    catch_crashes()


def log_operation(
    *,
    request_id: str,
    transport: str,
    status: int,
    seconds: float,
    actor: Actor | None,
    code: str | None = None,
    document: str | None = None,
    operation: str | None = None,
) -> None:
    """One line about one operation. `document` is a digest; `operation` a name that stands in a valid document."""
    if not _log.is_enabled_for(logging.INFO):
        return  # most of what a line costs is making its values
    _log.info(
        "operation",
        request_id=request_id,
        transport=transport,
        status=status,
        milliseconds=round(seconds * 1000, 2),
        tenant=None if actor is None else str(actor.tenant_id),
        actor=None if actor is None else actor.subject,
        code=code,
        document=document,
        operation=operation,
    )


def _configure_libraries(level: int, shared: list[Any], renderer: Any) -> None:
    """uvicorn, alembic and SQLAlchemy log through the standard library: the same form, and warnings at least."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    for name in ("patron", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []  # uvicorn's own, where it was started in this process before, would write past the mask
        logger.propagate = True
        logger.setLevel(level)
