"""The rules of the house that no linter knows: what plugins may use, who knows SQL dialects, how long a room may be."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = sorted(path for path in (ROOT / "plugins").iterdir() if (path / "pyproject.toml").exists())
PACKAGES = [ROOT / "core" / "patron_core", ROOT / "schema" / "patron_schema"]
PACKAGES += [plugin / f"patron_{plugin.name}" for plugin in PLUGINS]
ROOMS = sorted(
    file for package in PACKAGES for file in package.rglob("*.py") if file.parent.name != "versions"
)  # a revision is as long as the tables it makes
MOST_LINES = 450

# What a vendor may import from patron_schema; a bundled plugin uses nothing else.
PUBLIC_ROOMS = (
    "declare",
    "hookspecs",
    "mutations",
    "nodes",
    "nodes",
    "plugin",
    "scalars",
    "testing",
    "types",
)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_says_what_it_is_for_and_is_not_too_long(room: Path) -> None:
    source = room.read_text()

    assert ast.get_docstring(ast.parse(source)), "it opens with one to five lines that say what it is for"
    assert source.count("\n") <= MOST_LINES, "it is split by noun or by command"


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_imports_only_what_a_vendor_may(plugin: Path) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((plugin / f"patron_{plugin.name}").rglob("*.py"))
        for name in _imports(file)
        if name.startswith("patron_schema") and name.split(".")[1:2] not in [[room] for room in PUBLIC_ROOMS]
    ]

    assert wrong == []


def test_in_the_planner_only_sql_knows_dialects_and_only_execution_holds_connections() -> None:
    planner = ROOT / "schema" / "patron_schema" / "planner"
    rooms = {"sqlalchemy.dialects": "sql", "asyncpg": "execution", "pysqlite3": "execution"}

    wrong = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted(planner.rglob("*.py"))
        for name in _imports(file)
        for library, room in rooms.items()
        if (name + ".").startswith(library + ".") and file.relative_to(planner).with_suffix("").parts[0] != room
    ]

    assert wrong == []


def test_every_package_is_typed() -> None:
    assert [package.name for package in PACKAGES if not (package / "py.typed").exists()] == []


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_pins_one_name_and_registers_its_table_of_contents(plugin: Path) -> None:
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]

    ours = [need for need in project["dependencies"] if need.startswith("patron")]

    assert project["name"] == f"patron-{plugin.name}"
    assert [need.partition("=")[0] for need in ours] == ["patron"]
    assert project["entry-points"]["patron.plugins"] == {plugin.name: f"patron_{plugin.name}.plugin"}


def test_constraints_hold_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()

    wrong = [line for line in lines if not line.startswith("#") and ("==" not in line or "/" in line or "@" in line)]

    assert wrong == []


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from patron_schema import planner` names a room as well as `from patron_schema.planner import plan` does.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
