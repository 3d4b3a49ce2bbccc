"""The core is tested without any plugin: what a test needs of one, it brings along."""

from __future__ import annotations

import pytest

from patron_core.plugins import Plugins


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({})
