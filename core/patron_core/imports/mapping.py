"""A mapping: what the columns of somebody else's file mean here. Written as TOML or JSON, version 1.

In comes a text or a file, out comes a `RecordMapping`, or INVALID_INPUT that names the place. Its JSON Schema is `schema()`.
What a rule makes of a value is left to `rules`, what a target does with the values to `targets`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from patron_core.errors import InvalidInput
from patron_core.imports.targets import LINE_FIELDS, TARGETS
from patron_core.parties.models import ContactKind

__all__ = ["Contact", "Identifier", "Lines", "RecordMapping", "Rule", "Split", "bundled", "parse_mapping", "schema"]

_MOST_CHARACTERS: Final = 100_000
_BUNDLED: Final = files("patron_core.imports") / "bundled"

Column = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=500)]
System = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class Split(_Part):
    """Takes one part of a text."""

    at: Annotated[str, Field(min_length=1, max_length=10)] = Field(description="What stands between the parts.")
    part: int = Field(0, ge=-20, le=20, description="Which one: 0 is the first, -1 the last.")


class Rule(_Part):
    """Where a value comes from and how it is written there. A text alone is short for its column."""

    column: Column | None = Field(None, description="Name of the column; in JSON a key, or a path such as customer.id.")
    constant: Text | None = Field(None, description="The same value for every row, instead of a column.")
    default: Text | None = Field(None, description="What counts where the column is empty.")
    trim: bool = Field(True, description="Whether spaces around the value are taken away.")
    case: Literal["upper", "lower"] | None = Field(None, description="Makes letters large or small.")
    split: Split | None = Field(None, description="Takes one part of the text.")
    values: Mapping[str, Text] | None = Field(
        None, description="What each value there is here; a value that is not among them is refused."
    )
    other: Text | None = Field(None, description="What a value that is not among `values` counts as.")
    date: Text | None = Field(None, description="How dates are written, as %d.%m.%Y; ISO 8601 when left out.")
    timezone: Text | None = Field(None, description="The zone of times that name none, such as Europe/Berlin.")
    decimal: Literal[".", ","] | None = Field(None, description="The decimal sign of numbers.")
    group: Literal[",", ".", "'", " ", ""] | None = Field(None, description="What stands between thousands.")
    negate: bool = Field(False, description="Whether the sign of a number is turned.")

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str | None) -> str | None:
        return None if value is None else _zone(value)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Rule:
        if (self.column is None) == (self.constant is None):
            raise ValueError("a rule has either a column or a constant")
        if self.other is not None and self.values is None:
            raise ValueError("`other` needs `values`")
        return self


class Contact(Rule):
    """A way to reach the party; where its column is empty there is none."""

    kind: Literal["EMAIL", "PHONE", "ADDRESS"] = Field(description="What it is.")
    preferred: bool = Field(False, description="Whether it is used first among its kind.")

    @property
    def contact_kind(self) -> ContactKind:
        """The kind, as parties have it."""
        return ContactKind[self.kind]


class Identifier(Rule):
    """What another system calls the party, beside the source itself."""

    system: System = Field(description="Name of that system.")


class Lines(_Part):
    """The items of a transaction: rows of a table with the same key that follow each other, or a list in JSON."""

    each: Column | None = Field(
        None, description="In JSON: the list of items. Columns are then looked for in an item first."
    )
    fields: Mapping[str, Rule] = Field(description="The fields of an item.")

    @field_validator("fields")
    @classmethod
    def _known(cls, value: Mapping[str, Rule]) -> Mapping[str, Rule]:
        return _checked(value, LINE_FIELDS, of="lines")


class RecordMapping(_Part):
    """What the columns of a file mean."""

    version: Literal[1] = Field(description="The version of this form.")
    target: Literal["customers", "relationships", "touchpoints", "transactions"] = Field(
        description="What a row becomes."
    )
    source: System = Field(
        description="Name of the system the rows come from; with the key it names a record for good."
    )
    key: tuple[Column, ...] = Field(
        min_length=1,
        max_length=8,
        description="Columns that name a record in its source; the same again is the same record.",
    )
    customers: System | None = Field(
        None,
        description="The system whose identifiers name customers and parties in these rows; the source when left out.",
    )
    fields: Mapping[str, Rule] = Field(description="The fields of a record.")
    contacts: tuple[Contact, ...] = Field((), max_length=20, description="Ways to reach a customer.")
    identifiers: tuple[Identifier, ...] = Field((), max_length=20, description="What other systems call a customer.")
    lines: Lines | None = Field(None, description="The items of a transaction.")
    sign_by_kind: bool = Field(
        False,
        description="Whether amounts come without a sign that counts: refunds are then negative, all else positive.",
    )
    date: Text | None = Field(None, description="As in a rule, for rules that do not say.")
    timezone: Text = Field("UTC", description="As in a rule, for rules that do not say.")
    decimal: Literal[".", ","] = Field(".", description="As in a rule, for rules that do not say.")
    group: Literal[",", ".", "'", " ", ""] = Field("", description="As in a rule, for rules that do not say.")
    formulas: Literal["keep", "restore"] = Field(
        "keep",
        description="restore: takes away the apostrophe that an export of Patron put before what looks like a formula.",
    )

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        return _zone(value)

    @model_validator(mode="after")
    def _fits(self) -> RecordMapping:
        target = TARGETS[self.target]
        _checked(self.fields, target.fields, of=self.target)
        missing = [name for name in target.required if name not in self.fields]
        if self.lines is not None and "amount" in missing:
            missing.remove("amount")  # the sum of the lines
        if missing:
            raise ValueError(f"{self.target} need the fields {', '.join(missing)}")
        if self.lines is not None and self.target != "transactions":
            raise ValueError("only transactions have lines")
        if (self.contacts or self.identifiers) and self.target != "customers":
            raise ValueError("only customers have contacts and identifiers")
        return self

    @property
    def parties(self) -> str:
        """The system whose identifiers name customers and parties."""
        return self.customers or self.source

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a table must have."""
        rules: list[Rule] = [*self.fields.values(), *self.contacts, *self.identifiers]
        rules += self.lines.fields.values() if self.lines is not None else ()
        named = [rule.column for rule in rules if rule.column is not None]
        return tuple(dict.fromkeys((*self.key, *named)))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("there is no such time zone; they are called as Europe/Berlin is") from None
    return name


def _checked(given: Mapping[str, Rule], known: Mapping[str, Any], *, of: str) -> Mapping[str, Rule]:
    for number, name in enumerate(given, start=1):
        if name not in known:
            raise ValueError(f"number {number} is no field of {of}; they have {', '.join(known)}")
    return given


def parse_mapping(text: str) -> RecordMapping:
    """A mapping from TOML or JSON; INVALID_INPUT says what is wrong and where."""
    if len(text) > _MOST_CHARACTERS:
        raise _wrong(f"It has {len(text):,} characters, and the most is {_MOST_CHARACTERS:,}.")
    try:
        value = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError):  # of JSON and of TOML
        raise _wrong("It is neither TOML nor JSON.") from None
    try:
        return RecordMapping.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the mapping"
        raise _wrong(f"At {place}: {first['msg'].removeprefix('Value error, ')}.") from None


def load_mapping(name: str | Path) -> RecordMapping:
    """A mapping from a file, or a bundled one by its name."""
    shipped = bundled()
    if str(name) in shipped:
        return parse_mapping((_BUNDLED / f"{name}.toml").read_text("utf-8"))
    try:
        return parse_mapping(Path(name).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise _wrong(f"There is no such file, and no such bundled mapping. Bundled are {', '.join(shipped)}.") from None


def bundled() -> tuple[str, ...]:
    """The names of the mappings that come with Patron."""
    return tuple(sorted(each.name.removesuffix(".toml") for each in _BUNDLED.iterdir() if each.name.endswith(".toml")))


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a mapping."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RecordMapping.model_json_schema()}


def _wrong(what: str) -> InvalidInput:
    return InvalidInput(
        f"The mapping cannot be used. {what} See docs/imports.md, and the schema: patron import mapping schema.",
        path=("mapping",),
    )
