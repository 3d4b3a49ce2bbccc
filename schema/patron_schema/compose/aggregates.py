"""The fields and types of aggregates: beside each connection a field of groups, each with its count, sums, extremes and averages.

Comes in: the catalog's entries and paths. Goes out: one set of types for each type that a connection shows, whatever the number
of its connections. The planner fills them; nothing here runs and nothing is asked of a vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField

from patron_core.records import Classification
from patron_core.values import Code

from ..filters import DIRECTION, InputTypes, OrderDirection, enum_definition, field_paths
from ..planner.catalog import (
    AggregateField,
    ColumnField,
    ExpressionField,
    Field,
    Kind,
    OrderPath,
    RelationField,
    ScalarField,
    Shape,
    TypeEntry,
    ValueField,
    is_amount,
    path_name,
)
from ..types.values import MoneyValue
from .fields import argument

__all__ = ["AggregateTypes", "aggregate_name", "group_paths", "measure_paths", "with_aggregates"]

_GROUPED: Final = frozenset({Kind.CODE, Kind.BOOL, Kind.TEXT, Kind.DATE, Kind.TIME})
_ADDED: Final = frozenset({Kind.INT, Kind.DECIMAL, Kind.AMOUNT})
_COMPARED: Final = frozenset({Kind.DATE, Kind.TIME})
_SHOWN: Final[Mapping[Kind, str]] = {
    Kind.INT: "int",
    Kind.DECIMAL: "Decimal",
    Kind.DATE: "dt.date",
    Kind.TIME: "dt.datetime",
    Kind.TEXT: "str",
    Kind.BOOL: "bool",
}
_FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "sum": ("Figures", "Exact sums."),
    "average": (
        "Figures",
        "Averages, half to even: money to its unit, numbers to 6 decimals.",
    ),
    "min": ("Extremes", "The smallest values."),
    "max": ("Extremes", "The largest values."),
}


class DateBucket(Code):
    """A stretch of the calendar that dates and times are grouped into; its key is the date it starts on."""

    DAY = "day", "A calendar day."
    WEEK = "week", "A week from Monday to Sunday (ISO 8601)."
    MONTH = "month", "A calendar month."
    QUARTER = "quarter", "Three months, from January, April, July or October on."
    YEAR = "year", "A calendar year."


class AggregateFigure(Code):
    """What is made of the rows of a group."""

    COUNT = "count", "How many rows there are."
    SUM = "sum", "The exact sum."
    AVERAGE = "average", "The average."
    MIN = "min", "The smallest value."
    MAX = "max", "The largest value."


def aggregate_name(connection: str) -> str:
    """The name of the field beside a connection."""
    return f"{connection}Aggregate"


def group_paths(entries: Mapping[str, TypeEntry], problems: list[str]) -> dict[str, dict[str, OrderPath]]:
    """What rows may be grouped by, per type: codes, flags, texts, dates and times that can be filtered or ordered by.

    One reference away a text, date or time must be one to order by: who declared the source key of a row did not mean it
    for the rows that refer to it.
    """
    paths = field_paths(entries, lambda field: field.kind in _GROUPED and _declared(field), "group key", problems)
    return _kept(paths, lambda leaf: leaf.orderable or leaf.kind in (Kind.CODE, Kind.BOOL))


def measure_paths(entries: Mapping[str, TypeEntry], problems: list[str]) -> dict[str, dict[str, OrderPath]]:
    """What figures may be made of, per type: numbers, money, dates and times that can be filtered or ordered by.

    One reference away numbers and money alone.
    """
    kinds = _ADDED | _COMPARED
    paths = field_paths(entries, lambda field: field.kind in kinds and _declared(field), "measure", problems)
    return _kept(paths, lambda leaf: leaf.kind in _ADDED)


def _declared(field: ScalarField) -> bool:
    return (field.filterable or field.orderable) and field.sealed is None


def _kept(
    paths: Mapping[str, Mapping[str, OrderPath]], away: Callable[[ScalarField], bool]
) -> dict[str, dict[str, OrderPath]]:
    """The paths of the row itself, and of those one reference away the ones whose field is wanted there."""
    return {
        name: {k: path for k, path in keys.items() if not isinstance(path[0], RelationField) or away(_leaf(path))}
        for name, keys in paths.items()
    }


def with_aggregates(entries: Mapping[str, TypeEntry]) -> dict[str, TypeEntry]:
    """The entries with a field of groups beside each connection over a table, also inside of values."""
    return {name: replace(entry, fields=_with_twins(entry.fields, entries)) for name, entry in entries.items()}


def _with_twins(fields: Mapping[str, Field], entries: Mapping[str, TypeEntry]) -> dict[str, Field]:
    out: dict[str, Field] = {}
    made: dict[str, Field] = {}
    for name, field in fields.items():
        out[name] = (
            replace(field, fields=_with_twins(field.fields, entries)) if isinstance(field, ValueField) else field
        )
        if (
            isinstance(field, RelationField)
            and field.shape is Shape.CONNECTION
            and entries[field.target].table is not None
        ):
            twin = aggregate_name(field.name)
            made[twin] = AggregateField(twin, field.owner, field)
    return {**out, **made}


class AggregateTypes:
    """Makes the fields of groups and their types. groups, measures: paths by key, per type."""

    def __init__(
        self,
        inputs: InputTypes,
        groups: Mapping[str, Mapping[str, OrderPath]],
        measures: Mapping[str, Mapping[str, OrderPath]],
        page_default: int,
    ) -> None:
        self.inputs = inputs
        self.groups = groups
        self.measures = measures
        self.page_default = page_default
        self.served: dict[type, list[StrawberryField]] = {}

    def field(self, connection: str, target: str, *, foreign: bool = False) -> StrawberryField:
        """The field beside a connection. foreign: both are on another owner's type, so they may be null."""
        name = aggregate_name(connection)
        made = self._field(
            name,
            f"list[{self._group(target)}]{' | None' if foreign else ''}",
            f"Figures over the rows of {connection}, in groups.",
        )
        made.arguments = self._arguments(target)
        return made

    def _arguments(self, target: str) -> list[StrawberryArgument]:
        note = self.inputs.annotation
        where = self.inputs.where(target)
        arguments = [argument("where", where, "Only rows for which this holds.")] if where is not None else []
        if self.groups[target]:
            doc = "A group for each combination of these, at most 4; else one of all."
            arguments.append(argument("groupBy", note(f"list[{self._group_by(target)}] | None"), doc))
        arguments.append(
            argument("having", note(f"{self._having(target)} | None"), "Only groups for which this holds.")
        )
        doc = "In this order, then by the keys; nulls are last where ascending."
        arguments.append(argument("orderBy", note(f"list[{self._order(target)}] | None"), doc))
        doc = "How many groups, 1 to 100."
        arguments.append(argument("first", note("int | None"), doc, default=self.page_default))
        return arguments

    # -- what is given

    def _group(self, target: str) -> str:
        name = f"{target}Aggregate"
        if name in self.inputs.namespace:
            return name
        fields: list[StrawberryField] = []
        if self.groups[target]:
            doc = "What its rows have in common; null without groupBy."
            fields.append(self._field("key", f"{self._key(target)} | None", doc))
        fields.append(self._field("count", "int", "How many rows there are."))
        for word, (suffix, doc) in _FIGURES.items():
            made = self._figures(target, suffix)
            if made:
                fields.append(self._field(word, made, doc))
        return self._type(name, f"A group of {target} and its figures.", fields)

    def _key(self, target: str) -> str:
        fields = []
        for path in self.groups[target].values():
            leaf = _leaf(path)
            if leaf.kind is Kind.CODE:
                assert leaf.code is not None
                enum_definition(leaf.code)
                shown = leaf.code.__name__
                self.inputs.namespace[shown] = leaf.code
            else:
                shown = "dt.date" if leaf.kind in _COMPARED else _SHOWN[leaf.kind]
            fields.append(self._field(path_name(path), f"{shown} | None", _path_doc(path)))
        doc = f"What the rows of a group of {target} have in common; null in what they are not grouped by."
        return self._type(f"{target}GroupKey", doc, fields)

    def _figures(self, target: str, suffix: str) -> str | None:
        name = f"{target}{suffix}"
        if name in self.inputs.namespace:
            return name
        paths = self._measured(target, suffix)
        if not paths:
            return None
        fields = []
        for path in paths:
            if is_amount(path):
                shown: Any = list[MoneyValue]
            else:
                shown = f"{_SHOWN[_leaf(path).kind] if suffix == 'Extremes' else 'Decimal'} | None"
            fields.append(self._field(path_name(path), shown, _path_doc(path)))
        doc = {
            "Figures": f"A figure of each number of a group of {target}; null where no row has a value.",
            "Extremes": f"An extreme value of each field of a group of {target}; null where no row has one.",
        }
        money = " Of money one for each currency, in the order of their codes." if any(map(is_amount, paths)) else ""
        return self._type(name, doc[suffix] + money, fields)

    def _measured(self, target: str, suffix: str) -> list[OrderPath]:
        paths = self.measures[target].values()
        return [path for path in paths if suffix == "Extremes" or _leaf(path).kind in _ADDED]

    # -- what is asked

    def _group_by(self, target: str) -> str:
        name = f"{target}GroupBy"
        if name not in self.inputs.namespace:
            served = self.inputs.served_field
            keys = self.inputs.keys(f"{target}GroupField", self.groups[target], f"What {target} may be grouped by.")
            bucket = "Into which stretches dates and times fall; a time needs one."
            zone = "Whose calendar times are read in, such as Europe/Berlin; else UTC."
            self.inputs.namespace["DateBucket"] = DateBucket
            enum_definition(DateBucket)
            self.inputs.input(
                name,
                f"One field that {target} are grouped by.",
                [
                    served("field", StrawberryAnnotation(keys), "By what.", required=True),
                    served("bucket", self.inputs.annotation("DateBucket | None"), bucket),
                    served("timezone", self.inputs.annotation("str | None"), zone),
                ],
            )
        return name

    def _having(self, target: str) -> str:
        name = f"{target}Having"
        if name in self.inputs.namespace:
            return name
        self.inputs.namespace[name] = None  # claimed before its fields are made: it is recursive
        note, served = self.inputs.annotation, self.inputs.served_field
        number = self.inputs.comparator(_like(Kind.INT))
        fields = [served("count", note(f"{number} | None"), "On the number of rows.")]
        for word, (suffix, _) in _FIGURES.items():
            made = self._figures_having(target, suffix)
            if made:
                fields.append(served(word, note(f"{made} | None"), f"On the {AggregateFigure[word.upper()].value}."))
        fields += [
            served("and", note(f"list[{name}] | None"), "All of these hold."),
            served("or", note(f"list[{name}] | None"), "At least one of these holds; an empty list holds never."),
            served("not", note(f"{name} | None"), "This does not hold; what is unknown counts as not holding."),
        ]
        self.inputs.input(name, f"Which groups of {target} to give: all conditions named here hold.", fields)
        return name

    def _figures_having(self, target: str, suffix: str) -> str | None:
        name = f"{target}{suffix}Having"
        paths = self._measured(target, suffix)
        if name not in self.inputs.namespace and paths:
            fields = []
            for path in paths:
                kind = _leaf(path).kind
                if kind is Kind.AMOUNT:
                    comparator = self._money_comparator()
                else:
                    comparator = self.inputs.comparator(_like(kind if suffix == "Extremes" else Kind.DECIMAL))
                note = self.inputs.annotation(f"{comparator} | None")
                fields.append(self.inputs.served_field(path_name(path), note, _path_doc(path)))
            self.inputs.input(name, f"On a figure of each field of a group of {target}.", fields)
        return name if paths else None

    def _money_comparator(self) -> str:
        name = "MoneyFigureComparator"
        if name not in self.inputs.namespace:
            served, note = self.inputs.served_field, self.inputs.annotation
            words = {
                "eq": "Equal to this.",
                "ne": "There, and not equal to this.",
                "lt": "Less than this.",
                "lte": "Less than or equal to this.",
                "gt": "More than this.",
                "gte": "More than or equal to this.",
            }
            fields = [served("currencyCode", note("str"), "In which currency, ISO 4217.", required=True)]
            fields += [served(word, note("Decimal | None"), doc) for word, doc in words.items()]
            fields.append(served("isNull", note("bool | None"), "True: no amount in this currency. False: some."))
            doc = "How a group's figure in one currency is compared; all conditions named here hold."
            self.inputs.input(name, doc, fields)
        return name

    def _order(self, target: str) -> str:
        name = f"{target}AggregateOrder"
        if name in self.inputs.namespace:
            return name
        served, note = self.inputs.served_field, self.inputs.annotation
        self.inputs.namespace["AggregateFigure"] = AggregateFigure
        enum_definition(AggregateFigure)
        fields = []
        if self.groups[target]:
            self._group_by(target)
            keys = StrawberryAnnotation(StrawberryOptional(self.inputs.namespace[f"{target}GroupField"]))
            fields.append(served("key", keys, "By what they are grouped by; in place of a figure."))
        fields.append(served("figure", note("AggregateFigure | None"), "By which figure."))
        if self.measures[target]:
            doc = f"Of what figures of {target} are made."
            keys = StrawberryAnnotation(
                StrawberryOptional(self.inputs.keys(f"{target}MeasureField", self.measures[target], doc))
            )
            fields.append(served("measure", keys, "Of what; a count needs none."))
        if any(map(is_amount, self.measures[target].values())):
            doc = "Of money, which needs one: in which currency, ISO 4217."
            fields.append(served("currencyCode", note("str | None"), doc))
        fields.append(
            served("direction", StrawberryAnnotation(DIRECTION), "Which end comes first.", default=OrderDirection.ASC)
        )
        self.inputs.input(name, f"One step of the order of groups of {target}: a key or a figure.", fields)
        return name

    # -- in general

    def _field(self, name: str, shown: Any, doc: str) -> StrawberryField:
        annotation = self.inputs.annotation(shown) if isinstance(shown, str) else StrawberryAnnotation(shown)
        return StrawberryField(python_name=name, graphql_name=name, type_annotation=annotation, description=doc)

    def _type(self, name: str, description: str, fields: Iterable[StrawberryField]) -> str:
        cls: Any = strawberry.type(type(name, (), {"__annotations__": {}}), name=name, description=description)
        self.served[cls] = list(fields)
        for field in self.served[cls]:
            field.origin = cls
        self.inputs.namespace[name] = cls
        return name


def _leaf(path: OrderPath) -> ScalarField:
    leaf = path[-1]
    assert isinstance(leaf, ColumnField | ExpressionField)
    return leaf


def _path_doc(path: OrderPath) -> str:
    return f"Of {'.'.join(field.name for field in path)}."


def _like(kind: Kind) -> ColumnField:
    """A field of a kind, for the comparator that belongs to it."""
    return ColumnField("", "core", "", kind, Classification.PUBLIC, True)
