"""Healthcare is tested with nothing else installed: its tables and the core's, on both databases."""

from __future__ import annotations

import pytest

import patron_healthcare.plugin
from patron_core.plugins import Plugins
from patron_schema.hookspecs import SchemaHooks


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({"healthcare": patron_healthcare.plugin}, specs=[SchemaHooks])
