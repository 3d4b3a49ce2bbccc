"""What uvicorn runs for Patron in a benchmark: the whole application, with nothing switched off."""

from __future__ import annotations

import os

from starlette.applications import Starlette

from patron_core.settings import Settings
from patron_schema.app import create_app
from patron_schema.request_log import configure_logging

__all__ = ["application"]


def application() -> Starlette:
    """Patron on BENCHMARK_URL as `patron_app`, logging warnings only as in production."""
    configure_logging("warning")
    url = os.environ["BENCHMARK_URL"]
    return create_app(settings=Settings(database_url=url, plugins=("retail",), pool_size=8, log_level="warning"))
