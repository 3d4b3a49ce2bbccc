"""How a defect is logged: its class and the frames it went through, never its text, which may hold values of rows.

In come an exception and a logger; what a client may read of it is left to `patron_schema.errors`.
"""

from __future__ import annotations

import re
import traceback
from typing import Any, Final

__all__ = ["log_fault"]

_FRAMES: Final = 8  # at either end: where it was called from, and where it was raised, which may be deep in a driver
_PACKAGE: Final = re.compile(r".*?/(?:site-packages/|(?=patron_\w+/))")


def log_fault(log: Any, event: str, *, error: BaseException, **fields: Any) -> None:
    """Logs an exception as `event` by class and frames, with further fields; its text only where DEBUG is shown."""
    frames = traceback.extract_tb(error.__traceback__)
    shown = frames if len(frames) <= 2 * _FRAMES else [*frames[:_FRAMES], *frames[-_FRAMES:]]
    log.error(
        event,
        error=f"{type(error).__module__}.{type(error).__qualname__}",
        where=[f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in shown],
        **fields,
    )
    # The text helps whoever debugs on their own machine, and only a logger set to DEBUG shows it.
    quiet = f"{event}.text"
    log.debug(quiet, text=str(error), **fields)


def _short(filename: str) -> str:
    """A file's name from its package on, so that logs do not tell how the machine is laid out."""
    found = _PACKAGE.match(filename)
    return filename[found.end() :] if found else filename.rpartition("/")[2]
