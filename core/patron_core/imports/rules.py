"""What a rule of a mapping makes of a row: text, a code, a date, a time, a number; or `FieldError` with the value's class.

In come a row as a mapping of names to values (texts of a table, or JSON), out comes a value of Python, None where there is
nothing. No error holds a value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from patron_core.exports.cells import restored
from patron_core.imports.mapping import RecordMapping, Rule
from patron_core.imports.targets import Field, Kind
from patron_core.imports.value_class import value_class

__all__ = ["FieldError", "FieldReader", "found_at", "text_of"]

_NUMBER: Final = re.compile(r"[+-]?\d{1,25}(\.\d{1,12})?")
_MISSING: Final = object()
Row = Mapping[str, Any]


class FieldError(Exception):
    """A value that cannot be read. column, value_class, reason, advice: as of a bad row."""

    def __init__(self, *, column: str | None, value_class: str, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.column = column
        self.value_class = value_class
        self.reason = reason
        self.advice = advice


class FieldReader:
    """Reads one field of a row by its rule."""

    __slots__ = ("_date", "_decimal", "_group", "_restore", "_zone", "field", "name", "rule")

    def __init__(self, name: str, field: Field, rule: Rule, mapping: RecordMapping) -> None:
        self.name = name
        self.field = field
        self.rule = rule
        self._date = mapping.date if rule.date is None else rule.date
        self._zone = _zone(rule.timezone or mapping.timezone)
        self._decimal = rule.decimal or mapping.decimal
        self._group = mapping.group if rule.group is None else rule.group
        self._restore = mapping.formulas == "restore"

    def read(self, row: Row) -> Any:
        """The value; None where there is none. FieldError where it cannot be read."""
        text = self._text(row)
        if text is None or self.field.kind is Kind.TEXT:
            return text
        try:
            return self._value(text)
        except (ValueError, OverflowError):
            raise self.error(text, *self._complaint()) from None

    def error(self, value: Any, reason: str, advice: str) -> FieldError:
        """What is to be said against a value."""
        return FieldError(column=self.rule.column, value_class=value_class(value), reason=reason, advice=advice)

    def _text(self, row: Row) -> str | None:
        rule = self.rule
        if rule.constant is not None:
            return rule.constant
        assert rule.column is not None
        found = found_at(row, rule.column)
        text = text_of(found)
        if text is None and found is not None and found is not _MISSING:
            raise self.error(found, f"{self.name} is no single value.", "Map a key of it, as in customer.id.")
        text = "" if text is None else text
        if self._restore:
            text = restored(text)
        if rule.trim:
            text = text.strip()
        if rule.split is not None:
            text = self._part(text)
        if rule.values is not None and text in rule.values:
            text = rule.values[text]
        elif rule.values is not None and text:
            if rule.other is None:
                raise self.error(
                    text, f"{self.name} is not among the values of the mapping.", "Add it there, or `other`."
                )
            text = rule.other
        if rule.case is not None:
            text = text.upper() if rule.case == "upper" else text.lower()
        return text or rule.default or None

    def _part(self, text: str) -> str:
        assert self.rule.split is not None
        parts = text.split(self.rule.split.at)
        try:
            part = parts[self.rule.split.part]
        except IndexError:
            return ""
        return part.strip() if self.rule.trim else part

    def _value(self, text: str) -> Any:
        match self.field.kind:
            case Kind.CODE:
                return self._code(text)
            case Kind.NUMBER:
                return self._number(text)
            case Kind.WHOLE:
                number = self._number(text)
                if number != number.to_integral_value():
                    raise ValueError
                return int(number)
            case Kind.DATE:
                return self._moment(text).date()
            case _:
                return self._moment(text)

    def _code(self, text: str) -> Any:
        assert self.field.codes is not None
        members = self.field.codes.__members__
        found = members.get(text) or members.get(text.upper().replace(" ", "_").replace("-", "_"))
        if found is None:
            raise ValueError
        return found

    def _number(self, text: str) -> Decimal:
        plain = text.replace(self._group, "").replace("\u00a0", "") if self._group else text
        if self._decimal == ",":
            if "." in plain:
                raise ValueError
            plain = plain.replace(",", ".")
        if not plain.isascii() or not _NUMBER.fullmatch(plain):
            raise ValueError
        number = Decimal(plain)
        return -number if self.rule.negate else number

    def _moment(self, text: str) -> dt.datetime:
        form = self._date
        moment = dt.datetime.fromisoformat(text) if form is None else dt.datetime.strptime(text, form)  # noqa: DTZ007
        return moment.replace(tzinfo=self._zone) if moment.tzinfo is None else moment

    def _complaint(self) -> tuple[str, str]:
        match self.field.kind:
            case Kind.CODE:
                assert self.field.codes is not None
                names = ", ".join(self.field.codes.__members__)
                return f"{self.name} is none of {names}.", "Say in `values` of the mapping what each value means."
            case Kind.NUMBER | Kind.WHOLE:
                return (
                    f"{self.name} is no {self.field.kind.value} with the decimal sign {self._decimal!r}.",
                    "Correct it, or say `decimal` and `group` in the mapping.",
                )
            case _:
                form = "ISO 8601, as 2026-03-14" if self._date is None else f"the form {self._date}"
                return f"{self.name} is no date of {form}.", "Correct it, or say `date` in the mapping."


def found_at(row: Row, path: str) -> Any:
    """What stands under a name, or under a path of names with dots between; `_MISSING` where nothing does."""
    found = row.get(path, _MISSING)
    if found is not _MISSING or "." not in path:
        return found
    part: Any = row
    for name in path.split("."):
        if isinstance(part, list) and name.isdigit() and int(name) < len(part):
            part = part[int(name)]
        elif isinstance(part, Mapping) and name in part:
            part = part[name]
        else:
            return _MISSING
    return part


def text_of(value: Any) -> str | None:
    """A single value as text; None for what is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return None


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
