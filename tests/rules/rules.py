"""The rules of the code that no library checks: each reads a module's syntax tree and says where it is broken, and why.

A module's path and tree come in, breaches go out. Which modules a rule is asked of stands with the rule. What ruff and
bandit know is left to them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["RULES", "Breach", "Rule", "modules"]

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that is broken at a place."""

    rule: str
    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} [{self.rule}]"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. find: yields (line, what is wrong) of a tree. allowed: beginnings of the paths it is not asked of. planted: a
    piece of code that breaks it, by which it is shown that it can fail.
    """

    name: str
    why: str
    find: Callable[[ast.AST], Iterator[tuple[int, str]]]
    planted: str
    allowed: tuple[str, ...] = ()

    def breaches(self, path: str, tree: ast.AST) -> Iterator[Breach]:
        """Where a module breaks the rule."""
        if not path.startswith(self.allowed or ("-",)):
            for line, what in self.find(tree):
                yield Breach(self.name, path, line, what)


def modules() -> Iterator[tuple[str, ast.AST]]:
    """Every module of the core, the schema and the bundled plugins, with its path from the root."""
    for folder in ("core/patron_core", "schema/patron_schema", "plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" not in name and "/node_modules/" not in name:
                yield name, ast.parse(path.read_text())


# -- what is looked for


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, _dotted(node.func)


def _dotted(node: ast.AST) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{_dotted(node.value)}.{node.attr}"
        case ast.Call():
            return f"{_dotted(node.func)}()"
        case _:
            return "?"


_RUNS_SQL: Final = (
    "execute",
    "executemany",
    "exec_driver_sql",
    "text",
    "scalar",
    "scalars",
    "fetch",
    "fetchval",
    "fetchrow",
)


def _built_sql(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """SQL put together from pieces and handed to something that runs it."""
    for call, name in _calls(tree):
        if name.rpartition(".")[2] in _RUNS_SQL and call.args and _is_built(call.args[0]):
            yield call.lineno, f"{name}() runs SQL that is put together here"


def _is_built(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return isinstance(node.left, ast.Constant | ast.JoinedStr) or _is_built(node.left)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def _named(*names: str, what: str) -> Callable[[ast.AST], Iterator[tuple[int, str]]]:
    """Calls of some functions."""

    def find(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for call, name in _calls(tree):
            if name in names:
                yield call.lineno, f"{name}() {what}"

    return find


def _imported(*names: str, what: str) -> Callable[[ast.AST], Iterator[tuple[int, str]]]:
    """Imports of some modules, or of names of modules."""

    def find(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in found:
                if name in names:
                    yield getattr(node, "lineno", 0), f"{name} {what}"

    return find


def _keyword(name: str, value: object, what: str) -> Callable[[ast.AST], Iterator[tuple[int, str]]]:
    """Calls with a keyword of a value."""

    def find(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for call, called in _calls(tree):
            for keyword in call.keywords:
                if keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is value:
                    yield call.lineno, f"{called}({name}={value}) {what}"

    return find


def _extension_instances(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Extensions of a schema that all requests share."""
    for call, name in _calls(tree):
        for keyword in call.keywords:
            if keyword.arg == "extensions" and "Schema" in name and isinstance(keyword.value, ast.List | ast.Tuple):
                for each in keyword.value.elts:
                    if isinstance(each, ast.Call):
                        yield each.lineno, "an extension is an instance, which all requests share; pass its class"


_LOGS: Final = ("debug", "info", "warning", "error", "exception", "critical")
_PRIVATE: Final = (
    "variables",
    "query",
    "body",
    "value",
    "values",
    "input",
    "token",
    "secret",
    "password",
    "headers",
    "text",
)


def _logged_values(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls of a logger with what a request brought."""
    for call, name in _calls(tree):
        owner, _, method = name.rpartition(".")
        if method in _LOGS and "log" in owner.lower():
            for keyword in call.keywords:
                if keyword.arg in _PRIVATE:
                    yield call.lineno, f"{name}({keyword.arg}=…) may log what a request brought"
            if method == "exception" or any(k.arg == "exc_info" for k in call.keywords):
                yield call.lineno, f"{name}() logs the text of an exception, which may hold values; use log_fault"


def _unwalled_hooks(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Hooks called past the wall: through pluggy's own caller, or as a plugin's function."""
    for call, name in _calls(tree):
        if ".hook." in name or (name.rpartition(".")[2].startswith("patron_") and "." in name):
            yield call.lineno, f"{name}() is called past the wall; use Plugins.each or Plugins.calls"


def _printed(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for call, name in _calls(tree):
        if name == "print":
            yield call.lineno, "print() is for the command line; log it"


def _swallowed(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """`except:` and `except BaseException: pass`, which swallow cancellations."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        all_of_it = node.type is None or _dotted(node.type) == "BaseException"
        if all_of_it and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
            yield node.lineno, "everything is caught and nothing raised again, cancellations included"


_CORE: Final = "core/patron_core/"
_SCHEMA: Final = "schema/patron_schema/"

RULES: Final = (
    Rule(
        "built-sql",
        "SQL from pieces may hold a value of a request; the planner's writer, migrations and the database's own rooms "
        "write text of constants only.",
        _built_sql,
        "session.execute(f'SELECT {column} FROM t')",
        # `imports/remembered`: three settings of a file of SQLite's own, all of them constants; `backups/files`: names of
        # version tables, read from the copy itself
        (
            f"{_SCHEMA}planner/",
            f"{_CORE}database/",
            f"{_CORE}migrations/",
            f"{_SCHEMA}testing/",
            f"{_CORE}imports/remembered.py",
            f"{_CORE}backups/files.py",
        ),
    ),
    Rule(
        "extension-instance",
        "An extension's instance is shared by concurrent requests and mixes their errors (failures 15).",
        _extension_instances,
        "Schema(query=Q, extensions=[Masking()])",
    ),
    Rule(
        "verify",
        "A client that checks no certificate talks to anybody.",
        _keyword("verify", False, "checks no certificate"),
        "httpx.Client(verify=False)",
    ),
    Rule("shell", "A shell reads more into a text than was meant.", _keyword("shell", True, "starts a shell"),
         "subprocess.run(command, shell=True)"),
    Rule(
        "evaluated",
        "What runs or unpickles data runs whatever is in it.",
        _named("eval", "exec", "compile", "pickle.loads", "pickle.load", "marshal.loads", "yaml.load", "os.system",
               "os.popen", "tempfile.mktemp", what="runs data, or may"),
        "eval(text)",
    ),
    Rule(
        "randomness",
        "`random` can be foretold: secrets come from `secrets`. Demo data and its context are seeded on purpose.",
        _imported("random", what="is no source of secrets; use secrets, or take ids from IdSource"),
        "import random",
        # `database/postgresql`: how long to wait before a transaction is tried again
        (f"{_CORE}hookspecs.py", f"{_SCHEMA}demo.py", "plugins/retail/patron_retail/demo.py", f"{_CORE}database/postgresql.py"),
    ),
    Rule(
        "clock",
        "Clock and ids are handed in, so that tests decide them and no two parts disagree.",
        _named("datetime.now", "dt.datetime.now", "datetime.utcnow", "dt.datetime.utcnow", "dt.date.today", "date.today",
               "time.time", "uuid.uuid1", "uuid4", what="is not handed in"),
        "now = dt.datetime.now(dt.UTC)",
        # `rate_limits`: the library's windows tell in the machine's time when they end
        (f"{_CORE}values.py", f"{_SCHEMA}rate_limits.py"),
    ),
    Rule("print", "Standard output belongs to the command line.", _printed, "print(row)",
         (f"{_SCHEMA}graphiql/build.py", f"{_CORE}migrations/revision.py")),
    Rule(
        "logged-values",
        "What a request brought, and texts of exceptions, may be anybody's data (failures 25).",
        _logged_values,
        "_log.info('asked', variables=request.variables)",
        (f"{_CORE}fault_log.py",),
    ),
    Rule(
        "sessions",
        "Sessions and engines are held by the database's rooms alone: plugins and all others get a unit of work.",
        _imported("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "sqlalchemy.orm.sessionmaker",
                  "sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.orm.Session",
                  "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.ext.asyncio.AsyncEngine",
                  what="is for the rooms of the database"),
        "from sqlalchemy.orm import Session",
        (f"{_CORE}database/", f"{_CORE}migrations/running.py"),
    ),
    Rule(
        "unwalled-hook",
        "pluggy stops at the first exception; the wall names the plugin, counts and goes on.",
        _unwalled_hooks,
        "manager.hook.patron_types()",
        (f"{_CORE}plugins.py",),
    ),
    Rule("swallowed", "A cancellation that is swallowed keeps a connection and its transaction.", _swallowed,
         "try:\n    work()\nexcept BaseException:\n    pass"),
)  # fmt: skip
