"""Documents and variables made at random from a schema: valid ones, which other rooms then spoil.

A schema and a random source come in, a document with values for its variables goes out. The same source makes the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

__all__ = ["Documents", "Question"]

WORDS = (
    "Ada",
    "Almond",
    "",
    " ",
    "ada@example.com",
    "%",
    "_",
    "'",
    '"',
    "\\",
    "é",
    "漢字",
    "🪑",
    "A" * 300,
    "\u202e",
    "0",
)
TIMES = ("2026-03-14T12:00:00Z", "2026-03-14", "0001-01-01T00:00:00Z", "9999-12-31", "2026-02-30", "yesterday")
NUMBERS = (0, 1, -1, 7, 2**31 - 1, -(2**31), 2**31, 2**53, 2**63, 0.5, 1e300)


@dataclass(slots=True)
class Question:
    """A document and the values of its variables. canary: a text that stands among the values and may come back in no error."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)


class Documents:
    """Makes questions about one schema. ids: of rows that are there."""

    def __init__(self, schema: GraphQLSchema, ids: Sequence[str]) -> None:
        self.schema = schema
        self.ids = tuple(ids)

    def question(self, dice: random.Random, canary: str) -> Question:
        """A question: mostly a query, sometimes a mutation or a subscription."""
        return _Asking(self, dice, canary).question()


class _Asking:
    def __init__(self, documents: Documents, dice: random.Random, canary: str) -> None:
        self.documents = documents
        self.dice = dice
        self.canary = canary
        self.declared: list[str] = []
        self.values: dict[str, Any] = {}
        self.left = dice.choice((5, 15, 40))  # fields

    def question(self) -> Question:
        schema = self.documents.schema
        kinds: dict[str, Any] = {
            "query": schema.query_type,
            "mutation": schema.mutation_type,
            "subscription": schema.subscription_type,
        }
        kind = self.dice.choices(("query", "mutation", "subscription"), (78, 20, 2))[0]
        roots = [self._field(kinds[kind], 0) for _ in range(1 if kind != "query" else self.dice.choice((1, 1, 1, 3)))]
        body = " ".join(f"r{index}: {text}" for index, text in enumerate(roots))
        head = f"({', '.join(self.declared)})" if self.declared else ""
        return Question(f"{kind} Q{head} {{ {body} }}", self.values)

    def _field(self, parent: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        name = self.dice.choice([*parent.fields, "__typename"]) if depth else self.dice.choice(list(parent.fields))
        if name == "__typename":
            return name
        self.left -= 1
        made = parent.fields[name]
        arguments = [
            f"{key}: {self._argument(argument.type)}"
            for key, argument in made.args.items()
            if isinstance(argument.type, GraphQLNonNull) or self.dice.random() < 0.3
        ]
        text = f"{name}({', '.join(arguments)})" if arguments else name
        return text + self._selection(get_named_type(made.type), depth + 1)

    def _selection(self, type_: Any, depth: int) -> str:
        if is_leaf_type(type_):
            return ""
        if depth > 6 or self.left <= 0 or not hasattr(type_, "fields"):
            return " { __typename }"
        count = self.dice.randint(1, 4)
        return " { " + " ".join(f"f{i}: {self._field(type_, depth)}" for i in range(count)) + " }"

    def _argument(self, type_: Any) -> str:
        if self.dice.random() < 0.5:
            name = f"v{len(self.declared)}"
            self.declared.append(f"${name}: {type_}")
            self.values[name] = self.value(type_, 0)
            return f"${name}"
        return literal(self.value(type_, 0), type_)

    def value(self, type_: Any, depth: int) -> Any:
        """A value that fits a type, or nearly."""
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, depth)
        if self.dice.random() < 0.03:
            return None
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, depth + 1) for _ in range(self.dice.choice((0, 1, 1, 2, 3)))]
        if isinstance(type_, GraphQLInputObjectType):
            chance = 0.35 if depth < 4 else 0.0
            return {
                key: self.value(part.type, depth + 1)
                for key, part in type_.fields.items()
                if isinstance(part.type, GraphQLNonNull) or self.dice.random() < chance
            }
        if isinstance(type_, GraphQLEnumType):
            return self.dice.choice(list(type_.values))
        return self._scalar(type_.name)

    def _scalar(self, name: str) -> Any:
        match name:
            case "ID":
                return self.dice.choice((*self.documents.ids, "cus_0", "x", self.canary, "cus_" + "0" * 32))
            case "Int":
                return self.dice.choice((1, 2, 5, 20, *NUMBERS[:7]))
            case "Boolean":
                return self.dice.random() < 0.5
            case "Float":
                return self.dice.choice(NUMBERS)
            case "Decimal":
                return self.dice.choice(("0", "12.34", "-1", "1e400", "NaN", "9" * 40, self.canary))
            case "Date" | "DateTime":
                return self.dice.choice(TIMES)
            case _:
                return self.dice.choice((*WORDS, self.canary, self.canary))


def literal(value: Any, type_: Any) -> str:
    """A value as a document writes it."""
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case list():
            inner = bare.of_type if isinstance(bare, GraphQLList) else bare
            return "[" + ", ".join(literal(item, inner) for item in value) + "]"
        case dict():
            parts = (f"{key}: {literal(item, bare.fields[key].type)}" for key, item in value.items())
            return "{" + ", ".join(parts) + "}"
        case str():
            return value if isinstance(bare, GraphQLEnumType) else quoted(value)
        case _:
            return str(value)


def quoted(text: str) -> str:
    """A text as a string of GraphQL."""
    inner = "".join(c if c >= " " and c not in '"\\' else f"\\u{ord(c):04x}" for c in text if ord(c) < 0x10000)
    return f'"{inner}"'
