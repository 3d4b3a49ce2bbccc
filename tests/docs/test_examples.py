"""Everything the README and the docs show is run: operations with their answers, requests, commands, Python.

Pages on demo data run on the demo's SQLite database with a clock that stands still, others on an empty tenant of each
database. `pytest tests/docs --update` writes the answers that differ into the pages.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.docs.answers import Ids, difference, layout
from tests.docs.pages import ROOT, Block, Page, blocks_of, read_page, rewritten
from tests.docs.stories import Setting, Story, commands, matches

from patron_core.access.keys import KeyText
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.database import open_database
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.values import FixedClock
from patron_schema.demo import TENANTS, build_demo, demo_settings
from patron_schema.testing.databases import NOON, PreparedDatabase
from patron_schema.testing.service import Patron, open_patron

#: Pages with a test of their own, which does what they say.
ELSEWHERE = {"docs/writing-a-plugin.md"}
PAGES = [
    read_page(str(path.relative_to(ROOT)))
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if str(path.relative_to(ROOT)) not in ELSEWHERE
]


def pages(data: str) -> list[Page]:
    """The pages with blocks to run on some kind of data."""
    return [page for page in PAGES if page.data.startswith(data)]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, loaded_plugins: Plugins) -> tuple[Path, dict[str, str]]:
    """The demo, built once with a clock that stands still; its folder and its keys."""
    folder = tmp_path_factory.mktemp("demo")
    keys = build_demo(folder, loaded_plugins, clock=FixedClock(NOON), report=lambda _: None)
    return folder, dict(keys)


@pytest_asyncio.fixture
async def demo_setting(
    demo: tuple[Path, dict[str, str]], request: pytest.FixtureRequest, loaded_plugins: Plugins, tmp_path: Path
) -> AsyncIterator[Setting]:
    """A copy of the demo, as one of its tenants."""
    folder, keys = demo
    shutil.copyfile(folder / "patron-demo.db", tmp_path / "patron-demo.db")
    key = keys[request.param]
    settings = demo_settings(tmp_path)
    text = KeyText.parse(key)
    assert text is not None
    prepared = PreparedDatabase(
        "sqlite", open_database(settings), settings.database_url, settings.database_url, loaded_plugins
    )
    prepared.tenant_id = text.tenant_id
    prepared.actor = Actor(text.tenant_id, "demo", "user", roles=(ADMINISTRATOR,), purpose="TREAT")
    patron = open_patron(prepared)
    yield Setting(patron, key, _empty(tmp_path))
    await patron.reader.close()
    await prepared.database.close()


@pytest.mark.parametrize(
    ("demo_setting", "page"),
    [(page.data.split()[1], page) for page in pages("demo")],
    indirect=["demo_setting"],
    ids=[page.name for page in pages("demo")],
)
async def test_examples_on_the_demo(demo_setting: Setting, page: Page, pytestconfig: pytest.Config) -> None:
    await tell(page, demo_setting, update=pytestconfig.getoption("--update"))


@pytest.mark.parametrize("demo_setting", [tenant.key for tenant in TENANTS], indirect=True)
async def test_the_demos_contributions_are_what_its_ledger_says(demo_setting: Setting) -> None:
    months = [NOON.replace(year=NOON.year - (month > NOON.month), month=month, day=1) for month in range(1, 13)]
    asked = "".join(
        f'{day:m%m}: profitCheck(month: "{day:%Y-%m-%d}", currency: "EUR") {{ holds ledgerRows }} ' for day in months
    )

    checks = (await demo_setting.patron.data(f"{{ {asked} }}")).values()

    assert all(check["holds"] for check in checks)
    assert sum(check["ledgerRows"] for check in checks) > 20


@pytest.mark.parametrize("page", pages("empty"), ids=lambda page: page.name)
async def test_examples_from_nothing(patron: Patron, page: Page, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    setting = Setting(patron, await patron.prepared.key(), _empty(tmp_path))

    await tell(page, setting, update=pytestconfig.getoption("--update"))


@pytest.mark.parametrize("page", [page for page in PAGES if not page.data], ids=lambda page: page.name)
async def test_pages_without_data_show_no_operations(page: Page, tmp_path: Path) -> None:
    story = Story(page, Setting(None, "", _empty(tmp_path)))  # type: ignore[arg-type]

    asked = [block.line for block in page.blocks if block.language in ("graphql", "http", "sql")]
    assert asked == [], f"{page.name} shows operations and does not say on which data: <!-- examples: empty -->"
    await story.run()
    assert story.wrong == []


async def tell(page: Page, setting: Setting, *, update: bool) -> None:
    """Runs a page; fails with everything that is wrong, or mends its answers."""
    story = Story(page, setting)
    await story.run()
    if update and story.corrected:
        page.path.write_text(rewritten(page.path.read_text(encoding="utf-8"), story.corrected), encoding="utf-8")
    else:
        assert story.wrong == [], "\n".join(story.wrong)


def _empty(folder: Path) -> Path:
    (folder / "console").mkdir()
    return folder / "console"


# -- the tests can fail


def page_of(text: str) -> Page:
    return Page("made-up.md", "empty", tuple(blocks_of(text)))


async def problems(text: str, patron: Patron, folder: Path) -> list[str]:
    story = Story(page_of(text), Setting(patron, await patron.prepared.key(), _empty(folder)))
    await story.run()
    return story.wrong


VIEWER = "```graphql\n{ viewer { tenantName } }\n```\n"


async def test_a_right_answer_passes_and_a_wrong_one_is_found(patron: Patron, tmp_path: Path) -> None:
    right = VIEWER + '```json\n{ "data": { "viewer": { "tenantName": "Pillows" } } }\n```\n'
    (tmp_path / "second").mkdir()

    assert await problems(right, patron, tmp_path) == []
    assert await problems(right.replace("Pillows", "Cushions"), patron, tmp_path / "second") == [
        "made-up.md:4: answer.data.viewer.tenantName is 'Pillows', the page has 'Cushions'"
    ]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```graphql later\n{ viewer { kind } }\n```\n", "nobody knows what"),
        ('```json\n{ "data": null }\n```\n', "there is no operation above"),
        ("```graphql sdl\ntype Customer { displayName: Int! }\n```\n", "Customer.displayName is String!"),
        ("```console\n$ false\n```\n", "ended with 1"),
        ("```console\n$ echo one\ntwo\n```\n", "printed"),
        ("```console not run: long\n$ make coffee\n```\n", "no such target"),
        ("```http\nGET /graphql HTTP/1.1\n```\n```http\nHTTP/1.1 200 OK\n\n{}\n```\n", "the status is 401"),
    ],
)
async def test_what_is_wrong_in_a_page_is_said(text: str, said: str, patron: Patron, tmp_path: Path) -> None:
    found = await problems(text, patron, tmp_path)

    assert said in "\n".join(found)


ONE = "cus_01959a3c-0000-7000-8000-000000000001"
TWO = "cus_01959a3c-0000-7000-8000-000000000002"
OTHER = "txn_01959a3c-0000-7000-8000-000000000001"


def test_an_id_of_the_page_stands_for_one_id_of_the_run() -> None:
    ids = Ids()

    assert difference([ONE, ONE, f"{ONE}.abc"], [TWO, TWO, f"{TWO}.abc"], ids) is None
    assert ids.to_actual(f"id: {ONE}") == f"id: {TWO}"
    assert ids.to_shown(f"id: {TWO}") == f"id: {ONE}"
    assert difference(ONE, ONE, ids) is not None
    assert difference(OTHER, ONE, Ids()) is not None


@pytest.mark.parametrize(
    ("shown", "actual"),
    [({"a": 1}, {"a": True}), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1], [1, 2]), ("2.50", 2.5), (None, {})],
)
def test_what_differs_is_found(shown: object, actual: object) -> None:
    assert difference(shown, actual, Ids()) is not None


def test_commands_are_told_from_their_output() -> None:
    assert commands("$ one \\\n  two\nout\n$ three\n") == [("one    two", "out\n"), ("three", "")]
    assert matches("a … c\n…\nend", "a b c\n1\n2\nend\n")
    assert not matches("a … c", "a b d\n")


def test_an_answer_is_written_back_into_its_block() -> None:
    text = "before\n```json\n{}\n```\nafter\n"

    assert rewritten(text, {2: layout({"data": {"n": 1}}) + "\n"}) == (
        'before\n```json\n{\n  "data": {"n": 1}\n}\n```\nafter\n'
    )
    assert blocks_of(text) == [Block("json", 2, "{}\n")]
