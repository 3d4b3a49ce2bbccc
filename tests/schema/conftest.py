"""The whole of Patron behind a port, for tests that come from outside: a browser, node, another process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.schema.loopback import AppServer, served

from patron_core.values import SystemClock
from patron_schema.app import create_app
from patron_schema.demo import build_demo, demo_settings
from patron_schema.hookspecs import load_plugins


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The demo with all installed plugins, the key of the tenant that has everything, and its port."""
    folder = tmp_path_factory.mktemp("app_server")
    plugins = load_plugins()
    keys = build_demo(folder, plugins, clock=SystemClock(), report=lambda _: None)
    with served(create_app(settings=demo_settings(folder), plugins=plugins)) as url:
        yield AppServer(url=url, key=keys["all"])
