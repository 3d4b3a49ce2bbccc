"""What `patron doctor` looks at: settings, versions, the database and its roles, indexes, clock, disk, keys, plugins, work.

Settings come in, findings go out, each with what to do about it; a check that fails by itself is a finding too. Nothing is
changed. How findings are printed is left to `cli.doctor`.
"""

from __future__ import annotations

import difflib
import os
import platform
import shutil
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Final, Literal

from packaging.requirements import Requirement

from patron_core.address import dialect_of, sqlite_path
from patron_core.database.row_security import row_security_problems
from patron_core.encryption.readiness import master_key_problems
from patron_core.errors import PublicError, StartupError
from patron_core.migrations import pending
from patron_core.migrations.distributions import CORE
from patron_core.plugins import Plugins, installed_plugins, load_plugins
from patron_core.settings import Settings
from patron_core.values import Clock
from patron_core.worker.backlog import Backlogs
from patron_core.worker.waiting import JOBS, open_waiting, relay_problem
from patron_schema import doctor_database as database_checks
from patron_schema.hookspecs import SchemaHooks

__all__ = ["Finding", "examined"]

Level = Literal["ok", "warn", "fail"]

_LATE_SECONDS: Final = 60
_FREE_BYTES: Final = 100_000_000
_SOME_BYTES: Final = 1_000_000_000
#: Variables of Patron's own that are no settings.
_OTHER_VARIABLES: Final = ("PATRON_EXPORT_KEY", "PATRON_DATA_DIR", "PATRON_TEST_")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. advice: what to do; empty where all is well."""

    check: str
    level: Level
    text: str
    advice: str = ""


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", text)


def warn(check: str, text: str, advice: str) -> Finding:
    """It works, and may not for long."""
    return Finding(check, "warn", text, advice)


def fail(check: str, text: str, advice: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(check, "fail", text, advice)


async def examined(settings: Settings, environment: Mapping[str, str], *, clock: Clock) -> AsyncIterator[Finding]:
    """Every finding, in the order in which they should be mended. environment: the variables of this process."""
    for each in (*_versions(), *_settings(settings, environment), *_disk(settings)):
        yield each
    plugins = _plugins(settings)
    for each in plugins[1]:
        yield each
    found, answers = await _reached(settings, clock)
    for each in found:
        yield each
    if not answers:
        return
    checks: list[tuple[str, Callable[[], Awaitable[list[Finding]]]]] = [
        ("migrations", lambda: _migrations(settings, plugins[0])),
        ("row security", lambda: _row_security(settings)),
        ("roles", lambda: _roles(settings)),
        ("indexes", lambda: _indexes(settings, plugins[0])),
        ("master key", lambda: _master_key(settings)),
        ("work", lambda: _work(settings, clock)),
    ]
    for name, check in checks:
        try:
            for each in await check():
                yield each
        except (PublicError, StartupError, OSError, TimeoutError) as error:
            yield fail(
                name, f"could not be looked at ({type(error).__name__})", "Mend what is said above, then look again."
            )


# -- this machine


def _versions() -> Iterator[Finding]:
    yield ok("versions", f"patron {version('patron')}, Python {platform.python_version()}, {platform.system()}")
    for text in requires("patron") or ():
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield fail("versions", f"{requirement.name} is not installed", f"pip install '{requirement.name}'")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield fail(
                "versions",
                f"{requirement.name} {found} is not {requirement.specifier}",
                f"pip install '{requirement.name}{requirement.specifier}'",
            )


def _settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    known = {f"PATRON_{name.upper()}" for name in Settings.model_fields}
    prefixes = (*_OTHER_VARIABLES, *(f"PATRON_{name.upper()}_" for name in installed_plugins()))
    strange = sorted(
        n for n in environment if n.startswith("PATRON_") and n not in known and not n.startswith(prefixes)
    )
    for name in strange:
        near = difflib.get_close_matches(name, known, n=1)
        yield warn("settings", f"{name} is no setting", f"Did you mean {near[0]}?" if near else "Unset it.")
    if settings.outbound_loopback:
        yield warn(
            "settings", "webhooks may go to this machine by http", "Unset PATRON_OUTBOUND_LOOPBACK in production."
        )
    if settings.log_level == "debug":
        yield warn("settings", "everything is logged", "Unset PATRON_LOG_LEVEL in production.")
    for origin in settings.allowed_origins:
        if origin.startswith("http://") and not origin.startswith(("http://localhost", "http://127.")):
            yield warn("settings", f"pages of {origin} may ask, without TLS", "Name origins as https://host.")
    if dialect_of(settings.database_url) == "postgresql" and database_checks.is_open(settings.database_url):
        advice = "Add ?sslmode=verify-full to PATRON_DATABASE_URL, or keep it in a private network."
        yield warn("settings", "the database is on another host and its connection is not verified", advice)
    if settings.audit_anchor_file is None and settings.audit_anchor_url is None:
        advice = "Set PATRON_AUDIT_ANCHOR_FILE or PATRON_AUDIT_ANCHOR_URL: else a tail that was cut off is not found."
        yield warn("settings", "heads of the audit are kept nowhere else", advice)
    if not strange:
        yield ok("settings", "every PATRON_ variable is a setting")


def _disk(settings: Settings) -> Iterator[Finding]:
    if dialect_of(settings.database_url) != "sqlite":
        return
    place = sqlite_path(settings.database_url)
    folder = place.parent if place.parent.exists() else Path()
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB are free where the database is"
    if free < _FREE_BYTES:
        yield fail(
            "disk", text, "Make room: writes fail when it is full, and an erasure needs the size of the database."
        )
    elif free < _SOME_BYTES:
        yield warn("disk", text, "Make room: an erasure rewrites the whole file.")
    else:
        yield ok("disk", text)
    if place.exists() and stat.S_IMODE(place.stat().st_mode) & 0o007:
        yield warn("disk", "everybody on this machine may read the database", f"chmod 600 {place.name}")
    if not os.access(folder, os.W_OK):
        yield fail("disk", "the folder of the database cannot be written", "Give this user the right to.")


def _plugins(settings: Settings) -> tuple[Plugins, list[Finding]]:
    """The plugins that can be loaded, and what is wrong with the others."""
    findings, good = [], []
    for name in settings.plugins if settings.plugins is not None else tuple(installed_plugins()):
        try:
            problems = load_plugins((name,), specs=(SchemaHooks,)).check()
        except StartupError as error:
            problems = error.problems
        findings += [
            fail("plugins", problem, "Mend it, install another version, or leave it out.") for problem in problems
        ]
        good += [] if problems else [name]
    if not findings:
        findings.append(ok("plugins", ", ".join(good) or "none"))
    return load_plugins(good, specs=(SchemaHooks,)), findings


# -- the database


async def _reached(settings: Settings, clock: Clock) -> tuple[list[Finding], bool]:
    """Whether it answers, its version, and how far its clock is off."""
    began = time.monotonic()
    try:
        found = await database_checks.server(settings)
    except StartupError as error:
        return [
            fail("master key", each, "Set the key the database was written with.") for each in error.problems
        ], False
    except (PublicError, OSError, TimeoutError) as error:
        advice = "Start it, and look at PATRON_DATABASE_URL: host, port, user and name."
        return [fail("database", f"does not answer ({type(error).__name__})", advice)], False
    took = (time.monotonic() - began) * 1000
    findings = [ok("database", f"{found.name} {found.version} answers within {took:.0f} ms")]
    findings += [fail("database", text, advice) for text, advice in found.problems]
    findings += [warn("database", text, advice) for text, advice in found.warnings]
    if found.now is not None:
        off = abs(found.now - clock.now())
        text = f"the clocks differ by {off.total_seconds():.1f} s"
        if off > timedelta(seconds=60):
            findings.append(
                fail("clock", text, "Let both machines follow the same time servers: leases and tokens end by it.")
            )
        elif off > timedelta(seconds=2):
            findings.append(warn("clock", text, "Let both machines follow the same time servers."))
        else:
            findings.append(ok("clock", text))
    return findings, True


async def _migrations(settings: Settings, plugins: Plugins) -> list[Finding]:
    behind = await pending(settings.database_url, plugins)
    return [
        (fail if each.distribution == CORE.name else warn)(
            "migrations", f"{each.distribution} is at {each.current or 'nothing'}, not at {each.head}", "patron migrate"
        )
        for each in behind
    ] or [ok("migrations", "all tables are up to date")]


async def _row_security(settings: Settings) -> list[Finding]:
    if dialect_of(settings.database_url) == "sqlite":
        return []
    problems = await row_security_problems(settings.database_url)
    return [fail("row security", problem, "See docs/operations.md, On PostgreSQL.") for problem in problems] or [
        ok("row security", "binds the role of the application on every table")
    ]


async def _roles(settings: Settings) -> list[Finding]:
    if dialect_of(settings.database_url) == "sqlite":
        return []
    findings = []
    problem = relay_problem(settings)
    if problem is not None:
        findings.append(warn("roles", "nobody finds the work of all tenants", problem))
    if settings.audit_database_url is None:
        advice = "Set PATRON_AUDIT_DATABASE_URL to the database as the role patron_audit."
        findings.append(warn("roles", "reads are audited as the application", advice))
    for name, url in (("relay", settings.relay_database_url), ("audit", settings.audit_database_url)):
        if url is not None:
            problem = await database_checks.role_problem(url, f"patron_{name}")
            findings += [fail("roles", problem, f"Look at PATRON_{name.upper()}_DATABASE_URL.")] if problem else []
    return findings or [ok("roles", "relay and audit have their own")]


async def _indexes(settings: Settings, plugins: Plugins) -> list[Finding]:
    missing = await database_checks.missing_indexes(settings, plugins)
    advice = "A migration was not finished, or somebody dropped it: compare with the migrations, and create it again."
    findings = [fail("indexes", f"{name} is not there or not valid", advice) for name in missing]
    from patron_schema.compose import build_schema  # takes half a second to import
    from patron_schema.compose.list_indexes import list_index_warnings

    for text in list_index_warnings(build_schema(plugins, settings.mode).catalog):
        what, _, rest = text.partition(", and ")
        findings.append(warn("indexes", what, rest))
    return findings or [ok("indexes", "every column that lists are filtered or ordered by has one")]


async def _master_key(settings: Settings) -> list[Finding]:
    async def look(database: Any) -> list[str]:
        return await master_key_problems(database)

    problems = await database_checks.with_database(settings, look)
    advice = "Set the key the database was written with."
    return [fail("master key", each, advice) for each in problems] or [
        ok("master key", "is there, or none is needed yet")
    ]


async def _work(settings: Settings, clock: Clock) -> list[Finding]:
    backlogs = Backlogs(open_waiting(settings), clock=clock)
    try:
        backlog = await backlogs.backlog()
    finally:
        await backlogs.close()
    if backlog is None:
        return [warn("work", "how much work waits is not known", "Set PATRON_RELAY_DATABASE_URL, and migrate.")]
    findings = []
    for name, work in backlog.work.items():
        if work.late_seconds > _LATE_SECONDS:
            advice = "Run `patron serve` or `patron worker`, or more of them; see /metrics."
            findings.append(warn("work", f"{name}: the oldest has waited for {work.late_seconds:.0f} s", advice))
    parked = backlog.of(JOBS).counts.get("PARKED", 0)
    if parked:
        findings.append(warn("work", f"{parked} runs of jobs are parked", "patron jobs: look why, and retry them."))
    return findings or [ok("work", "nothing waits for long")]
