"""PostgreSQL: JSON text by concat and to_json, behind the gate that sets the tenant before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.dialects import postgresql

from ..catalog import Kind, ScalarField
from ..plan import Param
from .dialect import CURRENCIES, MARK, NAME, SEALED, UNUSUAL, Dialect, quoted

__all__ = ["PostgresqlDialect"]

#: Joins the pieces of a value that concat will put together; no SQL text contains it.
_JOIN: Final = "\x00"


class PostgresqlDialect(Dialect):
    """concat and to_json."""

    name = "postgresql"
    preparer = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    false = "false"
    marks = True
    _WIDTH: Final = 90  # functions take 100 arguments

    def gate(self, body: str, tenant: Callable[[], str]) -> str:
        return f"SELECT CASE WHEN set_config('app.tenant', ({tenant()})::text, true) IS NOT NULL THEN ({body}) END"

    def place(self, position: int, param: Param) -> str:
        return f"${position}::{param.type.value}{'[]' if param.many else ''}"

    def object(self, entries: Sequence[tuple[str, str]]) -> str:
        pieces = ["'{'"]
        for index, (key, value) in enumerate(entries):
            escaped = f"\\u{ord(key):04x}" if len(key) == 1 and key < " " else key
            pieces += [f"'{',' if index else ''}\"{escaped}\":'", *_pieces(value)]
        return _JOIN.join([*pieces, "'}'"])

    def _concat(self, pieces: Sequence[str]) -> str:
        merged = _merge(pieces)
        if len(merged) == 1:
            return merged[0]
        if len(merged) > self._WIDTH:
            groups = [self._concat(merged[i : i + self._WIDTH]) for i in range(0, len(merged), self._WIDTH)]
            return f"concat({', '.join(groups)})"
        return f"concat({', '.join(merged)})"

    def scalar(self, field: ScalarField, value: str, currency: str | None) -> str:
        text = self._text_of(field, value, currency)
        if field.kind is Kind.INT:
            return f"coalesce(({value})::text, 'null')" if field.nullable else value
        if field.kind is Kind.BOOL:
            return f"CASE {value} WHEN true THEN 'true' WHEN false THEN 'false' ELSE 'null' END"
        if field.kind is Kind.TEXT:
            return f"coalesce(to_json({value})::text, 'null')" if field.nullable else f"to_json({value})"
        if field.nullable:
            return f"coalesce('\"' || {text} || '\"', 'null')"
        return _string(text)

    def _text_of(self, field: ScalarField, value: str, currency: str | None) -> str:
        """The inside of a JSON string that needs no escaping."""
        match field.kind:
            case Kind.ID:
                return f"'{field.id_prefix}_' || {value}"
            case Kind.TIME:
                return f"to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            case Kind.DATE:
                return f"({value})::text"  # the session's DateStyle is ISO
            case Kind.DECIMAL:
                return _scaled(value, field.scale)
            case Kind.AMOUNT:
                cases = "".join(
                    f" WHEN {currency} IN ({quoted(c)}) THEN {_scaled(value, e)}" for e, c in CURRENCIES.items()
                )
                usual = f"{currency} NOT IN ({quoted(UNUSUAL)})"  # one look into a hash table settles nearly all
                return f"CASE WHEN {usual} THEN {_scaled(value, 2)}{cases} END"
            case _:
                return value

    def sealed(self, place: str, row: str, stored: str) -> str:
        opening = f'\'{{"\\u{ord(SEALED):04x}":"{place}","id":"\''
        shown = f"concat({opening}, {row}, '\",\"v\":', to_json({stored}), '}}')"
        return f"CASE WHEN {stored} IS NULL THEN 'null' ELSE {shown} END"

    def counted(self, value: str, units: int = 1) -> str:
        return _JOIN.join([f"'{MARK * units}'", *_pieces(value)]) if units else value

    def named(self, value: str, parties: Sequence[str]) -> str:
        marks = [piece for party in parties for piece in (f"'{NAME}'", party)]
        return _JOIN.join([*marks, *_pieces(value)])

    def text(self, constant: str) -> str:
        return f"'\"{constant}\"'"

    def joined(self, *parts: str) -> str:
        return _JOIN.join(["'\"'", *parts, "'\"'"])

    def raw(self, constant: str) -> str:
        return f"'{constant}'"

    def truth(self, condition: str) -> str:
        return f"CASE WHEN {condition} THEN 'true' ELSE 'false' END"

    def number(self, sql: str) -> str:
        return sql

    def nested(self, sql: str) -> str:
        return f"coalesce(({sql}), 'null')"

    def array(self, item: str, order: str, only: str | None) -> str:
        kept = f" FILTER (WHERE {only})" if only else ""
        return self._concat_later(f"string_agg({self.whole(item)}, ',' ORDER BY {order}){kept}")

    def list(self, items: Sequence[str]) -> str:
        pieces = ["'['"]
        for index, item in enumerate(items):
            pieces += [*(["','"] if index else []), *_pieces(item)]
        return self._concat([*pieces, "']'"])

    def _concat_later(self, inside: str) -> str:
        return _JOIN.join(["'['", inside, "']'"])

    def whole(self, value: str) -> str:
        pieces = _pieces(value)
        return pieces[0] + "::text" if len(pieces) == 1 and pieces[0].startswith("to_json(") else self._concat(pieces)

    def choose(self, branches: Sequence[tuple[str, str]]) -> str:
        return f"CASE{''.join(f' WHEN {c} THEN {self.whole(v)}' for c, v in branches)} ELSE 'null' END"

    def member(self, value: str, values: str) -> str:
        return f"{value} = ANY({values})"

    def elements(self, values: str, alias: str) -> tuple[str, str, str]:
        return f"unnest({values}) WITH ORDINALITY AS {alias} (value, place)", f"{alias}.value", f"{alias}.place"

    def same(self, left: str, right: str) -> str:
        return f"{left} IS NOT DISTINCT FROM {right}"

    def contains(self, value: str, needle: str) -> str:
        return f"position({needle} IN {value}) > 0"

    def starts(self, value: str, prefix: str) -> str:
        return f"starts_with({value}, {prefix})"

    def at(self, parts: Sequence[str], order: str, place: str) -> str:
        before, key, behind = parts
        found = f"(array_agg({key} ORDER BY {order}))[{place}]"
        return f"coalesce('\"' || {before} || {found} || {behind} || '\"', 'null')"

    def rows(self, key: str | None, lists: Sequence[str], order: str, source: str, first: str | None) -> str:
        pieces = [f"{key}::text"] if key is not None else ["''"]
        for index, value in enumerate(lists):
            pieces += [*(["'\t'"] if index else []), *_pieces(value)]
        found = f"ARRAY(SELECT {_bytes(self._concat(pieces))} FROM {source} ORDER BY {order})"
        return found if first is None else f"ARRAY[{_bytes(f'{first}::text')}] || {found}"

    def only(self, constant: str) -> str:
        shown = f"'{constant}'"
        return f"ARRAY[{_bytes(shown)}]"

    def stored(self, column: str) -> str:
        return column

    once = " OFFSET 0"

    def summed(self, value: str, over: str = "") -> str:
        return f"(sum({value}){over})::bigint"

    def average(self, total: str, count: str, digits: int) -> str:
        # div() cuts towards zero and % has the sign of the sum, so a rest of half or more moves the result away from zero.
        scaled = f"({total} * {10**digits}::numeric)" if digits else f"{total}::numeric"
        whole, rest = f"div({scaled}, {count})", f"{scaled} % {count}"
        up = f"2 * abs({rest}) > {count} OR (2 * abs({rest}) = {count} AND {whole} % 2 <> 0)"
        return f"({whole} + CASE WHEN {up} THEN sign({total}::numeric) ELSE 0 END)::bigint"

    def bucket(self, value: str, bucket: str, *, time: bool, zone: str | None) -> str:
        if not time and bucket == "DAY":
            return value
        local = f"{value} AT TIME ZONE {zone or _UTC}" if time else f"{value}::timestamp"
        return f"({local})::date" if bucket == "DAY" else f"date_trunc('{bucket.lower()}', {local})::date"

    def cast_text(self, sql: str) -> str:
        return f'({sql}::text COLLATE "C")'


_UTC: Final = "'UTC'"


def _bytes(text: str) -> str:
    """A text as bytes in UTF-8, which the driver hands on as they are."""
    return f"convert_to({text}, 'UTF8')"


def _pieces(value: str) -> list[str]:
    return value.split(_JOIN)


def _string(text: str) -> str:
    """A JSON string around a text that needs no escaping, left in pieces for the concat around it."""
    if text.startswith("'") and " || " in text and not text.startswith("'\""):
        prefix, _, rest = text.partition(" || ")
        return _JOIN.join([f"'\"{prefix[1:]}", rest, "'\"'"])
    return _JOIN.join(["'\"'", text, "'\"'"])


def _merge(pieces: Sequence[str]) -> list[str]:
    """Joins neighbouring constants: fewer arguments, less work per row."""
    out: list[str] = []
    for piece in pieces:
        if out and _constant(piece) and _constant(out[-1]):
            out[-1] = out[-1][:-1] + piece[1:]
        else:
            out.append(piece)
    return out


def _constant(piece: str) -> bool:
    return len(piece) >= 2 and piece[0] == "'" and piece[-1] == "'" and "'" not in piece[1:-1]


def _scaled(value: str, scale: int) -> str:
    """A scaled integer as an exact decimal text on PostgreSQL: numeric keeps the factor's decimals."""
    return f"({value})::text" if scale == 0 else f"({value} * 0.{'0' * (scale - 1)}1)::text"
