"""The GraphiQL page in a real browser: the key, the example tabs, subscriptions, and that it asks nobody else.

Most tests run against a small Strawberry schema whose refusals and subscriptions are known; the example tabs are run
against the whole of Patron, which is the fixture `app_server`. The browser is Debian's
chromium or what PATRON_CHROMIUM names; PATRON_SCREENSHOTS names a folder to keep the pictures in.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import strawberry
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from tests.schema.loopback import AppServer, served

from patron_schema.graphiql import Example, build, graphiql_routes

pytestmark = pytest.mark.browser

KEY = "pk_test_4f9d8a21c07b"
ENDPOINT = "/graphql"
WAIT = 20_000  # milliseconds, on a machine that does other work meanwhile
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# ------------------------------------------------------------------------------------------- a small server to look at


@strawberry.type(description="A person or an organization that we do business with.")
class Customer:
    id: strawberry.ID
    display_name: str = strawberry.field(description="The name to show.")
    lifecycle_stage: str


CUSTOMERS = [
    Customer(id=strawberry.ID("cus_1"), display_name="Ada Lovelace", lifecycle_stage="CUSTOMER"),
    Customer(id=strawberry.ID("cus_2"), display_name="Grace Hopper", lifecycle_stage="PROSPECT"),
    Customer(id=strawberry.ID("cus_3"), display_name="Acme Analytical Engines Ltd", lifecycle_stage="CUSTOMER"),
]


@strawberry.type
class Query:
    @strawberry.field(description="All customers, or the first few.")
    def customers(self, first: int = 20) -> list[Customer]:
        return CUSTOMERS[:first]

    @strawberry.field(description="The picture of a customer, somewhere else.")
    def picture(self) -> str:
        return "https://outside.invalid/ada.png"


@strawberry.type
class Subscription:
    @strawberry.subscription(description="Each customer as it changes.")
    async def customer_changed(self) -> AsyncIterator[Customer]:
        for customer in CUSTOMERS:
            await asyncio.sleep(0)
            yield customer


EXAMPLES = (
    Example(
        "Customers",
        "query Customers($first: Int!) {\n  customers(first: $first) {\n    id\n    displayName\n  }\n}\n",
        '{"first": 2}',
    ),
    Example("Stages of customers", "{\n  customers {\n    displayName\n    lifecycleStage\n  }\n}\n"),
    Example(
        "Customers as they change", "subscription CustomersChange {\n  customerChanged {\n    displayName\n  }\n}\n"
    ),
    Example("A picture", "query Picture {\n  picture\n}\n", owner="retail"),
    Example("Loyalty tiers", "query Tiers { loyaltyMembers { tier } }", owner="hospitality"),
)


class SmallGraphQL(GraphQL[None, None]):
    async def on_ws_connect(self, context: Any) -> Any:
        if (context["connection_params"] or {}).get("authorization") != f"Bearer {KEY}":
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)


def small_app(*, refused: threading.Event) -> Starlette:
    """Takes one key; none at all once `refused` is set."""
    graphql = SmallGraphQL(strawberry.Schema(Query, subscription=Subscription), graphql_ide=None)

    async def endpoint(request: Request) -> Response:
        if refused.is_set() or request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"errors": [{"message": "No such key."}]}, status_code=401)
        return await graphql.run(request)

    page = graphiql_routes(endpoint=ENDPOINT, subscriptions=ENDPOINT, examples=lambda: EXAMPLES)
    routes: list[BaseRoute] = [Route(ENDPOINT, endpoint, methods=["POST"]), WebSocketRoute(ENDPOINT, graphql), *page]
    return Starlette(routes=routes)


@pytest.fixture(scope="session")
def refused() -> threading.Event:
    return threading.Event()


@pytest.fixture(scope="session")
def small_server(refused: threading.Event) -> Iterator[AppServer]:
    build.build_bundle()
    with served(small_app(refused=refused)) as url:
        yield AppServer(url=url, key=KEY)


# --------------------------------------------------------------------------------------------- the browser and the page


@pytest.fixture(scope="module")
def browser(app_server: AppServer) -> Iterator[Browser]:
    """The browser, after the application: while playwright runs in this thread, no other loop can."""
    assert app_server
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("PATRON_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("No chromium is installed: `apt-get install chromium`, or name one in PATRON_CHROMIUM.")
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Explorer:
    """The page as its reader uses it, and everything it did that it should not have."""

    page: Page
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    subscriptions: int = 0

    def __post_init__(self) -> None:
        self.page.add_init_script(COUNT_SUBSCRIPTIONS)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda opened: self.requests.append(opened.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    @property
    def outside(self) -> list[str]:
        """The requests that left the origin."""
        own = (self.origin, self.origin.replace("http", "ws", 1), "data:")
        return [url for url in self.requests if not url.startswith(own)]

    def open(self, *, key: str | None = None) -> None:
        self.page.goto(f"{self.origin}/graphiql" + (f"#key={key}" if key else ""))

    def enter(self, key: str) -> None:
        self.page.get_by_label("API key", exact=True).fill(key)
        self.page.get_by_role("button", name="Open", exact=True).click()

    def wait_until_ready(self) -> None:
        expect(self.page.locator(".graphiql-query-editor .view-line").first).to_be_visible()
        expect(self.page.get_by_role("button", name="Re-fetch GraphQL schema")).to_be_enabled()

    @property
    def refusal(self) -> Locator:
        """What the dialog says against a key."""
        return self.page.get_by_role("dialog").get_by_role("alert")

    def tabs(self) -> list[str]:
        return self.page.locator("[id^=graphiql-session-tab-]").all_inner_texts()

    def choose(self, tab: str) -> None:
        self.page.locator("[id^=graphiql-session-tab-]").get_by_text(tab, exact=True).click()

    def run(self, tab: str) -> dict[str, Any]:
        """Choose a tab, run its operation and return the last answer that is shown."""
        self.choose(tab)
        self.page.get_by_role("button", name="Execute query").click()
        response = self.page.locator(".graphiql-response")
        expect(response.locator(".view-lines")).to_contain_text(re.compile('"(data|errors)"'))
        expect(response.locator(".graphiql-spinner")).to_have_count(0)
        answer: dict[str, Any] = json.loads(self.page.evaluate(SHOWN))
        return answer

    def run_example(self, tab: str) -> dict[str, Any]:
        """As `run`, but a subscription need not say anything: it must be accepted, and not answer with errors."""
        self.choose(tab)
        if not self.page.evaluate(TYPED).lstrip().startswith("subscription"):
            return self.run(tab)
        self.subscriptions += 1
        self.page.get_by_role("button", name="Execute query").click()
        expect(self.page.locator("html")).to_have_attribute("data-subscribed", str(self.subscriptions))
        return json.loads(self.page.evaluate(SHOWN) or '{"data": "nothing has happened yet"}')

    def picture(self, name: str, folder: Path) -> None:
        kept = Path(os.environ.get("PATRON_SCREENSHOTS") or folder)
        kept.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=kept / f"{name}.png")


# GraphiQL hands its editor out as __MONACO; the lines on the screen are only those in view.
TEXT = "globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.endsWith('{}')).getValue()"
TYPED = TEXT.format("operation.graphql")
SHOWN = TEXT.format("response.json")
# A client subscribes only after the server has acknowledged the connection, and thereby the key.
COUNT_SUBSCRIPTIONS = """
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (message) {
        const counts = document.documentElement.dataset;
        if (JSON.parse(message).type === "subscribe") counts.subscribed = Number(counts.subscribed ?? 0) + 1;
        return send.call(this, message);
    };
"""


@contextmanager
def explorer_of(browser: Browser, server: AppServer, *, dark: bool = False) -> Iterator[Explorer]:
    context = browser.new_context(color_scheme="dark" if dark else "light", viewport={"width": 1440, "height": 860})
    context.set_default_timeout(WAIT)
    try:
        yield Explorer(context.new_page(), server.url)
    finally:
        context.close()


@pytest.fixture
def explorer(browser: Browser, small_server: AppServer) -> Iterator[Explorer]:
    with explorer_of(browser, small_server) as explorer:
        yield explorer


# --------------------------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_example_tab_runs_without_errors(
    browser: Browser, app_server: AppServer, tmp_path: Path, dark: bool
) -> None:
    with explorer_of(browser, app_server, dark=dark) as explorer:
        explorer.open(key=app_server.key)
        explorer.wait_until_ready()

        answers = {tab: explorer.run_example(tab) for tab in explorer.tabs()}

        explorer.picture(f"graphiql-{'dark' if dark else 'light'}", tmp_path)
        assert answers
        assert {tab: answer for tab, answer in answers.items() if "errors" in answer or not answer.get("data")} == {}
        assert explorer.outside == []
        assert explorer.complaints == []


def test_the_key_of_a_link_is_taken_out_of_the_address(explorer: Explorer) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()

    assert explorer.page.url == f"{explorer.origin}/graphiql"
    assert explorer.page.evaluate("Object.values(sessionStorage)").count(KEY) == 1
    assert KEY not in explorer.page.evaluate("JSON.stringify(localStorage) + document.cookie")
    assert not [url for url in explorer.requests if KEY in url and "#" not in url]


def test_without_a_key_the_page_asks_for_one(explorer: Explorer, tmp_path: Path) -> None:
    explorer.open()
    dialog = explorer.page.get_by_role("dialog", name="Welcome to Patron")
    expect(dialog).to_be_visible()
    expect(explorer.page.get_by_label("API key", exact=True)).to_be_focused()
    explorer.picture("graphiql-key", tmp_path)

    explorer.enter(KEY)

    expect(dialog).to_be_hidden()
    explorer.wait_until_ready()
    assert explorer.run("Customers")["data"]["customers"][0] == {"id": "cus_1", "displayName": "Ada Lovelace"}
    assert explorer.complaints == []


def test_a_refused_key_is_told_and_not_kept(explorer: Explorer, tmp_path: Path) -> None:
    explorer.open()

    explorer.enter("pk_wrong_1234")

    expect(explorer.refusal).to_contain_text("Patron refused the key ending in “1234”")
    explorer.picture("graphiql-refused", tmp_path)
    assert explorer.page.evaluate("sessionStorage.length") == 0
    explorer.enter("a key")
    expect(explorer.refusal).to_contain_text("no spaces")


def test_a_key_that_is_refused_later_is_asked_for_again(explorer: Explorer, refused: threading.Event) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()

    refused.set()
    try:
        explorer.page.get_by_role("button", name="Execute query").click()
        expect(explorer.refusal).to_contain_text("expired or revoked")
    finally:
        refused.clear()
    explorer.enter(KEY)

    expect(explorer.page.get_by_role("dialog")).to_be_hidden()
    assert "data" in explorer.run("Customers")


def test_the_key_outlives_a_reload_and_can_be_forgotten(explorer: Explorer) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()
    explorer.page.reload()
    explorer.wait_until_ready()

    explorer.page.get_by_role("button", name="API key ending in").click()
    explorer.page.get_by_role("button", name="Forget key").click()

    expect(explorer.page.get_by_role("dialog", name="Welcome to Patron")).to_be_visible()
    expect(explorer.page.locator(".graphiql-container")).to_have_count(0)
    assert KEY not in explorer.page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")


def test_a_link_with_a_key_works_while_the_page_is_open(explorer: Explorer) -> None:
    explorer.open()

    explorer.page.evaluate(f"location.hash = 'key={KEY}'")

    explorer.wait_until_ready()
    assert explorer.page.url == f"{explorer.origin}/graphiql"


def test_tabs_bear_operation_names_and_leave_out_what_the_schema_has_not(explorer: Explorer) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()

    assert explorer.tabs() == ["Customers", "StagesOfCustomers", "CustomersChange", "Picture"]
    panel = explorer.page.get_by_role("region", name="Examples")
    expect(panel.get_by_role("button")).to_have_count(4)
    expect(panel).to_contain_text("1 more needs fields that this key does not see (hospitality).")


def test_a_closed_example_is_opened_again_from_the_list(explorer: Explorer) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()
    explorer.choose("StagesOfCustomers")
    explorer.page.get_by_role("button", name="Close Tab").click()
    expect(explorer.page.locator("[id^=graphiql-session-tab-]")).to_have_count(3)

    explorer.page.get_by_role("button", name="Stages of customers").click()

    expect(explorer.page.locator("[id^=graphiql-session-tab-]").last).to_have_text("StagesOfCustomers")
    assert explorer.run("StagesOfCustomers")["data"]["customers"][1]["lifecycleStage"] == "PROSPECT"


def test_the_chosen_tab_is_in_view(explorer: Explorer) -> None:
    explorer.page.set_viewport_size({"width": 900, "height": 600})
    explorer.open(key=KEY)
    explorer.wait_until_ready()
    last = explorer.page.locator("[id^=graphiql-session-tab-]").last
    expect(last).not_to_be_in_viewport()

    explorer.page.get_by_role("button", name="A picture").click()

    expect(last).to_be_in_viewport()


def test_a_subscription_runs_over_the_socket_with_the_key(explorer: Explorer) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()

    answer = explorer.run("CustomersChange")

    assert "displayName" in answer["data"]["customerChanged"]
    assert [url for url in explorer.requests if url.startswith("ws://")] == [
        explorer.origin.replace("http", "ws", 1) + ENDPOINT
    ]


def test_a_picture_named_in_an_answer_is_not_fetched(explorer: Explorer) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()
    explorer.run("Picture")

    explorer.page.locator(".graphiql-response .view-line", has_text="outside.invalid").locator("span").last.hover()
    explorer.page.locator(".graphiql-response .view-line").first.hover()

    assert explorer.outside == []
    assert explorer.complaints == []


def test_the_editor_completes_fields_of_the_schema(explorer: Explorer, tmp_path: Path) -> None:
    explorer.open(key=KEY)
    explorer.wait_until_ready()
    explorer.choose("StagesOfCustomers")
    explorer.page.locator(".graphiql-query-editor .view-line", has_text="displayName").click()

    explorer.page.keyboard.press("End")
    explorer.page.keyboard.press("Enter")
    explorer.page.keyboard.press("Control+Space")

    expect(explorer.page.locator(".suggest-widget .monaco-list-row", has_text="lifecycleStage").first).to_be_visible()
    explorer.picture("graphiql-completion", tmp_path)
    assert explorer.complaints == []


def test_the_page_asks_nobody_else_and_breaks_no_policy(explorer: Explorer) -> None:
    explorer.page.add_init_script(
        "globalThis.violations = [];"
        "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective), true);"
    )
    explorer.open(key=KEY)
    explorer.wait_until_ready()

    explorer.page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(explorer.page.get_by_text("Root Types")).to_be_visible()
    explorer.page.get_by_role("button", name="Prettify query").click()
    explorer.run("Customers")

    assert explorer.page.title() == "Patron"
    assert explorer.page.evaluate("violations") == []
    assert explorer.outside == []
    assert explorer.complaints == []
