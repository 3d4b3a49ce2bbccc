"""A program that migrates a database and is killed at a statement that changes it: `python killed_migration.py URL NUMBER`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from patron_core.migrations import migrate
from patron_core.plugins import Plugins

URL, NUMBER = sys.argv[1], int(sys.argv[2])
_CHANGES = ("CREATE", "ALTER", "UPDATE", "INSERT", "GRANT")
seen = 0


def after_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    global seen
    seen += statement.lstrip().upper().startswith(_CHANGES)
    if seen >= NUMBER:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    event.listen(Engine, "after_cursor_execute", after_statement)
    asyncio.run(migrate(URL, Plugins.of({})))
    raise AssertionError(f"Statement {NUMBER} was not reached.")
