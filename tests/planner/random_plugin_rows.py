"""Random rows of any plugin's models, read off their columns: what a rule of the table refuses is not kept.

Models are filled in the order of their references. Unique constraints are kept by leaving rows out, CHECKs by asking SQLite.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import pysqlite3
from sqlalchemy import Boolean, CheckConstraint, Column, Table, UniqueConstraint
from sqlalchemy import inspect as inspect_mapper
from sqlalchemy.dialects import sqlite
from tests.planner.random_rows import RandomRows

from patron_core.columns import LATEST, CodeText, Day, EncryptedText, Identifier, Scaled, UtcTime, Words
from patron_core.records import META, Record, ReferenceMeta

__all__ = ["plugin_models", "random_plugin_rows"]

_TRIES = 4  # until the rules of a table let a row pass: a table without a row would leave those that refer to it empty
_SUM = re.compile(r"(\w+) = (\w+(?: [+-] \w+)+)$")
_STANDARD = ("tenant_id", "id", "version", "created_at", "updated_at")


def plugin_models(packages: Sequence[str]) -> list[type[Record]]:
    """The models of packages, such as a plugin's, each after those it refers to."""
    within = tuple(f"{package}." for package in packages)
    waiting = [mapper.class_ for mapper in Record.registry.mappers if mapper.class_.__module__.startswith(within)]
    ordered: list[type[Record]] = []
    while waiting:
        ready = [m for m in waiting if not ({r.target for _, r in references(m)} - {m}) & set(waiting)]
        assert ready, f"{waiting} refer to each other in a circle"
        ordered += sorted(ready, key=lambda model: model.__name__)
        waiting = [model for model in waiting if model not in ready]
    return ordered


def references(model: type[Record]) -> Iterator[tuple[str, ReferenceMeta]]:
    """The references of a model by name."""
    for relation in inspect_mapper(model).relationships:
        if META in relation.info:
            yield relation.key, relation.info[META]


def random_plugin_rows(made: RandomRows, models: Iterable[type[Record]], *, count: int) -> None:
    """Adds up to `count` rows of each model to those that are there."""
    for model in models:
        rules = _Rules(model.__table__)  # type: ignore[arg-type]
        for id in made.ids(count):
            for _ in range(_TRIES):
                linked = _linked(made, model)
                row = None if linked is None else rules.balanced({**_values(made, model), **linked})
                if row is not None and rules.allow({**row, "id": id}):
                    made.rows.add(model, id, **row)
                    break


def _linked(made: RandomRows, model: type[Record]) -> dict[str, Any] | None:
    """The ids of rows a new row refers to; None where there is none to refer to."""
    out: dict[str, Any] = {}
    for name, meta in references(model):
        targets = [m.__name__ for m in meta.target.__mro__[:1]] + [m.__name__ for m in meta.target.__subclasses__()]
        ids = [row["id"] for row in made.rows.of(*targets)]
        if not ids and not meta.optional:
            return None
        out[f"{name}_id"] = made.linked(ids, null=0.3 if meta.optional else 0.0) if ids else None
    return out


def _values(made: RandomRows, model: type[Record]) -> dict[str, Any]:
    pairs = {part: name for name, meta in model.composites.items() for part in meta.columns}
    out: dict[str, Any] = {}
    linked = {f"{name}_id" for name, _ in references(model)}
    for column in inspect_mapper(model).columns:
        name = column.key
        if isinstance(column.type, Identifier):  # of a row that no reference leads to
            if name not in _STANDARD and name not in linked and not column.nullable:
                out[name] = next(iter(made.ids(1)))
        elif name not in _STANDARD and name not in pairs:
            out[name] = _value(made, column, null=0.3 if column.nullable else 0.0)
    for column in inspect_mapper(model).columns:
        if column.info[META].blind is not None:  # as unique as the text, whatever the hash will be
            out[column.info[META].blind] = out[column.key]
    for name, meta in model.composites.items():
        if meta.columns[0].endswith("_from"):
            out.update(made.period(name))
        else:
            nothing = inspect_mapper(model).columns[meta.columns[0]].nullable and made.some((True, False))
            out.update(dict.fromkeys(meta.columns) if nothing else made.money(name))
    return out


def _value(made: RandomRows, column: Column[Any], *, null: float) -> Any:
    match column.type:
        case CodeText(code=code):
            return made.some(list(code), null=null)
        case Boolean():
            return made.some((True, False), null=null)
        case UtcTime():
            return made.time(null=null)
        case Day():
            return made.some((dt.date(2026, 1, 1), dt.date(2026, 1, 2), dt.date(2026, 3, 1), LATEST.date()), null=null)
        case Scaled():
            return made.some((Decimal(0), Decimal("1.5"), Decimal("-0.001"), Decimal(100)), null=null)
        case Words() | EncryptedText():
            return made.text(null=null)
        case _:
            return made.some((0, 1, 2, 7, 100, -3), null=null)


class _Rules:
    """The unique constraints and the CHECKs of a table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.checks = [str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)]
        kept = [c for c in table.constraints if isinstance(c, UniqueConstraint)] + [
            i for i in table.indexes if i.unique
        ]
        self.unique = [tuple(c.name for c in rule.columns if c.name != "tenant_id") for rule in kept]
        self.taken: set[tuple[Any, ...]] = set()
        self.memory = pysqlite3.connect(":memory:")

    def balanced(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with each sum that a CHECK asks for at its end: `total = paid + open` sets the total."""
        for check in self.checks:
            if found := _SUM.search(check):
                name, sum_ = found.groups()
                signed = ("+ " + sum_).split()
                parts = [
                    row[part] if sign == "+" else -row[part]
                    for sign, part in zip(signed[::2], signed[1::2], strict=True)
                ]
                row = {**row, name: sum(parts)}
        return row

    def allow(self, row: dict[str, Any]) -> bool:
        """Whether a row may be added to those allowed before."""
        keys = [(names, *(row[name] for name in names)) for names in self.unique if None not in map(row.get, names)]
        if any(key in self.taken for key in keys) or not self._checked(row):
            return False
        self.taken.update(keys)
        return True

    def _checked(self, row: dict[str, Any]) -> bool:
        if not self.checks:
            return True
        names = [name for name in row if name in self.table.c]
        values = [_stored(self.table.c[name], row[name]) for name in names]
        source = f"WITH r ({', '.join(names)}) AS (SELECT {', '.join('?' * len(names))})"
        sql = f"{source} SELECT {' AND '.join(f'coalesce({check}, 1)' for check in self.checks)} FROM r"
        return bool(self.memory.execute(sql, values).fetchone()[0])


def _stored(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, EncryptedText):
        return value
    process = column.type.dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())
    return process(value) if process else value
