"""The demo: an embedded database with a tenant for each industry and one with everything, and a key for each.

In comes a folder, out come keys by the name of their tenant. What is there already and was made by the same plugins and tables is
kept, keys included; they lie beside the database in a file only its owner may read.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import create_key, create_tenant
from patron_core.customers.models import EngagementMode
from patron_core.database import Database, open_database
from patron_core.demo import fill_core, settle_core
from patron_core.errors import StartupError
from patron_core.hookspecs import DemoContext
from patron_core.messages import Actor
from patron_core.migrations import migrate
from patron_core.plugins import Plugins
from patron_core.records import Base
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Clock, SequentialIds

__all__ = ["TENANTS", "DemoTenant", "build_demo", "demo_settings", "write_private"]

_SEED: Final = 1815
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """A tenant of the demo. plugins: None for all that are installed. roles: those with a key of their own, beside the owner's."""

    key: str
    name: str
    mode: EngagementMode
    plugins: tuple[str, ...] | None
    people: int
    companies: int
    roles: tuple[str, ...] = ()


TENANTS: Final = (
    DemoTenant("bank", "Oak Street Bank", EngagementMode.RELATIONSHIP, ("banking",), 16, 6, ("agent",)),
    DemoTenant(
        "clinic", "Riverside Clinic", EngagementMode.RELATIONSHIP, ("healthcare",), 20, 0, ("clinician", "receptionist")
    ),
    DemoTenant("shop", "Corner Shop", EngagementMode.TRANSACTION, ("retail",), 30, 0, ("analyst",)),
    DemoTenant("hotel", "Hotel Lantern", EngagementMode.HYBRID, ("hospitality",), 20, 3),
    DemoTenant("all", "Everything Ltd", EngagementMode.HYBRID, None, 24, 6),
)


def demo_settings(folder: Path) -> Settings:
    """Settings of a deployment on the demo's database in a folder."""
    return Settings(database_url=f"sqlite:///{(folder / 'patron-demo.db').resolve()}", migration_database_url=None)


def build_demo(folder: Path, plugins: Plugins, *, clock: Clock, report: Report) -> Mapping[str, str]:
    """Makes what is missing and returns the keys. Runs a loop of its own.

    They are named by tenant (bank, clinic, shop, hotel, all) and, for those of a role, by both: clinic-receptionist.

    folder: is made where it does not exist. report: is told each step. Raises `StartupError` when a plugin's demo data fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint(plugins)
    known = _known_keys(folder, fingerprint)
    if known is not None:
        report("The demo's database is there already.")
        return known
    for old in folder.glob("patron-demo.db*"):
        old.unlink()
    keys = asyncio.run(_build(demo_settings(folder), plugins, clock=clock, report=report))
    _keep(folder, fingerprint, keys)
    return keys


async def _build(settings: Settings, plugins: Plugins, *, clock: Clock, report: Report) -> Mapping[str, str]:
    report("Making the tables …")
    await migrate(settings.owner_url, plugins)
    database = open_database(settings)
    try:
        keys: dict[str, str] = {}
        for tenant in TENANTS:
            keys |= await _fill(database, tenant, plugins, clock=clock, report=report)
        return keys
    finally:
        await database.close()


async def _fill(
    database: Database, wanted: DemoTenant, plugins: Plugins, *, clock: Clock, report: Report
) -> Mapping[str, str]:
    names = plugins.names if wanted.plugins is None else tuple(n for n in wanted.plugins if n in plugins.names)
    report(f"Filling {wanted.name} ({', '.join(names) or 'core only'}) …")
    # Rows made later have larger ids, so that every demo picks the same ones where it takes the first few.
    ids = SequentialIds(clock, salt=TENANTS.index(wanted))
    tenant = await create_tenant(database, name=wanted.name, mode=wanted.mode, plugins=names, clock=clock, ids=ids)
    mine = plugins.only(names)
    source = random.Random(_SEED + sum(wanted.key.encode()))
    actor = Actor(tenant.id, "patron demo", "system", roles=(ADMINISTRATOR,), reason="Demo data is made.")

    def fill(uow: UnitOfWork) -> None:
        demo = DemoContext(uow, source, clock)
        fill_core(demo, people=wanted.people, companies=wanted.companies)
        for plugin, call in mine.calls("patron_demo_data", demo=demo):
            try:
                call()
            except Exception as error:
                text = f"{plugin}: patron_demo_data raised {type(error).__name__}: {error}. Mend the plugin."
                raise StartupError([text]) from error
        settle_core(demo)

    await execute(database, fill, actor=actor, clock=clock, ids=ids, plugins=mine, request_id="demo")
    keys: dict[str, str] = {}
    for role in (ADMINISTRATOR, *wanted.roles):
        health = role in (ADMINISTRATOR, "clinician")
        _, text = await create_key(
            database,
            tenant_id=tenant.id,
            name=f"demo key of {wanted.name}" if role == ADMINISTRATOR else f"demo key of a {role}",
            roles=(role,),
            purpose="TREAT" if health else None,
            purposes=("TREAT", "HPAYMT", "HOPERAT", "PATRQT") if health else (),
            clock=clock,
            ids=ids,
        )
        keys[wanted.key if role == ADMINISTRATOR else f"{wanted.key}-{role}"] = text
    return keys


def _fingerprint(plugins: Plugins) -> str:
    """What the demo's database was made by: plugins with versions, and every table and column."""
    tables = sorted(
        f"{table.name}({','.join(c.name for c in table.columns)})" for table in Base.metadata.tables.values()
    )
    versions = [f"{name} {manifest.version}" for name, manifest in sorted(plugins.manifests.items())]
    return hashlib.sha256("\n".join([*versions, *tables]).encode()).hexdigest()


def _known_keys(folder: Path, fingerprint: str) -> Mapping[str, str] | None:
    try:
        kept = json.loads((folder / "keys.json").read_text())
    except (OSError, ValueError):
        return None
    sound = isinstance(kept, dict) and kept.get("fingerprint") == fingerprint and (folder / "patron-demo.db").exists()
    return {str(name): str(key) for name, key in kept["keys"].items()} if sound else None


def _keep(folder: Path, fingerprint: str, keys: Mapping[str, str]) -> None:
    write_private(folder / "keys.json", json.dumps({"fingerprint": fingerprint, "keys": dict(keys)}))


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whatever stood there before."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
