"""Settings: each PATRON_* variable, its default, and the one spelling of a database URL."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from patron_core.address import asyncpg_url, dialect_of, normalise, sqlite_path
from patron_core.customers.models import EngagementMode
from patron_core.settings import Settings


def test_defaults_serve_a_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()

    assert settings.database_url == "sqlite:///./patron.db"
    assert (settings.mode, settings.plugins) == (EngagementMode.HYBRID, None)
    assert settings.owner_url == settings.database_url


def test_variables_of_the_environment_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PATRON_DATABASE_URL": "postgres://patron_app@localhost/crm",
        "PATRON_MIGRATION_DATABASE_URL": "postgresql://owner@localhost/crm",
        "PATRON_MODE": "TRANSACTION",
        "PATRON_PLUGINS": "retail, banking",
        "PATRON_MAX_DEPTH": "7",
        "PATRON_RETAIL_ANYTHING": "a plugin's own",
    }.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert settings.database_url == "postgresql+asyncpg://patron_app@localhost/crm"
    assert settings.owner_url == "postgresql+asyncpg://owner@localhost/crm"
    assert (settings.mode, settings.plugins, settings.max_depth) == (
        EngagementMode.TRANSACTION,
        ("retail", "banking"),
        7,
    )


def test_no_plugins_at_all_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_PLUGINS", "")

    assert Settings().plugins == ()


@pytest.mark.parametrize(
    ("name", "value"), [("max_depth", 0), ("deadline_seconds", -1), ("mode", "both"), ("database_url", "mysql://x/y")]
)
def test_a_value_that_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name: value})


@pytest.mark.parametrize(
    "url", ["postgresql://a:b%40c@h:5/d?x=1", "postgres://a:b%40c@h:5/d?x=1", "postgresql+asyncpg://a:b%40c@h:5/d?x=1"]
)
def test_every_spelling_of_postgresql_means_asyncpg(url: str) -> None:
    assert normalise(url) == "postgresql+asyncpg://a:b%40c@h:5/d?x=1"
    assert asyncpg_url(url) == "postgresql://a:b%40c@h:5/d?x=1"
    assert dialect_of(url) == "postgresql"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite", "mysql://h/d", "nonsense"])
def test_a_url_that_names_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Write sqlite:///"):
        normalise(url)


def test_the_file_of_a_sqlite_url() -> None:
    assert str(sqlite_path("sqlite:////tmp/a b.db")) == "/tmp/a b.db"
    assert sqlite_path("sqlite:///./patron.db").is_absolute()
