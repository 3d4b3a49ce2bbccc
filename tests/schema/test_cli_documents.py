"""`patron documents`: files of clients are registered whole or not at all, with every problem at its line."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from patron_schema.cli import app

VIEWER = "query Viewer {\n  viewer { kind }\n}\n"
BAD = "query Bad {\n  viewer { kind }\n  nothing\n}\n"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for documents, beside a database with the tenant Pillows."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATRON_DATABASE_URL", f"sqlite:///{tmp_path}/patron.db")
    monkeypatch.setenv("PATRON_PLUGINS", "")
    monkeypatch.setenv("COLUMNS", "300")
    run("migrate")
    run("tenant", "create", "Pillows")
    made = tmp_path / "queries"
    (made / "orders").mkdir(parents=True)
    return made


def run(*arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def register(folder: Path, *options: str, code: int = 0) -> Any:
    return run("documents", "register", str(folder), "--tenant", "Pillows", *options, code=code)


def listed() -> list[list[str]]:
    return [row.split("\t")[:3] for row in run("documents", "list", "--tenant", "Pillows").stdout.splitlines()]


def test_a_folder_is_registered_and_a_second_time_changes_nothing(folder: Path) -> None:
    (folder / "viewer.graphql").write_text(VIEWER)
    (folder / "orders" / "open.gql").write_text("query A { viewer { kind } }\nquery B { viewer { tenantName } }")
    (folder / "notes.txt").write_text("not a document")

    first = register(folder)
    again = register(folder)

    assert first.stdout == again.stdout
    assert f"sha256:{sha(VIEWER)}\tViewer\tviewer.graphql" in first.stdout.splitlines()
    assert "2 registered, 0 were already." in first.stderr
    assert "0 registered, 2 were already." in again.stderr
    assert [row[1:] for row in listed()] == [["A B", "open.gql"], ["Viewer", "viewer.graphql"]]


def test_files_may_be_named_by_their_path(folder: Path) -> None:
    (folder / "orders" / "open.graphql").write_text(VIEWER)

    assert register(folder, "--by-name").stdout == "orders.open\tViewer\topen.graphql\n"


def test_nothing_is_registered_where_something_is_wrong(folder: Path) -> None:
    (folder / "a.graphql").write_text(VIEWER)
    (folder / "b.graphql").write_text(BAD)
    (folder / "c.graphql").write_text("query C {\n\n  viewer {{ }")
    (folder / "d.json").write_text('{"x":\n nothing}')
    (folder / "e.graphql").write_text("{ a " * 11 + "}" * 11)

    result = register(folder, code=1)

    assert "b.graphql:3: Cannot query field 'nothing' on type 'Query'." in result.stderr
    assert "c.graphql:3: The query is not GraphQL." in result.stderr
    assert "d.json:2: It cannot be read" in result.stderr
    assert "e.graphql: The limit on depth is exceeded." in result.stderr
    assert "Nothing was registered." in result.stderr
    assert listed() == []

    kept = register(folder, "--keep-going", code=1)
    assert "1 registered, 0 were already." in kept.stderr
    assert [row[2] for row in listed()] == ["a.graphql"]


LISTS: dict[str, Any] = {
    "codegen": {sha(VIEWER): VIEWER, "0a" * 20: "{ viewer { kind } }"},
    "relay": {"d41d8cd98f00b204e9800998ecf8427e": VIEWER},
    "apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": sha(VIEWER), "name": "Viewer", "type": "query", "body": VIEWER}],
    },
}


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_lists_of_clients_compilers_are_read(folder: Path, kind: str) -> None:
    file = folder / "persisted-documents.json"
    file.write_text(json.dumps(LISTS[kind]))

    ids = {row.split("\t")[0] for row in register(file).stdout.splitlines()}

    assert (
        ids
        == {
            "codegen": {f"sha256:{sha(VIEWER)}", "0a" * 20},
            "relay": {"d41d8cd98f00b204e9800998ecf8427e"},
            "apollo": {f"sha256:{sha(VIEWER)}"},
        }[kind]
    )


def test_a_problem_in_a_list_names_its_document(folder: Path) -> None:
    (folder / "list.json").write_text(json.dumps({"good": VIEWER, "bad": BAD}))

    assert "list.json#bad:3: Cannot query field" in register(folder, code=1).stderr


def test_files_without_an_operation_are_passed_over(folder: Path) -> None:
    (folder / "viewer.graphql").write_text(VIEWER)
    (folder / "part.graphql").write_text("fragment F on Viewer { kind }")
    (folder / "package.json").write_text('{"name": "client", "private": true}')

    result = register(folder)

    assert "Passed over: part.graphql has fragments but no operation." in result.stderr
    assert "Passed over: package.json is no list of documents." in result.stderr
    assert "1 registered" in result.stderr


def test_an_id_that_stands_for_another_text_is_refused(folder: Path) -> None:
    file = folder / "a.graphql"
    file.write_text(VIEWER)
    register(folder, "--by-name")

    file.write_text("{ viewer { kind } }")

    assert "The id a stands for another text." in register(folder, "--by-name", code=1).stderr


def test_a_document_is_removed(folder: Path) -> None:
    (folder / "a.graphql").write_text(VIEWER)
    register(folder)

    assert "1 removed." in run("documents", "remove", sha(VIEWER), "--tenant", "Pillows").stderr
    assert listed() == []
    assert "There is no such document" in run("documents", "remove", "x", "--tenant", "Pillows", code=1).stderr
