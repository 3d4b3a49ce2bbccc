"""Runs the blocks of a page from top to bottom, as a reader would, and says where the page is wrong.

A page and the data it speaks of come in, differences with their lines go out. What a block is:

    ```graphql                an operation, asked as an administrator; its root fields must take one statement each
    ```json variables         the variables of the operation above
    ```json                   the answer of the operation above, `extensions` left out unless the page shows them
    ```json event             the next event of the subscription above
    ```sql postgresql         the statement of the operation above on that database (also: ```sql sqlite)
    ```graphql sdl            part of the schema: types with some of their fields, each as the schema has it
    ```http                   a request, and in the next such block its answer: status, some headers, body
    ```python                 runs; what one block defines the next ones of the page have
    ```console                `$ command` runs in an empty folder; the lines below it are its output, … is anything
    ```console not run: why   commands that do not end or take long; the targets of `make` and options must exist
    ```text, mermaid, ini     not run

`$PATRON_KEY` stands for a key. What is changed by a page stays for its later blocks.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson
from graphql import GraphQLSchema, ObjectTypeDefinitionNode, parse, print_ast
from tests.docs.answers import Ids, difference, shown_json, whole
from tests.docs.pages import ROOT, Block, Page
from tests.program import ended

from patron_schema.app import create_app
from patron_schema.planner.sql import DIALECTS, Writer
from patron_schema.testing.service import Patron

UNRUN = ("text", "mermaid", "ini", "")
_SECONDS = 60.0
_OF_THE_SHELL = re.compile(r"[|&;<>$()]")
_KEY = "$PATRON_KEY"


@dataclass(slots=True)
class Setting:
    """Where a page's blocks run. patron: the deployment with its data. key: of an administrator. folder: for commands."""

    patron: Patron
    key: str
    folder: Path


@dataclass(slots=True)
class Story:
    """A page while it runs. wrong: what the page says otherwise. corrected: by line, what its blocks should say."""

    page: Page
    setting: Setting
    wrong: list[str] = field(default_factory=list)
    corrected: dict[int, str] = field(default_factory=dict)
    ids: Ids = field(default_factory=Ids)
    names: dict[str, Any] = field(default_factory=dict)
    operation: Block | None = None
    variables: Block | None = None
    answer: dict[str, Any] | None = None
    response: httpx2.Response | None = None
    events: AsyncIterator[bytes] | None = None
    event: asyncio.Task[bytes] | None = None

    async def run(self) -> None:
        """Runs every block."""
        steps: dict[tuple[str, str], Callable[[Block], Awaitable[None]]] = {
            ("graphql", ""): self._operation,
            ("graphql", "sdl"): self._sdl,
            ("json", "variables"): self._variables,
            ("json", ""): self._answer,
            ("json", "event"): self._event,
            ("sql", "postgresql"): self._statement,
            ("sql", "sqlite"): self._statement,
            ("http", ""): self._http,
            ("python", ""): self._python,
            ("console", ""): self._console,
        }
        for block in self.page.blocks:
            if block.language in UNRUN:
                continue
            if block.language == "console" and block.note.startswith("not run: "):
                self._unrun_console(block)
                continue
            step = steps.get((block.language, block.note))
            if step is None:
                self._say(block, f"nobody knows what ```{block.info} means; see tests/docs/stories.py")
                continue
            await step(block)
        await self._finish()

    def _say(self, block: Block, what: str) -> None:
        self.wrong.append(f"{self.page.name}:{block.line}: {what}")

    # -- operations

    async def _operation(self, block: Block) -> None:
        await self._ask()
        self.operation, self.variables, self.answer = block, None, None

    async def _variables(self, block: Block) -> None:
        self.variables = block

    async def _ask(self) -> None:
        """Asks the operation that was read last, once: what stands below it shows its answer, or nothing does."""
        if self.operation is None or self.answer is not None:
            return
        query = self.ids.to_actual(self.operation.text)
        variables = json.loads(self.ids.to_actual(self.variables.text)) if self.variables else {}
        patron = self.setting.patron
        if query.lstrip().startswith("subscription"):
            await self._follow(query, variables)
            return
        self.answer = await patron.ask(query, variables)
        roots = len(self.answer.get("data") or {})
        if len(patron.statements) > roots:
            self._say(self.operation, f"{len(patron.statements)} statements for {roots} root fields")

    async def _follow(self, query: str, variables: dict[str, Any]) -> None:
        gateway = self.setting.patron.gateway
        known = gateway.broadcaster.followers
        self.events = gateway.subscribe(self.setting.patron.request(query, variables))
        self.event = asyncio.ensure_future(anext(self.events))
        self.operation = None
        while gateway.broadcaster.followers == known and not self.event.done():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0)

    async def _answer(self, block: Block) -> None:
        await self._ask()
        if self.answer is None:
            self._say(block, "there is no operation above this answer")
            return
        shown = json.loads(block.text)
        self._compare(block, shown, whole(self.answer, like=shown))

    async def _event(self, block: Block) -> None:
        await self._ask()
        if self.events is None or self.event is None:
            self._say(block, "there is no subscription above this event")
            return
        body = await asyncio.wait_for(self.event, _SECONDS)
        self._compare(block, json.loads(block.text), orjson.loads(body))
        self.event = asyncio.ensure_future(anext(self.events))

    def _compare(self, block: Block, shown: Any, actual: Any) -> None:
        found = difference(shown, actual, self.ids)
        if found is not None:
            self._say(block, found)
            self.corrected[block.line] = shown_json(actual, self.ids)

    async def _statement(self, block: Block) -> None:
        await self._ask()
        assert self.operation is not None, f"{self.page.name}:{block.line}: there is no operation above this statement"
        actual = await self._sql(self.operation.text, dialect=block.note)
        if block.text != f"{actual}\n":
            self._say(block, f"the statement is\n{actual}")
            self.corrected[block.line] = f"{actual}\n"

    async def _sql(self, query: str, *, dialect: str) -> str:
        gateway = self.setting.patron.gateway
        ready = await gateway._ready(self.setting.patron.request(query))
        plan = ready.prepared.roots[0].plan
        assert plan is not None
        types = ready.tenant.composed.catalog.types
        writer = Writer(DIALECTS[dialect](), types, general=False, subjects=False)
        return laid_out(writer.statement(plan).sql)

    async def _sdl(self, block: Block) -> None:
        tenant = await self.setting.patron.gateway.schemas.of(self.setting.patron.prepared.tenant_id)
        for problem in sdl_problems(block.text, tenant.composed.graphql):
            self._say(block, problem)

    # -- HTTP

    async def _http(self, block: Block) -> None:
        if block.text.startswith("HTTP/"):
            self._response(block)
        else:
            await self._request(block)

    async def _request(self, block: Block) -> None:
        head, _, body = block.text.partition("\n\n")
        first, *lines = head.splitlines()
        method, target, _version = first.split(" ")
        headers = [line.replace(_KEY, self.setting.key).split(": ", 1) for line in lines]
        prepared = self.setting.patron.prepared
        app = create_app(settings=prepared.settings, plugins=prepared.plugins, clock=prepared.clock)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            content = self.ids.to_actual(body).strip().encode() or None
            self.response = await client.request(
                method, self.ids.to_actual(target), headers=[(n, v) for n, v in headers], content=content
            )
        await app.state.deployment.close()

    def _response(self, block: Block) -> None:
        response = self.response
        assert response is not None, f"{self.page.name}:{block.line}: there is no request above this response"
        head, _, body = block.text.partition("\n\n")
        first, *lines = head.splitlines()
        if first != f"HTTP/1.1 {response.status_code} {response.reason_phrase}":
            self._say(block, f"the status is {response.status_code} {response.reason_phrase}: {response.text}")
        for line in lines:
            name, value = line.split(": ", 1)
            if value != "…" and response.headers.get(name) != value:
                self._say(block, f"the header {name} is {response.headers.get(name)!r}")
        shown = json.loads(body)
        actual = whole(response.json(), like=shown)
        if (found := difference(shown, actual, self.ids)) is not None:
            self._say(block, found)
            self.corrected[block.line] = f"{head}\n\n{shown_json(actual, self.ids)}"

    # -- Python and commands

    async def _python(self, block: Block) -> None:
        code = compile("\n" * block.line + block.text, self.page.name, "exec", dont_inherit=True)
        exec(code, self.names)  # noqa: S102 - the pages are ours, and running them is what this is for

    async def _console(self, block: Block) -> None:
        for command, expected in commands(block.text):
            code, output = await asyncio.to_thread(self._execute, command)
            if code != 0:
                self._say(block, f"`{command}` ended with {code}: {output}")
            elif expected and not matches(expected, output):
                self._say(block, f"`{command}` printed\n{output}")

    def _execute(self, command: str) -> tuple[int, str]:
        """What a command ends with and prints; the shell reads those in which it has something to do."""
        folder, binaries = self.setting.folder, str(Path(sys.executable).parent)
        environment = {"PATH": f"{binaries}:/usr/bin:/bin", "COLUMNS": "100", "HOME": str(folder)}
        environment["PATRON_KEY"] = self.setting.key
        if command.startswith("patron ") and not _OF_THE_SHELL.search(command):
            words = shlex.split(command, comments=True)[1:]
            done = ended(*words, environment=environment, folder=folder, seconds=_SECONDS)
            return done.code, done.output + done.errors
        of_shell = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return of_shell.returncode, of_shell.stdout + of_shell.stderr

    def _unrun_console(self, block: Block) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        for command, _ in commands(block.text):
            words = shlex.split(command, comments=True)
            if words[:1] == ["make"] and not {word for word in words[1:] if "=" not in word} <= targets:
                self._say(block, f"the Makefile has no such target: {command}")

    async def _finish(self) -> None:
        await self._ask()
        if self.event is not None:
            self.event.cancel()
            await asyncio.gather(self.event, return_exceptions=True)
        if self.events is not None:
            await self.events.aclose()  # type: ignore[attr-defined]


def commands(text: str) -> list[tuple[str, str]]:
    """Each `$ command` of a block, continued lines joined, with the output below it."""
    out: list[tuple[str, str]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            out.append((line[2:], ""))
        elif out:
            out[-1] = (out[-1][0], f"{out[-1][1]}{line}\n")
    return out


def matches(expected: str, output: str) -> bool:
    """Whether an output is the one a page shows; … stands for anything within a line, a line of its own for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else r"[^\n]*?".join(map(re.escape, line.rstrip().split("…"))) + r"[ ]*\n"
        for line in expected.strip().splitlines()
    )
    return re.fullmatch(pattern, output.strip() + "\n") is not None


def sdl_problems(text: str, schema: GraphQLSchema) -> list[str]:
    """What of a piece of SDL the schema does not have in this way."""
    problems = []
    for node in parse(text).definitions:
        assert isinstance(node, ObjectTypeDefinitionNode), "only types are compared"
        known: Any = schema.type_map.get(node.name.value)
        for each in node.fields or ():
            found = known.fields.get(each.name.value) if known is not None else None
            if found is None or str(found.type) != print_ast(each.type):
                problems.append(f"{node.name.value}.{each.name.value} is {found.type if found else 'not there'}")
    return problems


def laid_out(sql: str) -> str:
    """A statement broken before its clauses, for people."""
    broken = re.sub(r" (FROM|WHERE|ORDER BY|LIMIT|FILTER|ELSE|END) ", r"\n\1 ", sql)
    broken = re.sub(
        r" ?\b(string_agg|json_group_array|to_json\(\(SELECT|coalesce\(\(SELECT|json\(\(SELECT)", r"\n\1", broken
    )
    depth, out = 0, []
    for line in broken.splitlines():
        out.append("  " * min(depth, 8) + line.strip())
        depth += line.count("(") - line.count(")")
    return "\n".join(out)
