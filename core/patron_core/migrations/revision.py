"""A developer's tool: writes the revision that brings the database to what the models of one distribution say.

`python -m patron_core.migrations.revision DISTRIBUTION "message" [--replace]`, where DISTRIBUTION is `patron` or a
plugin's name. The models are compared with what the revisions so far make of an empty SQLite file; `--replace` starts
anew with 0001 (before a first release). What comes out is explicit, for review.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import BigInteger
from sqlalchemy.engine import Connection

from patron_core import catalogue
from patron_core.columns import CodeText, Scaled
from patron_core.database.sqlite import sqlite_engine
from patron_core.migrations.distributions import CORE, Distribution, distribution_of, tables_of
from patron_core.migrations.running import migrate_these
from patron_core.privacy.emptying import changeable
from patron_core.privacy.subjects import kinds, kinds_about
from patron_core.records import Base, Record, table_of

__all__ = ["main", "write_revision"]

#: What other roles than the application may do with a table of the core: the call that says it, without the table.
_EXTRA: Final = {
    "audit_entry": ("audit_table", ""),
    "audit_read": ("audit_table", ""),
    "outbox_event": ("found_by_relay", ', columns=("tenant_id", "status")'),
}

_TEMPLATE: Final = '''"""{message}

Revision {revision} of {distribution}.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import {functions}

revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def write_revision(distribution: Distribution, message: str, *, replace: bool = False) -> Path | None:
    """Writes the next revision of a distribution and returns its file; None where the models have nothing new."""
    _import_models(distribution)
    folder = distribution.folder / "versions"
    _make_package(folder, distribution)
    earlier = sorted(folder.glob("[0-9]*.py"))
    if replace:
        for file in earlier:
            file.unlink()
        earlier = []
    number = f"{len(earlier) + 1:04d}"
    upgrade, downgrade = asyncio.run(_difference(distribution))
    if not upgrade:
        return None
    file = folder / f"{number}_{_slug(message)}.py"
    body = "\n".join(upgrade)
    known = {*(function for function, _ in _EXTRA.values()), "erasable_table", "tenant_directory", "tenant_table"}
    functions = sorted(name for name in known if f"{name}(op" in body)
    text = _TEMPLATE.format(
        message=message.rstrip(".") + ".",
        revision=number,
        distribution=distribution.name,
        down_revision=f'"{earlier[-1].stem[:4]}"' if earlier else "None",
        functions=", ".join(functions),
        upgrade=_indented(upgrade),
        downgrade=_indented(downgrade),
    )
    file.write_text(
        "\n".join(line for line in text.split("\n") if line != "from patron_core.migrations.tables import ")
    )
    _format(file)
    return file


def _import_models(distribution: Distribution) -> None:
    if distribution != CORE and importlib.util.find_spec(f"{distribution.package}.models") is not None:
        importlib.import_module(f"{distribution.package}.models")


async def _difference(distribution: Distribution) -> tuple[list[str], list[str]]:
    """The statements up and down between the revisions so far and the models, as lines of Python."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/so_far.db"
        await migrate_these(url, [CORE, distribution] if distribution != CORE else [CORE])
        engine = sqlite_engine(url, size=0)
        with engine.connect() as connection:
            return _compared(connection, distribution)


def _compared(connection: Connection, distribution: Distribution) -> tuple[list[str], list[str]]:
    ours = set(tables_of(distribution))

    def include(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = name if kind == "table" else item.table.name
        return (table in ours or table not in Base.metadata.tables) and not str(table).endswith("_version")

    options = {
        "target_metadata": Base.metadata,
        "include_object": include,
        "render_item": _render,
        "render_as_batch": True,
        "alembic_module_prefix": "op.",
        "sqlalchemy_module_prefix": "sa.",
        "user_module_prefix": None,
    }
    context = MigrationContext.configure(connection, opts=options)
    script = produce_migrations(context, Base.metadata)
    autogenerate = AutogenContext(context, Base.metadata, opts=options)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    up = list(_lines(autogenerate, script.upgrade_ops.ops))
    return up, list(_lines(autogenerate, _without_dropped_indexes(script.downgrade_ops.ops)))


def _lines(context: AutogenContext, operations: list[ops.MigrateOperation]) -> Iterator[str]:
    made: list[str] = []
    plain = AutogenContext(
        context.migration_context, Base.metadata, opts={**context.opts, "render_as_batch": False}
    )  # a new table needs no copy to get an index
    for operation in operations:
        if isinstance(operation, ops.CreateTableOp):
            made.append(operation.table_name)
        if isinstance(operation, ops.ModifyTableOps) and operation.table_name in made:
            yield from (line for part in operation.ops for line in render_op(plain, part))
        else:
            first, *rest = render_op(context, operation)
            yield from (first, *(f"    {line}" if first.startswith("with ") else line for line in rest))
    for table in made:
        yield _protection(table)
        yield from _erasable(table)
        if table in _EXTRA:
            function, options = _EXTRA[table]
            yield f'{function}(op, "{table}"{options})'


def _protection(table: str) -> str:
    if table in catalogue.CONTROL_TABLES:
        return f'tenant_directory(op, "{table}")'
    models = [m.class_ for m in Base.registry.mappers if m.local_table is Base.metadata.tables[table]]
    append_only = any(issubclass(model, Record) and model.append_only for model in models)
    return f'tenant_table(op, "{table}"{", append_only=True" if append_only else ""})'


def _erasable(table: str) -> Iterator[str]:
    """What an erasure may change of an append-only table about a party."""
    for model in kinds_about(kinds()):
        if model.append_only and table_of(model).name == table:
            yield f'erasable_table(op, "{table}", columns={list(changeable(model))!r})'


def _without_dropped_indexes(operations: list[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """An index goes with its table."""
    dropped = {op.table_name for op in operations if isinstance(op, ops.DropTableOp)}
    return [op for op in operations if not (isinstance(op, ops.ModifyTableOps) and op.table_name in dropped)]


def _render(kind: str, item: Any, context: AutogenContext) -> Any:
    if kind == "type" and type(item).__module__ == "patron_core.columns":
        if isinstance(item, Scaled):
            return repr(BigInteger()).replace("BigInteger", "sa.BigInteger")
        # Codes are text; the CHECK beside them holds the names, and a revision must not change when the enum does.
        return "columns.Words()" if isinstance(item, CodeText) else f"columns.{type(item).__name__}()"
    return False


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for statement in lines for line in statement.split("\n"))


def _make_package(folder: Path, distribution: Distribution) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for package in (folder.parent, folder):
        if not (package / "__init__.py").exists():
            (package / "__init__.py").write_text(f'"""The revisions of the tables of {distribution.name}."""\n')


def _slug(message: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in message.lower()).split()
    return "_".join(words[:6])


def _format(file: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is not None:
        subprocess.run([ruff, "check", "--fix", "--quiet", "--select", "I,F401", str(file)], check=False)
        subprocess.run([ruff, "format", "--quiet", str(file)], check=True)


def main() -> None:
    """The command line of this tool."""
    parser = argparse.ArgumentParser(prog="python -m patron_core.migrations.revision", description="Writes a revision.")
    parser.add_argument("distribution", help="patron, or the name of an installed plugin")
    parser.add_argument("message", help="what changes, in a few words")
    parser.add_argument("--replace", action="store_true", help="delete the earlier revisions and begin with 0001")
    arguments = parser.parse_args()
    file = write_revision(distribution_of(arguments.distribution), arguments.message, replace=arguments.replace)
    print(file if file is not None else "The models say nothing new.")


if __name__ == "__main__":
    main()
