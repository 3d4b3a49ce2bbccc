"""Deployments of several tenants for the proof that they never mix, made once: most tests only read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from tests.security.realm import Realm, opened_realm

from patron_core.plugins import Plugins
from patron_schema.testing.databases import Databases


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def realm(databases: Databases, postgres_server: Any, loaded_plugins: Plugins) -> AsyncIterator[Realm]:
    """Three tenants on both databases, and the first of them alone."""
    databases.server = postgres_server
    async with opened_realm(databases, loaded_plugins) as made:
        yield made
