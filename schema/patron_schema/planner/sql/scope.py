"""The names of one statement: aliases, parameters and the SQL of fields, relations and subject paths over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from patron_core.access.grants import PARTY_BOUND
from patron_core.access.kept_back import kept_back

from ..catalog import (
    SUMMED,
    ColumnField,
    ExpressionField,
    Kind,
    OrderPath,
    RelationField,
    ScalarField,
    SubjectPath,
    TypeEntry,
    ValueField,
)
from ..parameters import EXPONENTS
from ..plan import Limit, Param, ParamType, Source
from .dialect import CURRENCIES, Dialect, quoted

__all__ = ["Scope", "nullable", "within_int"]

#: Columns that are never near the end of an Int, so that looking is left out: one is added at each change of a row.
_SMALL: Final = frozenset({"version"})


class Scope:
    """Hands out aliases and parameter places. types: by name. limits: whose rows alone are read."""

    def __init__(self, sql: Dialect, types: Mapping[str, TypeEntry]) -> None:
        self.sql = sql
        self.types = types
        self.limits: tuple[Limit, ...] = ()
        self._aliases = 0
        self._positions: dict[int, int] = {}
        self._bound: dict[int, Param] = {}
        self.sealed = False  # whether an encrypted column is shown or compared

    @property
    def binds(self) -> tuple[int, ...]:
        """The parameters the statement binds, in the order of their places."""
        return tuple(self._positions)

    def alias(self) -> str:
        """A fresh alias."""
        self._aliases += 1
        return f"t{self._aliases}"

    def param(self, param: Param) -> str:
        """A parameter's place; a plan's parameter that is never written is never bound."""
        position = self._positions.setdefault(param.index, len(self._positions) + 1)
        self._bound[param.index] = param
        return self.sql.place(position, param)

    def mark(self) -> tuple[int, int]:
        """Where writing stands, for `back_to`."""
        return self._aliases, len(self._positions)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forgets the names given out since `mark`: what was written with them is thrown away or stands alone."""
        self._aliases = mark[0]
        for index in list(self._positions)[mark[1] :]:
            del self._positions[index]

    def bound_since(self, mark: tuple[int, int]) -> list[tuple[Source, ParamType]]:
        """What the parameters mean that were first written since `mark`."""
        new = [self._bound[index] for index in list(self._positions)[mark[1] :]]
        return [(param.source, param.type) for param in new]

    def column(self, alias: str, name: str) -> str:
        """A column of an alias."""
        return f"{alias}.{self.sql.preparer.quote(name)}"

    def value(self, field: ScalarField, alias: str) -> str:
        """A scalar's SQL value over an alias."""
        if isinstance(field, ColumnField):
            return self.column(alias, field.column)
        template: str = getattr(field.template, self.sql.name)
        if field.via is None:
            return f"({template.format(row=alias, limits=self.about(field.via_table, field.subjects, SUMMED))})"
        other = self.alias()
        mine = f"{self.owned(other)}{self.about(field.via_table, field.subjects, other)}"
        return (
            f"(SELECT {template.format(row=other)} FROM {field.via_table} {other} WHERE {mine}"
            f" AND {other}.id = {self.column(alias, field.via)})"
        )

    def owned(self, alias: str) -> str:
        return f"{alias}.tenant_id = {self.tenant}"

    @property
    def tenant(self) -> str:
        """The tenant's parameter."""
        return self.param(Param(1, ParamType.UUID, False, None, None))  # type: ignore[arg-type]

    def rows_of(self, entry: TypeEntry, alias: str) -> str:
        """The conditions every table carries: the tenant, and the tag of a type that shares its table."""
        tag = (
            f" AND {self.column(alias, entry.discriminator)} = '{entry.tag}'"
            if entry.tag and entry.discriminator
            else ""
        )
        return self.owned(alias) + tag + self.limited(entry, alias)

    def limited(self, entry: TypeEntry, alias: str) -> str:
        """The conditions of an actor that does not see all rows, each beginning with AND; a row about no party is seen."""
        return self.about(entry.table, entry.subjects, alias)

    def about(self, table: str | None, paths: tuple[SubjectPath, ...] | None, alias: str) -> str:
        """The same conditions on rows of which only the table and the paths to parties are known."""
        theirs = "".join(
            f" AND ({' OR '.join(self._about(path, alias, limit) for path in paths)})" for limit in self.limits if paths
        )
        return theirs + self._not_ours(table, alias)

    def _about(self, path: SubjectPath, alias: str, limit: Limit) -> str:
        """Whether a row is about a party that the actor may see: by sets, so that an index on a reference can begin."""
        if not path:
            return self._is_seen(f"{alias}.id", limit)
        (column, table), *rest = path
        if table is None:
            return self._is_seen(self.column(alias, column), limit)
        other = self.alias()
        inside = self._about(tuple(rest), other, limit)
        mine = f"{self.owned(other)}{self._not_ours(table, other)}"
        return f"{self.column(alias, column)} IN (SELECT {other}.id FROM {table} {other} WHERE {mine} AND {inside})"

    def _not_ours(self, table: str | None, alias: str) -> str:
        """Leaves out the rows that say what something costs us, for those who do not see them."""
        kept = kept_back(table) if PARTY_BOUND.intersection(limit.rows for limit in self.limits) else None
        return "" if kept is None else f" AND {self.column(alias, kept.column)} IS DISTINCT FROM {quoted([kept.code])}"

    def _is_seen(self, party: str, limit: Limit) -> str:
        """Whether the actor may see what is about a party."""
        who = self.param(limit.params[0])
        match limit.rows:
            case "own" | "subject":
                return f"{party} = {who}"
            case "owned":
                mine = self.alias()
                return f"{party} IN (SELECT {mine}.party_id FROM customer {mine} WHERE {self.owned(mine)} AND {mine}.owner = {who})"
            case "shared":
                given, theirs = self.alias(), self.alias()
                now = self.param(limit.params[1])
                return (
                    f"{party} IN (SELECT {theirs}.party_id FROM sharing_agreement {given} JOIN customer {theirs}"
                    f" ON {self.owned(theirs)} AND {theirs}.id = {given}.customer_id WHERE {self.owned(given)}"
                    f" AND {given}.partner_id = {who} AND ({given}.validity_from IS NULL OR {given}.validity_from <= {now})"
                    f" AND ({given}.validity_to IS NULL OR {given}.validity_to > {now}))"
                )

    def link(self, field: RelationField, here: str, there: str) -> str:
        mine = self.column(here, field.here)
        first = f"{self.column(there, field.there)} = {mine}"
        return first if field.also is None else f"({first} OR {self.column(there, field.also)} = {mine})"

    def path(self, path: OrderPath, alias: str) -> list[str]:
        """The values an order key compares, one after the other; one reference away they are sub-selects."""
        first, *rest = path
        match first:
            case RelationField():
                other = self.alias()
                inside = self.path(tuple(rest), other)
                target = self.types[first.target]
                mine = f"{self.owned(other)}{self.limited(target, other)}"
                source = f"{target.table} {other} WHERE {mine} AND {self.link(first, alias, other)}"
                return [f"(SELECT {value} FROM {source})" for value in inside]
            case ValueField(present_table=None):
                return self.path(tuple(rest), alias)
            case ValueField():  # a value that is not there has no parts, not even a total of 0
                there = self.presence(first, alias)
                return [f"(CASE WHEN {there} THEN {value} END)" for value in self.path(tuple(rest), alias)]
            case ColumnField(kind=Kind.AMOUNT, companion=str(companion)):
                return _major_and_minor(self.value(first, alias), self.column(alias, companion))
            case ColumnField() | ExpressionField():
                return [self.value(first, alias)]
            case _:
                raise AssertionError(first)

    def order_by(self, steps: Sequence[tuple[str, bool, bool]]) -> str:
        """ORDER BY with nulls last when ascending and first when descending, on both databases."""
        return ", ".join(
            f"{sql}{' DESC' if descending else ''}{(' NULLS FIRST' if descending else ' NULLS LAST') if nullable else ''}"
            for sql, descending, nullable in steps
        )

    def reaches(self, path: tuple[tuple[str, str | None], ...], alias: str, parent: str) -> str:
        (column, table), *rest = path
        if table is None:
            return f"{self.column(alias, column)} = {parent}.id"
        other = self.alias()
        inside = self.reaches(tuple(rest), other, parent)
        return (
            f"EXISTS (SELECT 1 FROM {table} {other} WHERE {self.owned(other)}"
            f" AND {other}.id = {self.column(alias, column)} AND {inside})"
        )

    def subject(self, path: tuple[tuple[str, str | None], ...], alias: str) -> str:
        """The id of the party a row is about."""
        if not path:
            return f"{alias}.id"
        (column, table), *rest = path
        if table is None:
            return self.column(alias, column)
        other = self.alias()
        inside = self.subject(tuple(rest), other)
        return f"(SELECT {inside} FROM {table} {other} WHERE {self.owned(other)} AND {other}.id = {self.column(alias, column)})"

    def presence(self, field: ValueField, alias: str) -> str:
        if field.present_column is None:
            return "1 = 1"
        if field.present_table is None:
            return f"{self.column(alias, field.present_column)} IS NOT NULL"
        other = self.alias()
        return (
            f"EXISTS (SELECT 1 FROM {field.present_table} {other} WHERE {self.owned(other)}"
            f"{self.about(field.present_table, field.present_subjects, other)}"
            f" AND {self.column(other, field.present_column)} = {alias}.id)"
        )

    def scalar(self, field: ScalarField, alias: str) -> str:
        """A scalar of a row as a JSON value."""
        if field.sealed is not None:
            self.sealed = True
            return self.sql.sealed(field.sealed, f"{alias}.id", self.value(field, alias))
        companion = field.companion
        currency = self.column(alias, companion) if companion is not None else None
        return self.sql.scalar(field, self._kept(field, self.value(field, alias)), currency)

    def compared(self, field: ScalarField, alias: str) -> str:
        """What a condition compares: a scalar's value, or the hash beside an encrypted one."""
        if isinstance(field, ColumnField) and field.sealed is not None:
            self.sealed = True
            return self.column(alias, field.blind or field.column)
        return self.value(field, alias)

    def _kept(self, field: ScalarField, value: str) -> str:
        """A value that is shown: an Int has 32 bits, and its column or total 64."""
        if field.kind is not Kind.INT or (isinstance(field, ColumnField) and field.column in _SMALL):
            return value
        if isinstance(field, ColumnField):
            return within_int(value)
        inner = self.alias()  # a total is read once, however often the condition names it
        return f"(SELECT {within_int(f'{inner}.v')} FROM (SELECT {value} AS v{self.sql.once}) {inner})"


def within_int(value: str) -> str:
    """An integer of 32 bits as it is; the statement fails where it is beyond, as GraphQL has it, and never cuts it.

    Both databases refuse the absolute value of their smallest integer, and read it only where the condition holds.
    """
    refused = f"abs(-9223372036854775807 - 1 + 0 * {value})"
    return f"CASE WHEN {value} NOT BETWEEN {-(2**31)} AND {2**31 - 1} THEN {refused} ELSE {value} END"


def _major_and_minor(value: str, currency: str) -> list[str]:
    """An amount as whole major units and the rest in the smallest units of any currency: exact, and alike for all currencies."""
    smallest = max(EXPONENTS)
    groups = [*CURRENCIES.items(), (2, ())]

    def case(of_exponent: Callable[[int], str]) -> str:
        whens = "".join(
            f" WHEN {currency} IN ({quoted(codes)}) THEN {of_exponent(exponent)}"
            if codes
            else f" ELSE {of_exponent(exponent)}"
            for exponent, codes in groups
        )
        return f"(CASE{whens} END)"

    return [case(lambda e: f"{value} / {10**e}"), case(lambda e: f"{value} % {10**e} * {10 ** (smallest - e)}")]


def nullable(path: OrderPath) -> bool:
    """Whether an order key may be null."""
    return any(getattr(field, "nullable", False) for field in path)
