"""The tables of the core and of all plugins spread over the machines of a Citus cluster: the SQL, and why it may be run.

In come the distributions whose models are imported, out come statements: each tenant's rows lie together on one machine, by
the column every key begins with, and the directory of tenants lies on all. Foreign keys are taken away before and given back
after, because a table may not refer to one that is not yet distributed. Running it is left to `patron db distribute`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import Connection
from sqlalchemy.schema import AddConstraint, DropConstraint

from patron_core.access.models import CONTROL_TABLES
from patron_core.address import dialect_of
from patron_core.database.roles import APP, AUDIT, OWNER, RELAY
from patron_core.errors import StartupError
from patron_core.migrations.distributions import Distribution, tables_of
from patron_core.migrations.running import in_transaction
from patron_core.records import Base

__all__ = ["Distributed", "distribute", "distributed", "distribution_problems", "distribution_sql"]

COLUMN: Final = "tenant_id"
_DIALECT: Final = PGDialect()  # type: ignore[no-untyped-call]
_EXTENSION: Final = "SELECT count(*) FROM pg_extension WHERE extname = 'citus'"
_DONE: Final = "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = to_regclass(:name)"


@dataclass(frozen=True, slots=True)
class Distributed:
    """What becomes of the tables. spread: by tenant, in the order of their references. copied: whole, to every machine."""

    spread: tuple[Table, ...]
    copied: tuple[Table, ...]


def distributed(wanted: Iterable[Distribution]) -> Distributed:
    """The tables of these distributions, those that others refer to first."""
    names = {name for each in wanted for name in tables_of(each)}
    tables = [table for table in Base.metadata.sorted_tables if table.name in names]
    return Distributed(
        spread=tuple(table for table in tables if table.name not in CONTROL_TABLES),
        copied=tuple(table for table in tables if table.name in CONTROL_TABLES),
    )


def distribution_problems(plan: Distributed) -> list[str]:
    """Every key that would reach over the border of a tenant, and so of a machine; empty when the tables may be spread."""
    found = []
    spread = {table.name for table in plan.spread}
    for table in plan.spread:
        for key, columns in _keys(table):
            if columns[:1] != [COLUMN]:
                found.append(
                    f"{key} of {table.name} does not begin with {COLUMN}. Put it first, or it needs all machines."
                )
        for reference in table.foreign_key_constraints:
            pairs = [(each.parent.name, each.column.name) for each in reference.elements]
            if reference.referred_table.name in spread and pairs[:1] != [(COLUMN, COLUMN)]:
                found.append(
                    f"{reference.name} of {table.name} refers to {reference.referred_table.name} without the tenant. "
                    f"Begin it with {COLUMN} on both sides."
                )
    return found


def _keys(table: Table) -> list[tuple[str, list[str]]]:
    rules = [each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)]
    keys = [(str(rule.name), [column.name for column in rule.columns]) for rule in rules]
    unique = [index for index in table.indexes if index.unique]
    return keys + [(str(index.name), [column.name for column in index.columns]) for index in unique]


def distribution_sql(plan: Distributed) -> list[str]:
    """The statements, for one transaction of a superuser on the coordinator."""
    references = [reference for table in plan.spread for reference in _references(table)]
    return [
        "SET LOCAL citus.enable_unsafe_triggers TO on",  # ours refuse changes, and look at nothing but their own row
        *(str(DropConstraint(each).compile(dialect=_DIALECT)) for each in references),
        *(f"SELECT create_reference_table('{table.name}')" for table in plan.copied),
        *_spreading(plan.spread),
        *(str(AddConstraint(each, isolate_from_table=False).compile(dialect=_DIALECT)) for each in references),
        *(f"ALTER ROLE {role} SET citus.propagate_set_commands TO 'local'" for role in (OWNER, APP, RELAY, AUDIT)),
    ]


def _references(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda each: str(each.name))


def _spreading(tables: Sequence[Table]) -> list[str]:
    """The first table begins a group of its own; the others lie where it lies."""
    found = []
    for number, table in enumerate(tables):
        beside = "none" if not number else tables[0].name
        found.append(f"SELECT create_distributed_table('{table.name}', '{COLUMN}', colocate_with => '{beside}')")
    return found


async def distribute(url: str, wanted: Sequence[Distribution]) -> int:
    """Spreads the tables that are not yet spread and returns how many. url: a superuser's, on the coordinator.

    Raises StartupError where there is no Citus or a key forbids it, UNAVAILABLE where the database is down.
    """
    if dialect_of(url) == "sqlite":
        raise StartupError(["SQLite is one file on one machine. The database is SQLite. Use PostgreSQL with Citus."])
    plan = distributed(wanted)
    problems = distribution_problems(plan)
    if problems:
        raise StartupError(problems)
    return await in_transaction(url, lambda connection: _distribute(connection, plan))


def _distribute(connection: Connection, plan: Distributed) -> int:
    if not connection.exec_driver_sql(_EXTENSION).scalar():
        raise StartupError(
            [
                "The tables cannot be spread. This database has no extension citus. Install it on all machines, or use --print."
            ]
        )
    left = Distributed(
        spread=tuple(table for table in plan.spread if not _is_spread(connection, table)),
        copied=tuple(table for table in plan.copied if not _is_spread(connection, table)),
    )
    if not left.spread and not left.copied:
        return 0
    if len(left.spread) < len(plan.spread):
        raise StartupError(
            ["Some tables are spread and others are not. New ones were made since. Spread those by hand: use --print."]
        )
    for statement in distribution_sql(left):
        connection.exec_driver_sql(statement)
    return len(left.spread) + len(left.copied)


def _is_spread(connection: Connection, table: Table) -> bool:
    return bool(connection.execute(text(_DONE), {"name": table.name}).scalar())
