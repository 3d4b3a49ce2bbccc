"""A field that a whole list may be filtered or ordered by has an index, or its model says why not; else the start-up warns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from patron_core.cases.models import CaseChange
from patron_core.customers.models import Customer, EngagementMode, LifecycleChange
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.list_indexes import leading_columns, without_index
from patron_core.parties.models import ContactMedium, Party, Person
from patron_core.plugins import Plugins
from patron_core.records import records
from patron_core.relationships.models import RelationshipType
from patron_schema.app import create_app
from patron_schema.compose import build_schema, compose, core_contributions
from patron_schema.compose.list_indexes import list_index_warnings
from patron_schema.hookspecs import SchemaHooks, load_plugins
from patron_schema.plugin import Contribution
from patron_schema.testing.databases import PreparedDatabase


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Contribution]:
    """A plugin whose list may be ordered by what no index leads to, of a model that gives no reason."""
    monkeypatch.setattr(CaseChange, "without_index", ())
    sys.path.insert(0, str(Path(__file__).parent))
    import plugin_without_index

    yield Contribution(types=[plugin_without_index.PhaseChange], extensions=[plugin_without_index.Roots])
    sys.path.pop(0)


def test_no_bundled_list_is_read_through() -> None:
    assert list_index_warnings(build_schema(load_plugins(None), EngagementMode.HYBRID).catalog) == ()


def test_a_column_without_index_is_named_with_plugin_model_and_fix(careless: Contribution) -> None:
    [warning] = list_index_warnings(compose({"core": [*core_contributions()], "stages": [careless]}).catalog)

    assert warning == (
        "Plugin 'stages': patron_core.cases.models.CaseChange.occurred_at has no index. `phaseChanges` may be "
        "filtered and ordered by it, and a list of a million rows is read through. Write `index=True` in its column(…), or "
        '`without_index = (("occurred_at", "why"),)` in the model.'
    )


def test_a_service_warns_when_it_starts(database: PreparedDatabase, careless: Contribution) -> None:
    class Stages:
        __name__ = "patron_stages.plugin"

        @hookimpl
        def patron_manifest(self) -> Manifest:
            return Manifest(name="stages", version="1", core_range=">=0.0.0.dev0", label="Stages")

        @hookimpl
        def patron_types(self) -> Any:
            yield careless

    for plugins, expected in (
        (Plugins.of([Stages()], specs=(SchemaHooks,)), 1),
        (Plugins.of({}, specs=(SchemaHooks,)), 0),
    ):
        with capture_logs() as logs, TestClient(create_app(settings=database.settings, plugins=plugins)):
            pass
        warned = [entry for entry in logs if entry["event"] == "column_without_index"]
        assert [entry["log_level"] for entry in warned] == ["warning"] * expected


def test_a_key_an_index_and_a_reason_each_serve() -> None:
    assert {"id", "owner", "party_id", "lifecycle_stage"} <= leading_columns(Customer)
    assert without_index(Customer, ["owner", "since", "created_at", "version"]) == ("version",)
    assert without_index(RelationshipType, ["forward_name", "whatever"]) == ()
    assert without_index(Person, ["family_name", "given_name", "legal_name"]) == ()
    assert without_index(LifecycleChange, ["reason", "occurred_at", "reason"]) == ("reason",)


def test_an_index_of_some_rows_does_not_count() -> None:
    assert "kind" not in leading_columns(ContactMedium)
    assert "party_id" in leading_columns(ContactMedium)


def test_reasons_name_columns_there_are() -> None:
    for model in records():
        known = {column.name for column in model.__table__.columns} | {"*"}
        for names, reason in model.without_index:
            assert set(names.split()) <= known, f"{model.__name__}: {names}"
            assert reason.endswith("."), f"{model.__name__}: {reason}"
    assert {"kind", "display_name"} <= {column.name for column in Party.__table__.columns}
