"""Patron as it is served: `patron serve` with authentication, row-level security, limits, cost and coercion on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from benchmarks.data import PLUGINS, Data
from benchmarks.peer import Ask, Launch, Peer, json_ask
from benchmarks.questions import Question

__all__ = ["PATRON", "launch"]


def launch(data: Data, port: int, *, url: str | None = None) -> Launch:
    """`patron serve`, one worker. url: another database than the data's PostgreSQL."""
    command = [str(Path(sys.executable).with_name("patron")), "serve", "--port", str(port)]
    environment = {
        "PATRON_DATABASE_URL": data.app_url if url is None else url,
        "PATRON_PLUGINS": ",".join(PLUGINS),
        "PATRON_LOG_LEVEL": "warning",
        "PATRON_POOL_SIZE": "8",
        # One key asks with all connections as fast as it can: everything is counted as ever, and nothing is refused.
        "PATRON_RATE_POINTS": "1000000000",
        "PATRON_RATE_POINTS_PER_SECOND": "1000000000",
        "PATRON_WS_MAX_PER_ACTOR": "100000",
        "PATRON_WS_MAX_PER_ADDRESS": "100000",
        "PATRON_WS_MAX_PER_PROCESS": "100000",
    }
    return Launch(command, environment)


def _ask(question: Question, data: Data) -> Ask:
    return json_ask(question, **data.bearer)


PATRON: Final = Peer(
    name="Patron",
    launch=launch,
    ask=_ask,
    settings="`patron serve`, one worker, four plugins, everything on: API keys, row-level security, limits, cost, coercion.",
)
