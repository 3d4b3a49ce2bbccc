"""SQLite: JSON by json_object and friends; one row, one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.dialects import sqlite

from ..catalog import Kind, ScalarField
from ..plan import Param
from .dialect import CURRENCIES, SEALED, UNUSUAL, Dialect, quoted
from .functions import AVERAGE, BUCKET

__all__ = ["SqliteDialect"]


class SqliteDialect(Dialect):
    """json_object and friends."""

    name = "sqlite"
    preparer = sqlite.dialect().identifier_preparer
    false = "0"
    marks = False

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
                usual = f"{currency} NOT IN ({quoted(UNUSUAL)})"
                return f"CASE WHEN {usual} THEN {_printed(value, 2)}{cases} END"
            case _:
                return value

    def sealed(self, place: str, row: str, stored: str) -> str:
        shown = f"json_object(char({ord(SEALED)}), '{place}', 'id', {row}, 'v', {stored})"
        return f"json(CASE WHEN {stored} IS NOT NULL THEN {shown} END)"

    def counted(self, value: str, units: int = 1) -> str:
        return value  # its functions write JSON without a character between

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

    def elements(self, values: str, alias: str) -> tuple[str, str, str]:
        return f"json_each({values}) {alias}", f"{alias}.value", f"{alias}.key"

    def same(self, left: str, right: str) -> str:
        return f"{left} IS {right}"

    def contains(self, value: str, needle: str) -> str:
        return f"instr({value}, {needle}) > 0"

    def starts(self, value: str, prefix: str) -> str:
        return f"substr({value}, 1, length({prefix})) = {prefix}"

    def at(self, parts: Sequence[str], order: str, place: str) -> str:
        before, key, behind = parts
        return f"{before} || (json_group_array({key} ORDER BY {order}) ->> ({place} - 1)) || {behind}"

    def rows(self, key: str | None, lists: Sequence[str], order: str, source: str, first: str | None) -> str:
        texts = [key] if key is not None else ["''"]
        for index, value in enumerate(lists):
            texts += [*(["char(9)"] if index else []), value]
        found = f"(SELECT group_concat({' || '.join(texts)}, char(10) ORDER BY {order}) FROM {source})"
        return found if first is None else f"{first} || coalesce(char(10) || {found}, '')"

    def only(self, constant: str) -> str:
        return f"'{constant}'"

    def stored(self, column: str) -> str:
        return f"json({column})"

    once = " LIMIT -1 OFFSET 0"

    def summed(self, value: str, over: str = "") -> str:
        return f"sum({value}){over}"

    def average(self, total: str, count: str, digits: int) -> str:
        return f"{AVERAGE}({total}, {count}, {digits})"

    def bucket(self, value: str, bucket: str, *, time: bool, zone: str | None) -> str:
        if zone is not None:
            return f"{BUCKET}({value}, '{bucket}', {zone})"
        day = f"substr({value}, 1, 10)" if time else value
        match bucket:
            case "DAY":
                return day
            case "WEEK":  # back and then forward to a Monday, which no last week of the year 9999 follows
                return f"date({day}, '-6 days', 'weekday 1')"
            case "QUARTER":
                first = f"(CAST(substr({value}, 6, 2) AS INTEGER) - 1) / 3 * 3 + 1"
                return f"substr({value}, 1, 5) || printf('%02d', {first}) || '-01'"
            case "MONTH":
                return f"substr({value}, 1, 7) || '-01'"
            case _:
                return f"substr({value}, 1, 4) || '-01-01'"

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
