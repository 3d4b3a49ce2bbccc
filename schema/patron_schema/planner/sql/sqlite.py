"""SQLite: JSON by json_object and friends; one row, one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.dialects import sqlite

from ..catalog import Kind, ScalarField
from ..plan import Param
from .dialect import CURRENCIES, Dialect, quoted

__all__ = ["SqliteDialect"]


class SqliteDialect(Dialect):
    """json_object and friends."""

    name = "sqlite"
    preparer = sqlite.dialect().identifier_preparer
    false = "0"

    def gate(self, body: str, tenant: Callable[[], str]) -> str:
        return f"SELECT {body}"

    def place(self, position: int, param: Param) -> str:
        return f"?{position}"

    def object(self, entries: Sequence[tuple[str, str]]) -> str:
        return f"json_object({', '.join(f'{self._key(key)}, {value}' for key, value in entries)})"

    def _key(self, key: str) -> str:
        return f"char({ord(key)})" if len(key) == 1 and key < " " else f"'{key}'"

    def scalar(self, field: ScalarField, value: str, currency: str | None) -> str:
        match field.kind:
            case Kind.ID:
                return f"'{field.id_prefix}_' || {value}"
            case Kind.BOOL:
                return f"json(CASE WHEN {value} THEN 'true' WHEN {value} IS NULL THEN 'null' ELSE 'false' END)"
            case Kind.DECIMAL:
                return _printed(value, field.scale)
            case Kind.AMOUNT:
                cases = "".join(
                    f" WHEN {currency} IN ({quoted(c)}) THEN {_printed(value, e)}" for e, c in CURRENCIES.items()
                )
                return f"CASE{cases} ELSE {_printed(value, 2)} END"
            case _:
                return value

    def text(self, constant: str) -> str:
        return f"'{constant}'"

    def joined(self, *parts: str) -> str:
        return " || ".join(parts)

    def raw(self, constant: str) -> str:
        return constant if constant.isdigit() else f"json('{constant}')"

    def truth(self, condition: str) -> str:
        return f"json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)"

    def number(self, sql: str) -> str:
        return sql

    def nested(self, sql: str) -> str:
        return f"json(({sql}))"

    def array(self, item: str, order: str, only: str | None) -> str:
        kept = f" FILTER (WHERE {only})" if only else ""
        return f"json_group_array({item} ORDER BY {order}){kept}"

    def whole(self, value: str) -> str:
        return value

    def list(self, items: Sequence[str]) -> str:
        return f"json_array({', '.join(items)})"

    def choose(self, branches: Sequence[tuple[str, str]]) -> str:
        return f"json(CASE{''.join(f' WHEN {c} THEN {v}' for c, v in branches)} END)"

    def member(self, value: str, values: str) -> str:
        return f"{value} IN (SELECT value FROM json_each({values}))"

    def same(self, left: str, right: str) -> str:
        return f"{left} IS {right}"

    def contains(self, value: str, needle: str) -> str:
        return f"instr({value}, {needle}) > 0"

    def starts(self, value: str, prefix: str) -> str:
        return f"substr({value}, 1, length({prefix})) = {prefix}"

    def one_of(self, value: str, only: str) -> str:
        return f"max({value}) FILTER (WHERE {only})"

    def stored(self, column: str) -> str:
        return f"json({column})"

    def cast_text(self, sql: str) -> str:
        return sql


def _printed(value: str, scale: int) -> str:
    """A scaled integer as an exact decimal text on SQLite."""
    if scale == 0:
        return f"CAST({value} AS TEXT)"
    unit = 10**scale
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    whole = f"printf('%s%d.%0{scale}d', {sign}, abs({value} / {unit}), abs({value} % {unit}))"
    return f"CASE WHEN {value} IS NOT NULL THEN {whole} END"
