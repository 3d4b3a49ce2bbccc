"""How an answer was made is shown to those who may see it and ask for it, and never with a value; the command line shows the same."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from patron_core.errors import Forbidden
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.cli import app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

QUERY = """query ($name: String!) {
  customers(first: 2, where: { displayName: { eq: $name }, owner: { ne: "Zebedee" } }) { nodes { id } }
  parties(first: 3) { totalCount }
}"""
SECRET = {"name": "Xanthippe"}
CREATE = """mutation {
  customerCreate(input: { person: { givenName: "Xanthippe", familyName: "Stone" }, kind: B2C }) {
    customer { id displayName } userErrors { code }
  }
}"""
ON = {"patron-explain": "true"}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


def with_scopes(actor: Actor, *scopes: str) -> Actor:
    return Actor(actor.tenant_id, "somebody", "user", scopes=scopes)


async def explained(patron: Patron, query: str, variables: Any = None, **options: Any) -> dict[str, Any]:
    shown: dict[str, Any] = await patron.gateway.explain(patron.request(query, variables), **options)
    return shown


async def test_an_answer_is_explained_where_the_header_asks(
    database: PreparedDatabase, loaded_plugins: Plugins
) -> None:
    key = {"authorization": f"Bearer {await database.key()}"}
    with TestClient(create_app(settings=database.settings, plugins=loaded_plugins)) as client:
        asked = {"query": QUERY, "variables": SECRET}
        answers = [
            client.post("/graphql", json=asked, headers=key | more).json()
            for more in (ON, {}, ON, {"patron-explain": "false"})
        ]

    first, plain, again, off = answers
    assert [set(answer["extensions"]) for answer in answers] == [
        {"cost", "explain"},
        {"cost"},
        {"cost", "explain"},
        {"cost"},
    ]
    assert {**first, "extensions": plain["extensions"]} == plain == off
    shown = first["extensions"]["explain"]
    assert (shown["path"], shown["statements"], shown["hidden"]) == ("fast", 2, [])
    assert (shown["planFromCache"], again["extensions"]["explain"]["planFromCache"]) == (False, True)
    assert shown["cost"] == first["extensions"]["cost"]
    assert [field["field"] for field in shown["fields"]] == ["customers", "parties"]
    assert sum(field["cost"]["requested"] for field in shown["fields"]) == shown["cost"]["requested"]


async def test_no_value_is_explained(patron: Patron) -> None:
    text = json.dumps(await explained(patron, QUERY, SECRET, database_plan=True))

    assert "Xanthippe" not in text
    assert "Zebedee" not in text
    assert str(patron.prepared.tenant_id) not in text


async def test_who_may_not_see_it_is_refused_before_anything_runs(patron: Patron) -> None:
    request = patron.request(CREATE, actor=with_scopes(patron.prepared.actor, "party:*", "customer:*"))

    with pytest.raises(Forbidden) as refusal:
        await patron.gateway.explain(request)

    assert "operation:explain" in refusal.value.message
    assert (await patron.data("{ customers { totalCount } }"))["customers"]["totalCount"] == 0


async def test_a_scope_is_enough_to_see_it(patron: Patron) -> None:
    request = patron.request(
        "{ customers { nodes { id } } }", actor=with_scopes(patron.prepared.actor, "operation:explain", "customer:read")
    )

    assert (await patron.gateway.explain(request))["statements"] == 1


async def test_another_value_of_the_header_is_refused(database: PreparedDatabase, loaded_plugins: Plugins) -> None:
    key = {"authorization": f"Bearer {await database.key()}"}
    with TestClient(create_app(settings=database.settings, plugins=loaded_plugins)) as client:
        answer = client.get("/graphql?query={viewer{id}}", headers=key | {"patron-explain": "yes"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("`Patron-Explain` has another value.")


async def test_the_general_path_is_explained_too(patron: Patron) -> None:
    shown = await explained(patron, "{ customers { nodes { id } } viewer { kind } }")

    assert shown["path"] == "general"
    assert shown["cost"]["actual"] == 2
    assert [(field["field"], sorted(field["parameters"])) for field in shown["fields"]] == [
        ("customers", ["bigint", "uuid"])
    ]


async def test_a_mutation_is_planned_and_not_run(patron: Patron) -> None:
    shown = await explained(patron, CREATE)

    assert [field["field"] for field in shown["fields"]] == ["customerCreate.customer"]
    assert shown["cost"]["actual"] is None
    assert (await patron.data("{ customers { totalCount } }"))["customers"]["totalCount"] == 0


async def test_a_mutation_over_http_runs_and_is_explained(database: PreparedDatabase, loaded_plugins: Plugins) -> None:
    key = {"authorization": f"Bearer {await database.key()}"}
    with TestClient(create_app(settings=database.settings, plugins=loaded_plugins)) as client:
        answer = client.post("/graphql", json={"query": CREATE}, headers=key | ON).json()

    assert answer["data"]["customerCreate"]["userErrors"] == []
    assert answer["extensions"]["cost"]["actual"] == 2
    assert [f["cost"]["actual"] for f in answer["extensions"]["explain"]["fields"]] == [1]


async def test_the_databases_own_plan_is_told(patron: Patron) -> None:
    shown = await explained(patron, QUERY, SECRET, database_plan=True)

    plans = ["\n".join(field["databasePlan"]) for field in shown["fields"]]

    wanted = "SEARCH" if patron.prepared.dialect == "sqlite" else "Scan"
    assert all(wanted in plan for plan in plans), plans
    assert await patron.data(QUERY, SECRET)  # the connection still serves


# -------------------------------------------------------------------------------- on the command line


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database, a query and its variables."""
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATRON_DATABASE_URL", f"sqlite:///{tmp_path}/patron.db")
    monkeypatch.setenv("PATRON_PLUGINS", "")
    (tmp_path / "query.graphql").write_text(QUERY)
    (tmp_path / "variables.json").write_text(json.dumps(SECRET))
    for words in (["migrate"], ["tenant", "create", "Pillows Ltd"]):
        assert CliRunner().invoke(app, words).exit_code == 0
    return tmp_path


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["explain", *words])


def test_the_command_prints_plan_statement_and_cost(shop: Path) -> None:
    result = run(
        f"{shop}/query.graphql", "--variables", f"{shop}/variables.json", "--tenant", "Pillows Ltd", "--database-plan"
    )

    assert result.exit_code == 0, result.output
    for wanted in ("path: fast, plan: made now, statements: 2", "requested 4, actual 2, limit 5000", "customers",
                   "page of Customer", "FROM customer", "SEARCH t"):  # fmt: skip
        assert wanted in result.output
    assert "Xanthippe" not in result.output


def test_the_command_prints_what_the_header_shows(shop: Path) -> None:
    result = run(f"{shop}/query.graphql", "--variables", f"{shop}/variables.json", "--tenant", "Pillows Ltd", "--json")

    shown = json.loads(result.stdout)
    assert {"path", "planFromCache", "statements", "cost", "hidden", "fields"} <= set(shown)
    assert set(shown["fields"][0]) == {"field", "cost", "plan", "sql", "parameters"}


@pytest.mark.parametrize(("words", "wanted"), [
    (("--variables", "query.graphql"), "is not JSON"),
    (("--tenant", "Nobody"), "There is no such tenant"),
    ((), "variable"),
])  # fmt: skip
def test_the_command_says_what_is_wrong(shop: Path, words: tuple[str, ...], wanted: str) -> None:
    given = [f"{shop}/{word}" if word.endswith(".graphql") else word for word in words]

    result = run(f"{shop}/query.graphql", "--tenant", "Pillows Ltd", *given)

    assert result.exit_code != 0
    assert wanted in " ".join(result.output.split())
    assert "Traceback" not in result.output
