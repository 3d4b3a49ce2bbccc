"""`patron doctor`: a healthy installation is told to be one, and each planted fault is found and says what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
from collections import namedtuple
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pysqlite3
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from patron_core.address import asyncpg_url, sqlite_path
from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.migrations import downgrade
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import FixedClock, SystemClock
from patron_schema.cli import app
from patron_schema.doctor import Finding, examined
from patron_schema.doctor_database import is_open
from patron_schema.testing.databases import MASTER_KEY, PreparedDatabase

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def loaded_plugins() -> Plugins:
    """The core alone: a command loads what is installed."""
    return Plugins.of({})


@pytest.fixture
def here(database: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> PreparedDatabase:
    """The database of each kind as the command line's."""
    monkeypatch.setenv("PATRON_DATABASE_URL", database.url)
    monkeypatch.setenv("PATRON_MIGRATION_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("PATRON_MASTER_KEY", MASTER_KEY.get_secret_value())
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("PATRON_AUDIT_ANCHOR_FILE", "/dev/null")
    if database.dialect == "postgresql":
        for name in ("relay", "audit"):
            monkeypatch.setenv(f"PATRON_{name.upper()}_DATABASE_URL", as_role(database, f"patron_{name}"))
    return database


def as_role(database: PreparedDatabase, role: str) -> str:
    return make_url(database.owner_url).set(username=role).render_as_string(hide_password=False)


async def doctor(*, code: int = 0) -> list[dict[str, str]]:
    """The findings of the command."""
    done = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    findings: list[dict[str, str]] = json.loads(done.stdout[done.stdout.index("[\n  {") :])  # behind what was logged
    return findings


def told(findings: list[dict[str, str]], level: str, check: str) -> str:
    """All that is said at a level of a check."""
    return "\n".join(
        f"{each['text']} {each['advice']}" for each in findings if (each["level"], each["check"]) == (level, check)
    )


async def test_a_healthy_installation_is_told_to_be_one(here: PreparedDatabase) -> None:
    findings = await doctor()

    assert {each["check"] for each in findings if each["level"] == "ok"} >= {
        "versions", "settings", "plugins", "database", "migrations", "master key",
    }  # fmt: skip
    assert not [each for each in findings if each["level"] == "fail"]
    if here.dialect == "postgresql":
        assert told(findings, "ok", "row security")
        assert told(findings, "ok", "roles")
        assert told(findings, "ok", "clock")
    assert MASTER_KEY.get_secret_value() not in str(findings)


async def test_a_database_that_is_away_ends_the_look(here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none" if here.dialect == "postgresql" else "sqlite:////nowhere/none.db"
    monkeypatch.setenv("PATRON_DATABASE_URL", url)

    findings = await doctor(code=1)

    assert "does not answer" in told(findings, "fail", "database")
    assert not [each for each in findings if each["check"] == "migrations"]


async def test_pending_migrations_are_told(here: PreparedDatabase) -> None:
    await downgrade(here.owner_url, here.plugins, to="0008")

    assert "patron migrate" in told(await doctor(code=1), "fail", "migrations")


async def test_a_missing_index_is_told(here: PreparedDatabase) -> None:
    await as_owner(here, "DROP INDEX ix_job_run_due")

    assert "ix_job_run_due is not there" in told(await doctor(code=1), "fail", "indexes")


async def test_a_misspelt_variable_and_careless_settings_are_told(
    here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATRON_METRIC_TOKEN", "a-secret-that-is-not-shown")
    monkeypatch.setenv("PATRON_OUTBOUND_LOOPBACK", "true")
    monkeypatch.setenv("PATRON_ALLOWED_ORIGINS", "http://shop.example.com")
    monkeypatch.setenv("PATRON_LOG_LEVEL", "debug")
    monkeypatch.delenv("PATRON_AUDIT_ANCHOR_FILE")

    findings = await doctor()
    text = told(findings, "warn", "settings")

    for words in (
        "Did you mean PATRON_METRICS_TOKEN?",
        "PATRON_OUTBOUND_LOOPBACK",
        "http://shop.example.com",
        "PATRON_LOG_LEVEL",
        "PATRON_AUDIT_ANCHOR_FILE",
    ):
        assert words in text
    assert "a-secret-that-is-not-shown" not in str(findings)


async def test_a_plugin_that_cannot_be_loaded_is_told(here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_PLUGINS", "nonesuch")

    assert "nonesuch" in told(await doctor(code=1), "fail", "plugins")


async def test_work_that_waits_and_work_that_failed_are_told(here: PreparedDatabase) -> None:
    def runs(uow: UnitOfWork) -> None:
        for status in (JobRunStatus.WAITING, JobRunStatus.PARKED):
            uow.add(JobRun(name="test.run", status=status, due_at=uow.now, arguments={}, state={}))

    await here.do(runs)

    text = told(await doctor(), "warn", "work")

    assert "jobs: the oldest has waited for" in text
    assert "1 runs of jobs are parked" in text


async def test_a_wrong_master_key_is_told(here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_MASTER_KEY", "short")

    assert told(await doctor(code=1), "fail", "master key")


# -- PostgreSQL


async def test_roles_that_see_too_much_or_nothing_are_told(
    here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    if here.dialect == "sqlite":
        return
    monkeypatch.setenv("PATRON_RELAY_DATABASE_URL", here.owner_url)
    monkeypatch.setenv("PATRON_AUDIT_DATABASE_URL", here.url)
    text = told(await doctor(code=1), "fail", "roles")
    assert "sees every row of every table" in text
    assert "stands for patron_audit and has other rights" in text

    monkeypatch.setenv("PATRON_RELAY_DATABASE_URL", "postgresql://patron_relay@127.0.0.1:1/none")
    assert "nobody can connect as patron_relay" in told(await doctor(code=1), "fail", "roles")

    monkeypatch.delenv("PATRON_RELAY_DATABASE_URL")
    monkeypatch.delenv("PATRON_AUDIT_DATABASE_URL")
    text = told(await doctor(), "warn", "roles")
    assert "PATRON_RELAY_DATABASE_URL" in text
    assert "PATRON_AUDIT_DATABASE_URL" in text


async def test_a_role_that_row_security_does_not_bind_is_told(
    here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    if here.dialect == "sqlite":
        return
    monkeypatch.setenv("PATRON_DATABASE_URL", here.owner_url)

    assert told(await doctor(code=1), "fail", "row security")


async def test_a_clock_that_differs_is_told(here: PreparedDatabase) -> None:
    if here.dialect == "sqlite":
        return
    for seconds, level in ((10, "warn"), (-100, "fail")):
        clock = FixedClock(SystemClock().now() + dt.timedelta(seconds=seconds))
        found = [each async for each in look(here, clock)]
        assert [each.level for each in found if each.check == "clock"] == [level]


def look(here: PreparedDatabase, clock: FixedClock) -> AsyncIterator[Finding]:
    return examined(here.settings, {}, clock=clock)


def test_a_database_on_another_host_wants_a_certificate() -> None:
    assert is_open("postgresql+asyncpg://patron_app@db.example.com/patron")
    assert is_open("postgresql+asyncpg://patron_app@db.example.com/patron?ssl=require")
    assert not is_open("postgresql+asyncpg://patron_app@db.example.com/patron?ssl=verify-full")
    assert not is_open("postgresql+asyncpg://patron_app@localhost/patron")


# -- SQLite


async def test_a_damaged_file_is_told(here: PreparedDatabase) -> None:
    if here.dialect == "postgresql":
        return
    await here.database.close()
    damage(sqlite_path(here.url))

    assert "Restore a backup" in told(await doctor(code=1), "fail", "database")


def damage(place: Path) -> None:
    size = place.stat().st_size
    with place.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 4096)


async def test_a_disk_that_is_full_is_told(here: PreparedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    if here.dialect == "postgresql":
        return
    for free, level, code in ((1_000_000, "fail", 1), (500_000_000, "warn", 0)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: Usage(10**12, 10**12 - free, free))
        assert "Make room" in told(await doctor(code=code), level, "disk")


async def as_owner(here: PreparedDatabase, statement: str) -> None:
    if here.dialect == "sqlite":
        connection: Any = pysqlite3.connect(sqlite_path(here.url))
        connection.execute(statement)
        connection.commit()
        connection.close()
        return
    owner = await asyncpg.connect(asyncpg_url(here.owner_url))
    try:
        await owner.execute(statement)
    finally:
        await owner.close()
