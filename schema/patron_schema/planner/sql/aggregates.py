"""Groups of a connection's rows as one JSON array: figures, money by currency, which groups, in what order.

Selects stand in each other, each read once. `rows`: what a row gives to keys and measures; references are joined, so that no
row costs a look-up of its own where the database knows better. `cells`, where money is measured: the rows of a group in one
currency. `groups`: a row for each group with all that is needed of it. `picked`: the groups that `having` leaves, numbered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from patron_core.records import Classification

from ..catalog import ColumnField, ExpressionField, Kind, OrderPath, RelationField, ValueField, is_amount
from ..groups import Aggregate, Figure, Figures, FigureTest, Function, GroupEntry, GroupKey, Having, Keys, Moneys
from ..plan import Typename
from .conditions import COMPARE, Conditions
from .scope import Scope, nullable, within_int

__all__ = ["Aggregates"]


class Aggregates:
    """Writes aggregates."""

    def __init__(self, scope: Scope, conditions: Conditions) -> None:
        self.scope = scope
        self.conditions = conditions

    def aggregate(self, node: Aggregate, parent: str) -> str:
        """The groups as a JSON array. parent: the alias of the row that has them; none at the root."""
        return _Writer(self.scope, self.conditions, node).written(parent)


class _Writer:
    """Writes one aggregate. Columns are called alike in every select: k0 (key), s0 q0 a0 z0 (sum, number of values, smallest
    and largest of a measure), c0 m0 (currency, average of money), f0 (figure in one currency), j0 (list of money)."""

    def __init__(self, scope: Scope, conditions: Conditions, node: Aggregate) -> None:
        self.scope = scope
        self.sql = scope.sql
        self.conditions = conditions
        self.node = node
        used = list(_figures(node))
        paths = {figure.measure: figure.path for figure in used if figure.path}
        self.measures = {measure: index for index, measure in enumerate(paths)}
        self.paths = paths
        self.needed = {(figure.measure, column) for figure in used for column in _COLUMNS[figure.function]}
        self.money = [measure for measure, path in paths.items() if is_amount(path)]
        self.made: dict[str, str] = {}  # columns of groups that only one entry or condition needs: name by SQL
        self.keys = [f"k{index}" for index in range(len(node.keys))]

    def written(self, parent: str) -> str:
        rows, cells, groups, picked = (self.scope.alias() for _ in range(4))
        self.cells = cells
        item = self.sql.counted(
            self.sql.object([(key, self._entry(entry, picked)) for key, entry in self.node.entries])
        )
        having = self._having(self.node.having, groups) if self.node.having is not None else ""
        order = self._order(groups)
        source = self._grouped(self._rows(parent), rows)
        if len(self.money) > 1:
            source = self._merged(f"({source}) {cells}")
        if self.money:
            source = self._gathered(f"({self._averaged(source)}) {cells}")
        number = f"row_number() OVER (ORDER BY {order})" if order else "1"
        kept = f"{f' WHERE {having}' if having else ''}{f' ORDER BY {order}' if order else ''}"
        size = self.scope.param(self.node.size)
        source = f"(SELECT {groups}.*, {number} AS rn FROM ({source}) {groups}{kept} LIMIT {size}) {picked}"
        array = self.sql.whole(self.sql.counted(self.sql.array(item, f"{picked}.rn", None)))
        return self.sql.nested(f"SELECT {array} FROM {source}")

    # -- rows

    def _rows(self, parent: str) -> str:
        """What each row gives. Expressions that look further are kept from being written out for each figure."""
        node, inner = self.node, self.scope.alias()
        self.joins: dict[str, tuple[RelationField, str]] = {}
        values = [f"{self._key(key, inner)} AS {name}" for key, name in zip(node.keys, self.keys, strict=True)]
        for measure, index in self.measures.items():
            values += self._measure(index, self.paths[measure], inner)
        where = self.scope.rows_of(node.target, inner)
        if node.field is not None:
            where += f" AND {self.scope.link(node.field, parent, inner)}"
        if node.where is not None:
            where += f" AND {self.conditions.condition(node.where, inner)}"
        joins = "".join(self._join(field, inner, other) for field, other in self.joins.values())
        once = self.sql.once if any("(" in value for value in values) else ""
        shown = ", ".join(values) or "1 AS one"
        return f"SELECT {shown} FROM {node.target.table} {inner}{joins} WHERE {where}{once}"

    def _join(self, field: RelationField, alias: str, other: str) -> str:
        target = self.scope.types[field.target]
        rows = f"{self.scope.owned(other)}{self.scope.limited(target, other)}"
        return f" LEFT JOIN {target.table} {other} ON {rows} AND {self.scope.link(field, alias, other)}"

    def _key(self, key: GroupKey, alias: str) -> str:
        value = self._value(key.path, alias)
        if key.bucket is None:
            return value
        leaf = key.path[-1]
        assert isinstance(leaf, ColumnField | ExpressionField)
        zone = self.scope.param(key.timezone) if key.timezone is not None else None
        return self.sql.bucket(value, key.bucket, time=leaf.kind is Kind.TIME, zone=zone)

    def _measure(self, index: int, path: OrderPath, alias: str) -> list[str]:
        values = [f"{self._value(path, alias)} AS v{index}"]
        if is_amount(path):
            amount = path[-1]
            assert isinstance(amount, ColumnField)
            assert amount.companion is not None
            holder = self._joined(path[0], alias) if isinstance(path[0], RelationField) else alias
            values.append(f"{self.scope.column(holder, amount.companion)} AS c{index}")
        return values

    def _joined(self, field: RelationField, alias: str) -> str:
        """The alias of the row a reference points to; each is joined once."""
        if field.name not in self.joins:
            self.joins[field.name] = (field, self.scope.alias())
        return self.joins[field.name][1]

    def _value(self, path: OrderPath, alias: str) -> str:
        """The scalar at a path; null where the row one reference away, or the value it is a part of, is not there."""
        first, *rest = path
        match first:
            case RelationField():
                other = self._joined(first, alias)
                value = self._value(tuple(rest), other)
                plain = len(rest) == 1 and isinstance(rest[0], ColumnField)
                return value if plain else f"(CASE WHEN {other}.id IS NOT NULL THEN {value} END)"
            case ValueField(present_table=None):
                return self._value(tuple(rest), alias)
            case ValueField():
                return f"(CASE WHEN {self.scope.presence(first, alias)} THEN {self._value(tuple(rest), alias)} END)"
            case ColumnField() | ExpressionField():
                return self.scope.value(first, alias)
            case _:
                raise AssertionError(first)

    # -- cells and groups

    def _grouped(self, source: str, rows: str) -> str:
        """Cells, or groups where no money is measured: counts, sums, smallest and largest values of rows."""
        columns = ["count(*) AS n"]
        for column, index in self._columns(self.measures):
            columns.append(f"{self._made(column, f'{rows}.v{index}')} AS {column}{index}")
        by = [*self.keys, *(f"c{self.measures[measure]}" for measure in self.money)]
        return self._select([f"{rows}.{name}" for name in by], columns, f"({source}) {rows}")

    def _made(self, column: str, value: str) -> str:
        match column:
            case "s":
                return self.sql.summed(value)
            case "q":
                return f"count({value})"
            case "a":
                return f"min({value})"
            case _:
                return f"max({value})"

    def _merged(self, source: str) -> str:
        """Cells of several measures of money: each has the figures of all cells of its group in its currency, and one of those is
        marked to stand for them."""
        numbers = [f"{c}{i}" for c, i in self._columns(m for m in self.measures if m not in self.money)]
        currencies = [f"c{self.measures[measure]}" for measure in self.money]
        shown = [f"{self.cells}.{name}" for name in (*self.keys, "n", *numbers, *currencies)]
        for measure in self.money:
            index = self.measures[measure]
            of = ", ".join(f"{self.cells}.{name}" for name in (*self.keys, f"c{index}"))
            over = f" OVER (PARTITION BY {of})"
            for column, _ in self._columns([measure]):
                shown.append(f"{self._again(column, f'{self.cells}.{column}{index}', over)} AS {column}{index}")
            shown.append(f"row_number(){over} AS w{index}")
        return f"SELECT {', '.join(shown)} FROM {source}"

    def _averaged(self, source: str) -> str:
        """Cells with the averages of money, which are long to write."""
        means = []
        for measure in self.money:
            index = self.measures[measure]
            if (measure, "q") in self.needed:
                average = self.sql.average(f"{self.cells}.s{index}", f"{self.cells}.q{index}", 0)
                means.append(f"{average} AS m{index}")
        return f"SELECT {self.cells}.*, {', '.join(means)} FROM ({source}) {self.cells}" if means else source

    def _gathered(self, source: str) -> str:
        """Groups of cells: numbers of all currencies together, and of money what was asked for."""
        columns = [f"coalesce({self.sql.summed(f'{self.cells}.n')}, 0) AS n"]
        for column, index in self._columns(m for m in self.measures if m not in self.money):
            columns.append(f"{self._again(column, f'{self.cells}.{column}{index}')} AS {column}{index}")
        columns += [f"{sql} AS {name}" for sql, name in self.made.items()]
        return self._select([f"{self.cells}.{name}" for name in self.keys], columns, source)

    def _again(self, column: str, value: str, over: str = "") -> str:
        """The same column for several cells at once."""
        if column in ("s", "q"):
            return self.sql.summed(value, over)
        return f"{'min' if column == 'a' else 'max'}({value}){over}"

    def _columns(self, measures: Iterable[str]) -> Iterator[tuple[str, int]]:
        for measure in measures:
            for column in "sqaz":
                if (measure, column) in self.needed:
                    yield column, self.measures[measure]

    def _select(self, by: list[str], columns: list[str], source: str) -> str:
        grouped = f" GROUP BY {', '.join(by)}" if by else ""
        return f"SELECT {', '.join([*by, *columns])} FROM {source}{grouped}"

    # -- what is shown, compared and ordered by

    def _entry(self, entry: GroupEntry | Typename, alias: str) -> str:
        match entry:
            case None:
                return self.sql.raw("null")
            case Typename():
                return self.sql.text(entry.name)
            case Figure():
                return self.sql.number(f"{alias}.n")
            case Keys():
                return self.sql.object([(key, self._shown_key(part, alias)) for key, part in entry.entries])
            case Figures():
                return self.sql.object([(key, self._shown(part, alias)) for key, part in entry.entries])

    def _shown_key(self, part: int | Typename | None, alias: str) -> str:
        if isinstance(part, int):
            return self.sql.scalar(self.node.keys[part].shown, f"{alias}.k{part}", None)
        return self.sql.text(part.name) if part is not None else self.sql.raw("null")

    def _shown(self, part: Figure | Moneys | Typename, alias: str) -> str:
        match part:
            case Typename():
                return self.sql.text(part.name)
            case Figure():
                value = self._value_of(part, alias)
                return self.sql.scalar(part.shown, within_int(value) if part.shown.kind is Kind.INT else value, None)
            case Moneys():
                return self.sql.stored(f"{alias}.{self._column(self._moneys(part), 'j')}")

    def _moneys(self, part: Moneys) -> str:
        """One object for each currency, in the order of their codes."""
        currency = f"{self.cells}.c{self.measures[part.figure.measure]}"
        value, only = self._in_cell(part.figure)
        shown: list[tuple[str, str]] = []
        for key, what in part.entries:
            if isinstance(what, Typename):
                shown.append((key, self.sql.text(what.name)))
            elif what == "amount":
                shown.append((key, self.sql.scalar(part.figure.shown, value, currency)))
            else:
                shown.append((key, self.sql.scalar(_CURRENCY, currency, None)))
        return self.sql.whole(self.sql.array(self.sql.object(shown), currency, only))

    def _in_cell(self, figure: Figure) -> tuple[str, str]:
        """A figure of money over a cell, and which cells have it."""
        index = self.measures[figure.measure]
        mark = f" AND {self.cells}.w{index} = 1" if len(self.money) > 1 else ""
        value = f"{self.cells}.m{index}" if figure.function == "average" else self._plain(figure, self.cells)
        return value, f"{self.cells}.c{index} IS NOT NULL{mark}"

    def _plain(self, figure: Figure, alias: str) -> str:
        index = self.measures[figure.measure]
        if figure.function == "average":
            leaf = figure.path[-1]
            assert isinstance(leaf, ColumnField | ExpressionField)
            return self.sql.average(f"{alias}.s{index}", f"{alias}.q{index}", figure.shown.scale - leaf.scale)
        return f"{alias}.{_COLUMNS[figure.function][0]}{index}"

    def _value_of(self, figure: Figure, alias: str) -> str:
        """A figure over a group; of money in the one currency it names, null where there is none."""
        if figure.function == "count":
            return f"{alias}.n"
        if figure.currency is None:
            return self._plain(figure, alias)
        value, only = self._in_cell(figure)
        currency = f"{self.cells}.c{self.measures[figure.measure]} = {self.scope.param(figure.currency)}"
        return f"{alias}.{self._column(f'max({value}) FILTER (WHERE {only} AND {currency})', 'f')}"

    def _column(self, sql: str, letter: str) -> str:
        return self.made.setdefault(sql, f"{letter}{len(self.made)}")

    def _having(self, having: Having, alias: str) -> str:
        if isinstance(having, FigureTest):
            return self._test(having, alias)
        parts = [self._having(condition, alias) for condition in having.conditions]
        match having.word:
            case "and":
                return "(" + " AND ".join(parts) + ")" if parts else "(1 = 1)"
            case "or":
                return "(" + " OR ".join(parts) + ")" if parts else "(1 = 0)"
            case "not":
                return f"NOT coalesce({parts[0]}, {self.sql.false})"

    def _test(self, test: FigureTest, alias: str) -> str:
        value, param = self._value_of(test.figure, alias), self.scope.param(test.param)
        match test.operator:
            case "isNull":
                return f"({value} IS NULL) = {param}"
            case "in":
                return self.sql.member(value, param)
            case "notIn":
                return f"({value} IS NOT NULL AND NOT ({self.sql.member(value, param)}))"
            case operator:
                return f"{value} {COMPARE[operator]} {param}"

    def _order(self, alias: str) -> str:
        steps = []
        for step in self.node.order:
            if isinstance(step.by, int):
                steps.append((f"{alias}.k{step.by}", step.descending, nullable(self.node.keys[step.by].path)))
            else:
                steps.append((self._value_of(step.by, alias), step.descending, True))
        return self.scope.order_by(steps)


#: The columns of a measure that a figure is made of.
_COLUMNS: Final[Mapping[Function, tuple[str, ...]]] = {
    "count": (),
    "sum": ("s",),
    "average": ("s", "q"),
    "min": ("a",),
    "max": ("z",),
}


_CURRENCY: Final = ColumnField("currencyCode", "", "", Kind.TEXT, Classification.PUBLIC, False)


def _figures(node: Aggregate) -> Iterator[Figure]:
    """Every figure that is shown, compared or ordered by."""
    for _, entry in node.entries:
        if isinstance(entry, Figures):
            for _, part in entry.entries:
                if isinstance(part, Moneys):
                    yield part.figure
                elif isinstance(part, Figure):
                    yield part
    conditions = [node.having] if node.having is not None else []
    while conditions:
        condition = conditions.pop()
        if isinstance(condition, FigureTest):
            yield condition.figure
        else:
            conditions += condition.conditions
    yield from (step.by for step in node.order if isinstance(step.by, Figure))
