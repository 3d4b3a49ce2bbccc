"""The plugin's tests run with this plugin alone: what others add must not matter to it."""

from __future__ import annotations

import pytest

import patron_hospitality.plugin
from patron_core.plugins import Plugins
from patron_schema.hookspecs import SchemaHooks


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({"hospitality": patron_hospitality.plugin}, specs=[SchemaHooks])
