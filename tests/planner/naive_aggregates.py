"""What an aggregate must be, in plain Python over lists of rows: groups, exact figures, money by currency, buckets of the calendar.

What it holds to. A group without `groupBy` is there whether or not rows are. Values that are null are not counted in figures, and
a figure of none is null; of money there is one for each currency, by their codes. Averages are rounded half to even: money to
its minor unit, numbers to six decimals at least. Groups come in the order asked for, then by their keys, nulls as the largest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from graphql import GraphQLField, GraphQLObjectType, get_named_type

__all__ = ["aggregate"]

Read = Callable[[Any, str], Any]
Compare = Callable[[str, Any, Any], bool]


def aggregate(
    definition: GraphQLField, rows: Sequence[Any], arguments: Mapping[str, Any], read: Read, compares: Compare
) -> list[dict[str, Any]]:
    """The groups of rows. read: the value of a field of a thing. compares: whether a comparison holds."""
    group_type: Any = get_named_type(definition.type)
    steps = arguments.get("groupBy") or ()
    keys = [_Key(definition, step) for step in steps]
    by_key: dict[tuple[Any, ...], list[Any]] = {} if keys else {(): []}
    for row in rows:
        by_key.setdefault(tuple(key.of(row, read) for key in keys), []).append(row)
    groups = []
    for values, members in by_key.items():
        named = {key.path: value for key, value in zip(keys, values, strict=True)}
        group: dict[str, Any] = {
            "count": len(members),
            "$keys": dict(zip((k.field for k in keys), values, strict=True)),
        }
        if "key" in group_type.fields:
            key_type: Any = get_named_type(group_type.fields["key"].type)
            group["key"] = {name: named.get(path) for name, path in _paths(key_type).items()} if keys else None
        for word in ("sum", "average", "min", "max"):
            if word in group_type.fields:
                figures: Any = get_named_type(group_type.fields[word].type)
                group[word] = {
                    name: _figure(
                        word,
                        [_at(row, path, read) for row in members],
                        figures.fields[name],
                        _held(members, path, read),
                    )
                    for name, path in _paths(figures).items()
                }
        groups.append(group)
    having = arguments.get("having")
    kept = [group for group in groups if having is None or _holds(having, group, compares)]
    return _ordered(definition, kept, keys, arguments.get("orderBy") or ())[: arguments.get("first") or 20]


class _Key:
    """One field rows are grouped by."""

    def __init__(self, definition: GraphQLField, step: Mapping[str, Any]) -> None:
        group_by: Any = get_named_type(definition.args["groupBy"].type)
        keys: Any = get_named_type(group_by.fields["field"].type)
        self.field = step["field"]
        self.path = _path(keys.values[step["field"]].description)
        self.bucket, self.zone = step.get("bucket"), step.get("timezone") or "UTC"

    def of(self, row: Any, read: Read) -> Any:
        """What a row has in common with those of its group."""
        value = _at(row, self.path, read)
        if isinstance(value, dt.datetime):
            value = value.astimezone(ZoneInfo(self.zone)).date()
        if not isinstance(value, dt.date) or self.bucket in (None, "DAY"):
            return value
        match self.bucket:
            case "WEEK":
                return dt.date.fromisocalendar(*value.isocalendar()[:2], 1)
            case "MONTH":
                return dt.date(value.year, value.month, 1)
            case "QUARTER":
                return dt.date(value.year, (1, 4, 7, 10)[(value.month - 1) // 3], 1)
            case _:
                return dt.date(value.year, 1, 1)


def _path(description: str | None) -> tuple[str, ...]:
    """Descriptions say which value a name stands for, as in "Of party.displayName."."""
    assert description is not None
    return tuple(description.split(" ", 1)[1].removesuffix(".").split("."))


def _paths(kind: GraphQLObjectType) -> dict[str, tuple[str, ...]]:
    return {name: _path(field.description) for name, field in kind.fields.items()}


def _at(row: Any, path: Sequence[str], read: Read) -> Any:
    for name in path:
        row = None if row is None else read(row, name)
    return row


def _held(rows: Sequence[Any], path: Sequence[str], read: Read) -> list[Any]:
    """The money or other objects that the last step of a path reads from."""
    return [_at(row, path[:-1], read) for row in rows]


def _figure(word: str, values: Sequence[Any], field: GraphQLField, holders: Sequence[Any]) -> Any:
    if get_named_type(field.type).name == "Money":
        by_code: dict[str, list[Decimal]] = {}
        for money in holders:
            if money is not None:
                by_code.setdefault(money["currencyCode"], []).append(money["amount"])
        return [{"amount": _of(word, by_code[code], least=0), "currencyCode": code} for code in sorted(by_code)]
    there = [value for value in values if value is not None]
    return _of(word, there, least=6) if there else None


def _of(word: str, values: Sequence[Any], *, least: int) -> Any:
    """A figure of values, of which there are some. least: decimals of an average."""
    match word:
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "sum":
            return Decimal(0) + sum(values)
        case _:
            decimals = max(least, max(-Decimal(value).as_tuple().exponent for value in values))  # type: ignore[operator]
            average = sum(map(Fraction, values), Fraction(0)) / len(values)
            return Decimal(round(average * 10**decimals)).scaleb(-decimals)  # Python rounds half to even


def _holds(having: Mapping[str, Any], group: Mapping[str, Any], compares: Compare) -> bool:
    return all(_one_holds(name, given, group, compares) for name, given in having.items() if given is not None)


def _one_holds(name: str, given: Any, group: Mapping[str, Any], compares: Compare) -> bool:
    match name:
        case "and":
            return all(_holds(each, group, compares) for each in given)
        case "or":
            return any(_holds(each, group, compares) for each in given)
        case "not":
            return not _holds(given, group, compares)
        case "count":
            return _compared(group["count"], given, compares)
    return all(
        _compared(group[name][m], comparator, compares) for m, comparator in given.items() if comparator is not None
    )


def _compared(value: Any, comparator: Mapping[str, Any], compares: Compare) -> bool:
    if "currencyCode" in comparator:
        value = _in_currency(value, comparator["currencyCode"])
    words = {word: operand for word, operand in comparator.items() if word != "currencyCode" and operand is not None}
    return all(compares(word, value, operand) for word, operand in words.items())


def _in_currency(moneys: Sequence[Mapping[str, Any]], code: str) -> Any:
    return next((money["amount"] for money in moneys if money["currencyCode"] == code), None)


def _ordered(
    definition: GraphQLField, groups: Sequence[dict[str, Any]], keys: Sequence[_Key], steps: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    everything = [*steps, *({"key": key.field, "direction": "ASC"} for key in keys)]
    ordered = list(groups)
    for step in reversed(everything):
        read = _reader(definition, step)
        ordered.sort(
            key=lambda group, read=read: (read(group) is None, read(group)), reverse=step["direction"] == "DESC"
        )  # type: ignore[misc]
    return ordered


def _reader(definition: GraphQLField, step: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    if step.get("key"):
        return lambda group: group["$keys"][step["key"]]
    word = step["figure"].lower()
    if word == "count":
        return lambda group: group["count"]
    order: Any = get_named_type(definition.args["orderBy"].type)
    measures: Any = get_named_type(order.fields["measure"].type)
    path = _path(measures.values[step["measure"]].description)
    group_type: Any = get_named_type(definition.type)
    figures: Any = get_named_type(group_type.fields[word].type)
    name = next(name for name, each in _paths(figures).items() if each == path)
    if step.get("currencyCode") is not None:
        return lambda group: _in_currency(group[word][name], step["currencyCode"])
    return lambda group: group[word][name]
