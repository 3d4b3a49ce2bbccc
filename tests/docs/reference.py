"""The pages of docs/ that are made: errors, hooks and settings from the code, performance from the last measurement.

Code comes in, Markdown goes out. `pytest tests/docs --update` (`make docs UPDATE=1`) writes the pages; without it the tests
compare them.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from tests.docs.events import events_page
from tests.docs.pages import ROOT
from tests.docs.performance import performance_page

import patron_schema.errors
from patron_core import errors, hookspecs, settings
from patron_core.hookspecs import CoreHooks
from patron_schema import plugin as schema_plugin
from patron_schema.hookspecs import SchemaHooks

__all__ = [
    "PAGES",
    "callers",
    "errors_page",
    "hooks",
    "hooks_page",
    "settings_page",
]

SETTINGS_SOURCE: Final = settings


def errors_page() -> str:
    """docs/errors.md: every code, from the classes of the error tree."""
    parts = [_ERRORS_HEAD]
    for kind in _errors():
        parts.append(f"## {kind.code}\n\n{_sentences(kind)}\n\n{_facts(kind)}\n")
    return "\n".join(parts)


def hooks_page() -> str:
    """docs/hooks.md: every hook, from its specification."""
    parts = [_HOOKS_HEAD]
    for name, function, room in hooks():
        signature = _signature(name, function)
        text = inspect.cleandoc(function.__doc__ or "").replace("``", "`")
        where = " and ".join(f"`{caller}`" for caller in callers(name))
        called = (
            f"called by {where}"
            if where
            else "**called by nothing yet: it is declared and checked for a later release**"
        )
        parts.append(f"## {name}\n\n```python\n{signature}\n```\n\nSpecified in `{room}`, {called}.\n\n{text}\n")
    parts.append("# What hooks take and return\n")
    parts += [_value(kind) for kind in _values()]
    return "\n".join(parts)


def settings_page() -> str:
    """docs/settings.md: every PATRON_* variable, from the settings model."""
    rows = [f"| `PATRON_{name.upper()}` | {kind} | {default} | {text} |" for name, kind, default, text in _settings()]
    return "\n".join([_SETTINGS_HEAD, *rows, ""])


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/errors.md": errors_page,
    "docs/events.md": events_page,
    "docs/hooks.md": hooks_page,
    "docs/performance.md": performance_page,
    "docs/settings.md": settings_page,
}


def hooks() -> list[tuple[str, Any, str]]:
    """Every hook: its name, its specification and the module it stands in, in the order of the specifications."""
    found = []
    for specs in (CoreHooks, SchemaHooks):
        for name, function in vars(specs).items():
            if name.startswith("patron_"):
                found.append((name, function, specs.__module__))
    return found


def callers(hook: str) -> list[str]:
    """The modules of core and schema that call a hook, found by its name in a call's arguments."""
    found = []
    for package in (ROOT / "core", ROOT / "schema"):
        for file in sorted(package.rglob("patron_*/**/*.py")):
            source = file.read_text(encoding="utf-8")
            if hook in source and any(_calls(node, hook) for node in ast.walk(ast.parse(source))):
                found.append(".".join(file.relative_to(package).with_suffix("").parts).removesuffix(".__init__"))
    return found


def _calls(node: ast.AST, hook: str) -> bool:
    """Whether this is `plugins.each("hook", …)` or `plugins.calls("hook", …)`, or a call of the hook itself."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    named = any(isinstance(argument, ast.Constant) and argument.value == hook for argument in node.args)
    return node.func.attr == hook or (node.func.attr in ("each", "calls") and named)


# -- errors

_ERRORS_HEAD: Final = """\
<!-- Made from patron_core.errors and patron_schema.errors by `make docs UPDATE=1`; do not edit. -->

# Errors

Every error has a code in `extensions.code` and the request's id in `extensions.requestId`; quote the id to whoever runs the
server. A text has three sentences: what happened, what was given, what to do. Decide by the code, never by the text.

*User error*: in a mutation the code stands in `userErrors` of the payload, because the caller can mend the input; elsewhere it
is an error of the answer. *Retry*: the same request may work later; `extensions.retryable` is true. *Status* is the HTTP status
when the whole request failed for this reason; in `application/json` a well-formed request that GraphQL refuses has 200 instead
of 400 and 403.
"""


def _errors() -> list[type[errors.PublicError]]:
    """The classes that introduce a code, in the order of the source."""
    return [kind for kind in errors.PublicError.__subclasses__() if kind.__module__ == errors.__name__]


def _facts(kind: type[errors.PublicError]) -> str:
    rows = ["| status | user error | retry |", "|---|---|---|"]
    rows.append(f"| {kind.status} | {_yes(kind.mendable)} | {_yes(kind.retryable)} |")
    special = [
        f"- {each.status}: {_sentences(each)}"
        for each in kind.__subclasses__()
        if each.__module__ == patron_schema.errors.__name__ and each.status != kind.status
    ]
    return "\n".join([*rows, *(["", *special] if special else [])])


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _sentences(kind: type) -> str:
    """The docstring, as the sentences of a page."""
    return " ".join((kind.__doc__ or "").split())


# -- hooks

_HOOKS_HEAD: Final = """\
<!-- Made from patron_core.hookspecs and patron_schema.hookspecs by `make docs UPDATE=1`; do not edit. -->

# Hooks

A hook is a function that a plugin's `plugin.py` marks with `@hookimpl`. All are optional but `patron_manifest`. A plugin leaves
out the arguments it does not need, and may narrow `event` and `command` by annotation to be called for these types only.

Each plugin's implementation is called on its own, behind a wall: one that raises is logged under the plugin's name and the others
go on, unless the hook's text says otherwise. After five failures for a tenant a plugin is quarantined for it: its hooks are passed over,
but its gates refuse. A wrong argument name stops the start-up and names the nearest right one.

Where the names of this page come from:

```python
import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from patron_core.hookspecs import CommandHandler, DemoContext, Factor, Job, Manifest, Recommendation, ScoreFactor, Veto
from patron_core.imports.importer import Importer
from patron_core.classification import Classification
from patron_core.messages import Command, Event
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Clock
from patron_schema.plugin import Contribution, Example, Facet, hookimpl
```
"""

_SHOWN: Final = (
    *(getattr(hookspecs, name) for name in hookspecs.__all__ if name not in ("CoreHooks", "hookimpl", "hookspec")),
    schema_plugin.Contribution,
    schema_plugin.Example,
)


def _values() -> Iterator[type]:
    """In the order in which they are written, so that what one names stands above it."""
    yield from sorted((kind for kind in _SHOWN if is_dataclass(kind)), key=_place)


def _place(kind: type) -> tuple[str, int]:
    return kind.__module__, inspect.getsourcelines(kind)[1]


def _signature(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    arguments = ", ".join(
        f"{p.name}: {_annotation(p.annotation)}" for p in signature.parameters.values() if p.name != "self"
    )
    return f"def {name}({arguments}) -> {_annotation(signature.return_annotation)}: ..."


def _annotation(given: Any) -> str:
    return given if isinstance(given, str) else getattr(given, "__name__", str(given))


def _value(kind: type) -> str:
    text = inspect.cleandoc(kind.__doc__ or "")
    lines = [f"    {each.name}: {_annotation(each.type)}" for each in fields(kind)]  # type: ignore[arg-type]
    return "\n".join([f"## {kind.__name__}", "", "```python", f"class {kind.__name__}:", *lines, "```", "", text, ""])


# -- settings

_SETTINGS_HEAD: Final = """\
<!-- Made from patron_core.settings by `make docs UPDATE=1`; do not edit. -->

# Settings

A deployment is set up by environment variables. Each has a default that serves a first start. Sizes are bytes where the name
ends in `_BYTES`, spans are seconds where it ends in `_SECONDS`, the others are counts. A wrong value stops the start and names
the variable. Settings of a plugin are `PATRON_<PLUGIN>_<FIELD>`; its README lists them.

| variable | type | default | what it is |
|---|---|---|---|"""

_TYPES: Final = {
    "Positive": "whole number from 1",
    "Seconds": "seconds above 0",
    "str": "text",
    "Secret": "text of 16 characters or more",
    "bool": "`true` or `false`",
}


def _settings() -> Iterator[tuple[str, str, str, str]]:
    notes = _notes()
    for name, field in SETTINGS_SOURCE.Settings.model_fields.items():
        annotation, note = notes[name]
        yield name, _kind(annotation), _default(field.default), note


def _notes() -> dict[str, tuple[str, str]]:
    """The annotation and the comment of each field, as the source has them."""
    source = inspect.getsource(SETTINGS_SOURCE.Settings)
    lines = source.splitlines()
    cls: Any = ast.parse(source).body[0]
    found = {}
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            comment = lines[node.lineno - 1].partition("  # ")[2].strip()
            found[node.target.id] = (ast.unparse(node.annotation), comment)
    return found


def _kind(annotation: str) -> str:
    if "tuple[str" in annotation:
        return "names, separated by commas"
    if annotation.startswith("Literal"):
        return " ".join(f"`{word}`" for word in re.findall(r"'(\w+)'", annotation))
    if annotation == "EngagementMode":
        return "`relationship` `transaction` `hybrid`"
    return _TYPES.get(annotation.removesuffix(" | None"), annotation)


def _default(value: Any) -> str:
    match value:
        case None | ():
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case Enum():
            return f"`{value.name.lower()}`"
        case _:
            return f"`{value}`"
