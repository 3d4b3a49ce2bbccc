"""docs/capabilities.md: each capability of the core with the tests that show it and an operation to try."""

from __future__ import annotations

from textwrap import dedent

from graphql import parse, print_ast
from tests.capabilities.rows import CORE, Shown, shown_by

__all__ = ["capabilities_page"]

_HEAD = """\
# Capabilities

What the core of a CRM must be able to do, by the numbers of the list it was built from; those of industries stand with
their plugins. Each row names the tests that show it over the API, on SQLite and on PostgreSQL, and the longest operation
one of them asks: paste it into GraphiQL. A row without a test is not claimed.

Made from the tests: `make docs UPDATE=1`.
"""


def capabilities_page() -> str:
    """The page."""
    shown = shown_by()
    done = sum(1 for number in CORE if number in shown)
    parts = [_HEAD, f"{done} of {len(CORE)} rows have a test.\n"]
    for number, text in CORE.items():
        parts.append(f"## {number}. {text}\n")
        parts.append(_tests(shown.get(number, [])))
    return "\n".join(parts)


def _tests(tests: list[Shown]) -> str:
    if not tests:
        return "Not claimed.\n"
    lines = [f"- [`{test.name}`](../{test.file})" for test in tests]
    operation = max((test.query for test in tests if test.query), key=len, default=None)
    if operation is not None:
        lines += ["", "```text", print_ast(parse(dedent(operation))), "```"]
    return "\n".join((*lines, ""))
