"""Plans aggregates: which rows are grouped by what, which figures are made of them, which groups are given in what order.

Comes in: a field's selection and arguments. Goes out: an `Aggregate` and its cost. Every field that is measured, grouped by,
compared or ordered by is checked against the grants, shown or not: what may not be read must not be told by a group either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast

from graphql import FieldNode

from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.records import Classification

from .catalog import (
    Catalog,
    ColumnField,
    ExpressionField,
    Kind,
    OrderPath,
    RelationField,
    ScalarField,
    TypeEntry,
    is_amount,
    path_name,
)
from .groups import (
    Aggregate,
    Figure,
    Figures,
    FigureTest,
    Function,
    GroupEntry,
    GroupKey,
    GroupOrder,
    Having,
    Keys,
    Moneys,
    Tests,
)
from .parameters import Parameters
from .plan import Condition, Cost, Param, Source, Typename
from .selection import Selection, Slot
from .where import WherePlanner

__all__ = ["MOST_GROUPING_FIELDS", "AggregatePlanner"]

MOST_GROUPING_FIELDS: Final = 4
_MOST_ORDER_KEYS: Final = 8
#: The decimals an average of numbers has at least.
_AVERAGE_SCALE: Final = 6
_CALENDAR: Final = (Kind.DATE, Kind.TIME)


class AggregatePlanner:
    """Plans the aggregates of one root field. use: checks and notes a scalar of a type, with what it is used for."""

    def __init__(
        self,
        catalog: Catalog,
        selection: Selection,
        parameters: Parameters,
        where: WherePlanner,
        use: Callable[[str, ScalarField, str], object],
        *,
        page_default: int,
    ) -> None:
        self.catalog = catalog
        self.selection = selection
        self.parameters = parameters
        self.where = where
        self.use = use
        self.page_default = page_default

    def plan(
        self,
        target: TypeEntry,
        field: RelationField | None,
        nodes: Sequence[FieldNode],
        arguments: Mapping[str, Slot],
    ) -> tuple[Aggregate, Cost]:
        """The groups of a type's rows; of those at a relation, where one is given."""
        given = {name: slot for name, slot in arguments.items() if not slot.is_null}
        where = self.where.of_list(target, given.get("where")) if field is None else self._where(target, given)
        keys = self._keys(target, given["groupBy"]) if "groupBy" in given else {}
        having = self._having(target, given["having"]) if "having" in given else None
        order = self._order(target, keys, given.get("orderBy"))
        size = self.parameters.groups(given["first"].source if "first" in given else Source(value=self.page_default))
        entries = tuple(self._entries(target, keys, nodes))
        made = Aggregate(target, field, where, tuple(keys.values()), having, order, size, entries)
        return made, Cost(1, (Cost(1),), size) if keys else Cost(2)

    def _where(self, target: TypeEntry, given: Mapping[str, Slot]) -> Condition | None:
        return self.where.condition(target.name, target.fields, given["where"]) if "where" in given else None

    # -- what is grouped

    def _keys(self, target: TypeEntry, slot: Slot) -> dict[str, GroupKey]:
        elements = slot.elements()
        if len(elements) > MOST_GROUPING_FIELDS:
            advice = "Group by fewer fields."
            raise LimitExceeded(
                limit="grouping fields", value=len(elements), maximum=MOST_GROUPING_FIELDS, advice=advice
            )
        keys: dict[str, GroupKey] = {}
        for element in elements:
            key = self._key(target, dict(element.fields()))
            if key.name in keys:
                raise InvalidInput(
                    f"Rows are grouped by a field once. `groupBy` names {key.name} more than once. Name it once."
                )
            keys[key.name] = key
        return keys

    def _key(self, target: TypeEntry, given: Mapping[str, Slot]) -> GroupKey:
        name = _code(given["field"].value)
        path = self.catalog.groups[target.name][name]
        leaf = self.used(target, path, "group")
        bucket = _code(given["bucket"].value) if _is_given(given, "bucket") else None
        zoned = _is_given(given, "timezone")
        if leaf.kind is Kind.TIME and bucket is None:
            raise InvalidInput(
                f"Times are grouped by a stretch of the calendar. `groupBy` names {name} without a bucket. Pass one, such as MONTH."
            )
        if bucket is not None and leaf.kind not in _CALENDAR:
            raise InvalidInput(
                f"Only dates and times have buckets. `groupBy` names {name}, which is neither. Leave `bucket` out."
            )
        if zoned and leaf.kind is not Kind.TIME:
            raise InvalidInput(
                f"Only times have a time zone. `groupBy` names {name}, which is no time. Leave `timezone` out."
            )
        zone = self.parameters.timezone(given["timezone"].source) if zoned else None
        shown = _scalar(Kind.DATE) if leaf.kind in _CALENDAR else _scalar(leaf.kind, like=leaf)
        return GroupKey(name, path, bucket, zone, shown)

    # -- what is shown

    def _entries(
        self, target: TypeEntry, keys: Mapping[str, GroupKey], nodes: Sequence[FieldNode]
    ) -> list[tuple[str, GroupEntry | Typename]]:
        name = f"{target.name}Aggregate"
        out: list[tuple[str, GroupEntry | Typename]] = []
        for key, merged in self.selection.fields(nodes, name).items():
            match merged[0].name.value:
                case "__typename":
                    out.append((key, Typename(name)))
                case "count":
                    out.append((key, _COUNT))
                case "key":
                    out.append((key, self._shown_keys(target, keys, merged) if keys else None))
                case function:
                    out.append((key, self._figures(target, cast("Function", function), merged)))
        return out

    def _shown_keys(self, target: TypeEntry, keys: Mapping[str, GroupKey], nodes: Sequence[FieldNode]) -> Keys:
        type_name = f"{target.name}GroupKey"
        index = {path_name(key.path): position for position, key in enumerate(keys.values())}
        shown = self.selection.fields(nodes, type_name).items()
        named = ((key, merged[0].name.value) for key, merged in shown)
        return Keys(tuple((key, Typename(type_name) if n == "__typename" else index.get(n)) for key, n in named))

    def _figures(self, target: TypeEntry, function: Function, nodes: Sequence[FieldNode]) -> Figures:
        type_name = f"{target.name}{'Extremes' if function in ('min', 'max') else 'Figures'}"
        measures = self._measures(target)
        out: list[tuple[str, Figure | Moneys | Typename]] = []
        for key, merged in self.selection.fields(nodes, type_name).items():
            name = merged[0].name.value
            if name == "__typename":
                out.append((key, Typename(type_name)))
                continue
            figure = self._figure(target, function, measures[name], "aggregate")
            out.append((key, Moneys(figure, self._money(merged)) if is_amount(figure.path) else figure))
        return Figures(tuple(out))

    def _money(self, nodes: Sequence[FieldNode]) -> tuple[tuple[str, str | Typename], ...]:
        named = ((key, merged[0].name.value) for key, merged in self.selection.fields(nodes, "Money").items())
        return tuple((key, Typename("Money") if name == "__typename" else name) for key, name in named)

    def _measures(self, target: TypeEntry) -> dict[str, str]:
        """The keys of a type's measures by the names of their fields."""
        return {path_name(path): key for key, path in self.catalog.measures[target.name].items()}

    def _figure(
        self, target: TypeEntry, function: Function, measure: str, use: str, *, currency: Param | None = None
    ) -> Figure:
        path = self.catalog.measures[target.name][measure]
        leaf = self.used(target, path, use)
        if leaf.kind is Kind.AMOUNT or leaf.kind in _CALENDAR:
            shown = _scalar(leaf.kind)
        elif function == "average":
            shown = _scalar(Kind.DECIMAL, scale=max(leaf.scale, _AVERAGE_SCALE))
        elif function == "sum":
            shown = _scalar(Kind.DECIMAL, scale=leaf.scale)
        else:
            shown = _scalar(leaf.kind, scale=leaf.scale)
        return Figure(function, measure, path, shown, currency)

    def used(self, target: TypeEntry, path: OrderPath, use: str) -> ScalarField:
        """A path's scalar, checked and noted under the type it belongs to."""
        owner, leaf = target.name, path[-1]
        for field in path[:-1]:
            owner = field.target if isinstance(field, RelationField) else f"{owner}.{field.name}"
        assert isinstance(leaf, ColumnField | ExpressionField)
        self.use(owner, leaf, use)
        return leaf

    # -- which groups

    def _having(self, target: TypeEntry, slot: Slot) -> Having:
        conditions: list[Having] = []
        for name, inner in slot.fields():
            if inner.is_null:
                continue
            self.where.counted(1)
            match name:
                case "and" | "or":
                    elements = [element for element in inner.elements() if not element.is_null]
                    self.where.counted(len(elements))
                    word: Literal["and", "or"] = "and" if name == "and" else "or"
                    conditions.append(Tests(word, tuple(self._having(target, element) for element in elements)))
                case "not":
                    conditions.append(Tests("not", (self._having(target, inner),)))
                case "count":
                    conditions.append(self._tests(_COUNT, inner))
                case function:
                    conditions.append(self._figures_having(target, cast("Function", function), inner))
        return conditions[0] if len(conditions) == 1 else Tests("and", tuple(conditions))

    def _figures_having(self, target: TypeEntry, function: Function, slot: Slot) -> Having:
        measures, conditions = self._measures(target), []
        for name, inner in slot.fields():
            if inner.is_null:
                continue
            self.where.counted(1)
            path = self.catalog.measures[target.name][measures[name]]
            if is_amount(path):
                conditions.append(self._money_having(target, function, measures[name], dict(inner.fields())))
            else:
                conditions.append(self._tests(self._figure(target, function, measures[name], "having"), inner))
        return conditions[0] if len(conditions) == 1 else Tests("and", tuple(conditions))

    def _tests(self, figure: Figure, slot: Slot) -> Tests:
        tests = []
        for word, value in slot.fields():
            if value.is_null:
                continue
            if word == "isNull":
                param = self.parameters.flag(value.source)
            elif word in ("in", "notIn"):
                param = self.parameters.many(figure.shown, value.scalars())
            else:
                [param] = self.parameters.operands(figure.shown, word, value.source)
            tests.append(FigureTest(figure, word, param))
        return Tests("and", tuple(tests))

    def _money_having(self, target: TypeEntry, function: Function, measure: str, given: Mapping[str, Slot]) -> Tests:
        code = given["currencyCode"].source
        figure = self._figure(target, function, measure, "having", currency=self.parameters.text(code))
        tests = []
        for word, value in given.items():
            if word == "currencyCode" or value.is_null:
                continue
            flag = word == "isNull"
            source = value.source
            param = self.parameters.flag(source) if flag else self.parameters.amount(word, code, source)
            tests.append(FigureTest(figure, word, param))
        return Tests("and", tuple(tests))

    # -- in which order

    def _order(self, target: TypeEntry, keys: Mapping[str, GroupKey], slot: Slot | None) -> tuple[GroupOrder, ...]:
        """The steps asked for, then those keys that are not among them: groups differ in their keys."""
        elements = slot.elements() if slot is not None else []
        if len(elements) > _MOST_ORDER_KEYS:
            advice = "Order by fewer."
            raise LimitExceeded(limit="order keys", value=len(elements), maximum=_MOST_ORDER_KEYS, advice=advice)
        steps = [self._step(target, list(keys), dict(element.fields())) for element in elements]
        named = {step.by for step in steps if isinstance(step.by, int)}
        rest = [GroupOrder(index, descending=False) for index in range(len(keys)) if index not in named]
        return (*steps, *rest)

    def _step(self, target: TypeEntry, keys: Sequence[str], given: Mapping[str, Slot]) -> GroupOrder:
        told = {name: slot for name, slot in given.items() if not slot.is_null}
        descending = _code(given["direction"].value) == "DESC"
        if ("key" in told) == ("figure" in told):
            raise InvalidInput(
                "A step of `orderBy` is a key or a figure. It has both or neither. Pass one of `key` and `figure`."
            )
        if "key" in told:
            name = _code(told["key"].value)
            if name not in keys or "measure" in told or "currencyCode" in told:
                raise InvalidInput(
                    f"Groups are ordered by the keys they have. `orderBy` names {name}, with a measure or not in `groupBy`."
                    " Group by it too, and name it alone."
                )
            return GroupOrder(keys.index(name), descending)
        return GroupOrder(
            self._ordered(target, cast("Function", _code(told["figure"].value).lower()), told), descending
        )

    def _ordered(self, target: TypeEntry, function: Function, told: Mapping[str, Slot]) -> Figure:
        """The figure of a step."""
        if (function == "count") == ("measure" in told):
            raise InvalidInput(
                f"A figure is made of a measure, and only a count of none. `orderBy` has {function.upper()}"
                f" {'with' if function == 'count' else 'without'} one. Change `figure` or `measure`."
            )
        coded = "currencyCode" in told
        if function == "count":
            if coded:
                raise InvalidInput(_NO_CURRENCY)
            return _COUNT
        measure = _code(told["measure"].value)
        path = self.catalog.measures[target.name][measure]
        if is_amount(path) and not coded:
            raise InvalidInput(
                f"Amounts of different currencies have no order. `orderBy` names {measure} without a currency. Pass `currencyCode`."
            )
        if coded and not is_amount(path):
            raise InvalidInput(_NO_CURRENCY)
        leaf = path[-1]
        assert isinstance(leaf, ColumnField | ExpressionField)
        if leaf.kind in _CALENDAR and function not in ("min", "max"):
            raise InvalidInput(
                f"Dates and times are not added up. `orderBy` asks for {function.upper()} of {measure}. Use MIN or MAX."
            )
        currency = self.parameters.text(told["currencyCode"].source) if coded else None
        self.used(target, path, "aggregate")  # who may order by a column, but make no figures of it, orders by none
        return self._figure(target, function, measure, "order", currency=currency)


_NO_CURRENCY: Final = "Only money has a currency. `orderBy` has one for another figure. Leave `currencyCode` out."


def _scalar(kind: Kind, *, scale: int = 0, like: ScalarField | None = None) -> ColumnField:
    """What a group has, as a scalar of no column: for the JSON of its value and for what it is compared with."""
    code = like.code if like is not None else None
    return ColumnField("", "", "", kind, Classification.PUBLIC, True, code=code, scale=scale)


_COUNT: Final = Figure("count", "", (), _scalar(Kind.INT))


def _is_given(given: Mapping[str, Slot], name: str) -> bool:
    return name in given and not given[name].is_null


def _code(value: Any) -> str:
    return str(getattr(value, "name", value))
