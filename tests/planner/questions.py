"""Random queries from any composed schema: valid by construction, seeded, and full of what clients write.

Out come a document and its variables: named and inline fragments (also on interfaces), aliases, fields asked twice, @skip and
@include, variables at every place (whole filters, single values, directions, page sizes; present, null, absent and defaulted;
values that GraphQL coerces), nested connections, filters through relations and values. Values come from `Samples` of the
rows, so that filters find something.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

__all__ = ["Question", "QuestionMaker", "Samples", "Word", "literal"]

_WORTH_ASKING: Final = ("edges", "nodes", "totalCount", "pageInfo")


class Word(str):
    """An enum value: written bare in a document and as text in a variable."""

    __slots__ = ()


class Reference(str):
    """A variable inside a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A document and its variables. roots: how many root fields it asks for (before @skip and @include)."""

    query: str
    variables: Mapping[str, Any]
    roots: int


@dataclass(frozen=True, slots=True)
class Samples:
    """Values to ask for: JSON values by (type, field), and outer ids of rows that are there and that are not."""

    by_field: Mapping[tuple[str, str], Sequence[Any]]
    ids: Sequence[str]


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    match value:
        case Word() | Reference():
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{key}: {literal(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(literal(inner) for inner in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as JSON variables hold it."""
    match value:
        case Mapping():
            return {key: plain(inner) for key, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case str():
            return str(value)
        case _:
            return value


@dataclass(slots=True)
class Scope:
    """What one place of the answer holds already: by response key the field's type, its text by parent type, its own scope."""

    held: dict[str, tuple[str, dict[str, str], Scope]] = field(default_factory=dict)


class QuestionMaker:
    """Makes questions to one schema. roots: which root fields may be asked; depth: how many objects stand in each other."""

    def __init__(self, schema: GraphQLSchema, samples: Samples, *, roots: Sequence[str], depth: int = 4) -> None:
        self.schema = schema
        self.samples = samples
        self.roots = tuple(roots)
        self.depth = depth

    def question(self, seed: int) -> Question:
        """The question of a seed, always the same."""
        return _Writer(self, random.Random(seed)).write()

    def where(self, seed: int, type_name: str, depth: int = 2) -> Any:
        """A filter on a type, as a value for a variable."""
        kind: Any = self.schema.type_map[f"{type_name}Where"]
        return plain(_Writer(self, random.Random(seed), constant=True).input(kind, depth))

    def order(self, seed: int, type_name: str) -> list[dict[str, str]]:
        """One to three steps of an order of a type, as a value for a variable."""
        rnd = random.Random(seed)
        keys: Any = self.schema.type_map[f"{type_name}OrderField"]
        chosen = rnd.sample(list(keys.values), min(len(keys.values), rnd.randrange(1, 4)))
        return [{"field": key, "direction": rnd.choice(("ASC", "DESC"))} for key in chosen]


class _Writer:
    def __init__(self, maker: QuestionMaker, rnd: random.Random, *, constant: bool = False) -> None:
        self.schema = maker.schema
        self.samples = maker.samples
        self.roots = maker.roots
        self.depth = maker.depth
        self.rnd = rnd
        self.constant = constant
        self.fields_left = 45
        self.cost_left = 3_000
        self.filters_left = 20
        self.aliases_left = 20
        self.definitions: list[str] = []
        self.variables: dict[str, Any] = {}
        self.fragments: list[str] = []

    def write(self) -> Question:
        root = self.schema.query_type
        assert root is not None
        scope, body = Scope(), []
        count = self.rnd.choice((1, 1, 1, 2, 3))
        for _ in range(count):
            name = self.rnd.choice(self.roots)
            self.cost_left = 3_000 // count
            body.append(self._field(root, root.fields[name], name, scope, self.depth, 1, alias=True))
        parameters = f"({', '.join(self.definitions)})" if self.definitions else ""
        text = " ".join([f"query Q{parameters} {{ {' '.join(body)} }}", *self.fragments])
        return Question(text, self.variables, count)

    def _chance(self, share: float) -> bool:
        return self.rnd.random() < share

    # -- selections

    def _selection(self, kind: Any, scope: Scope, depth: int, rows: int) -> str:
        parts = self._parts(kind, scope, depth, rows)
        if isinstance(kind, GraphQLInterfaceType):
            for member in self.schema.get_possible_types(kind):
                if self._chance(0.5) and self.fields_left > 0:
                    parts.append(self._fragment(member, scope, depth, rows))
        elif isinstance(kind, GraphQLObjectType) and kind.interfaces and self._chance(0.2):
            parts.append(self._fragment(self.rnd.choice(kind.interfaces), scope, depth, rows))
        self.rnd.shuffle(parts)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _parts(self, kind: Any, scope: Scope, depth: int, rows: int) -> list[str]:
        names = [name for name in kind.fields if depth > 0 or is_leaf_type(get_named_type(kind.fields[name].type))]
        if kind.name.endswith("Connection"):
            names = [name for name in _WORTH_ASKING if name in names]
        parts = []
        for name in self.rnd.choices(names, k=self.rnd.randrange(1, 5)) if names else []:
            if self.fields_left > 0:
                parts.append(self._field(kind, kind.fields[name], name, scope, depth, rows))
        if self._chance(0.12):
            parts.append(self._typename())
        return [part for part in parts if part]

    def _typename(self) -> str:
        return self.rnd.choice(("__typename", "typeName: __typename"))

    def _fragment(self, kind: Any, scope: Scope, depth: int, rows: int) -> str:
        inside = self._selection(kind, scope, depth - 1, rows)
        if not self._chance(0.35) or len(self.fragments) > 8:
            return f"... on {kind.name} {self._condition()}{inside}"
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {kind.name} {inside}")
        again = f" ...{name}" if self._chance(0.2) else ""
        return f"...{name} {self._condition()}{again}"

    def _field(
        self, parent: Any, field: GraphQLField, name: str, scope: Scope, depth: int, rows: int, *, alias: bool = False
    ) -> str:
        self.fields_left -= 1
        kind = get_named_type(field.type)
        repeated = self._again(parent, name, kind, scope, depth, rows)
        if repeated:
            return repeated
        size, arguments = self._arguments(parent, field)
        if rows * size > self.cost_left:
            return ""
        text = f"{name}{arguments}"
        key = self._key(parent, name, text, str(field.type), scope, alias=alias)
        if key is None:
            return ""
        inner = scope.held[key][2]
        shown = text if key == name else f"{key}: {text}"
        if is_leaf_type(kind):
            return f"{shown} {self._condition()}".rstrip()
        self.cost_left -= rows * size
        return f"{shown} {self._condition()}{self._selection(kind, inner, depth - 1, rows * size)}"

    def _again(self, parent: Any, name: str, kind: Any, scope: Scope, depth: int, rows: int) -> str:
        """The same field once more, with another selection: the answers are merged."""
        for key, (_, texts, inner) in scope.held.items():
            text = texts.get(parent.name, "")
            if text.partition("(")[0] == name and not is_leaf_type(kind) and depth > 0 and self._chance(0.3):
                shown = text if key == name else f"{key}: {text}"
                return f"{shown} {self._selection(kind, inner, depth - 1, rows)}"
        return ""

    def _key(self, parent: Any, name: str, text: str, type_: str, scope: Scope, *, alias: bool) -> str | None:
        """A response key under which this field can stand beside what is there."""
        key = name
        if self.aliases_left > 0 and (alias or self._chance(0.1) or not self._fits(scope, key, parent, text, type_)):
            self.aliases_left -= 1
            key = self.rnd.choice(("a", "b_", "_c", "Zz9"))
            if not self._fits(scope, key, parent, text, type_):
                key = f"{self.rnd.choice('abcxyz')}{self.aliases_left}"
        if not self._fits(scope, key, parent, text, type_):
            return None
        held = scope.held.setdefault(key, (type_, {}, Scope()))
        held[1][parent.name] = text
        return key

    def _fits(self, scope: Scope, key: str, parent: Any, text: str, type_: str) -> bool:
        """Whether a field can be answered under a key: with what is there it must have type and, where both apply, text in common."""
        held = scope.held.get(key)
        if held is None:
            return True
        if held[0] != type_:
            return False
        objects = {kind.name for kind in self.schema.type_map.values() if isinstance(kind, GraphQLObjectType)}
        apart = {name for name in held[1] if name != parent.name and {name, parent.name} <= objects}
        return all(other == text for name, other in held[1].items() if name not in apart)

    def _condition(self) -> str:
        if not self._chance(0.12):
            return ""
        word = self.rnd.choice(("skip", "include"))
        if self._chance(0.3):
            return f"@{word}(if: {self.rnd.choice(('true', 'false'))}) "
        return f"@{word}(if: {self._variable('Boolean!', self._chance(0.5))}) "

    # -- arguments and values

    def _arguments(self, parent: Any, field: GraphQLField) -> tuple[int, str]:
        """The text of a field's arguments, and how many rows it may give."""
        given: dict[str, Any] = {}
        size = 1
        if "having" in field.args:
            return self._grouping(field)
        if "first" in field.args:
            name, size = self.rnd.choice(("first", "first", "last")), self.rnd.choice((1, 2, 2, 3, 4, 7))
            if name == "first" and self._chance(0.06):
                size = 20
            else:
                given[name] = self._variable("Int", size, absent=False) if self._chance(0.25) else size
        for name in ("where", "orderBy"):
            if name in field.args and self._chance(0.35):
                given[name] = self._value(field.args[name].type, 2)
        for name in ("id", "ids"):
            if name in field.args:
                given[name] = self._identifiers(field.args[name].type)
                size = len(given[name]) if name == "ids" and isinstance(given[name], list) else size
        return size, "(" + ", ".join(f"{key}: {literal(value)}" for key, value in given.items()) + ")" if given else ""

    def _grouping(self, field: GraphQLField) -> tuple[int, str]:
        """The arguments of an aggregate."""
        target = get_named_type(field.type).name.removesuffix("Aggregate")
        given: dict[str, Any] = {}
        size = 1
        if "where" in field.args and self._chance(0.35):
            given["where"] = self._value(field.args["where"].type, 2)
        names = self._keys(target) if "groupBy" in field.args and self._chance(0.7) else []
        if names or self._chance(0.1):
            steps = [self._place(f"{target}GroupBy!", self._key_step(target, name)) for name in names]
            alone = len(steps) == 1 and not _refers(steps) and self._chance(0.2)
            given["groupBy"] = self._place(f"[{target}GroupBy!]!", steps[0] if alone else steps)
            size = self.rnd.choice((1, 2, 3, 5, 20))
        if self._chance(0.3):
            given["having"] = self._value(field.args["having"].type, 2)
        if self._chance(0.5):
            chosen = [self._order_step(target, names) for _ in range(self.rnd.choice((0, 1, 1, 2, 3)))]
            steps = [self._place(f"{target}AggregateOrder!", step) for step in chosen]
            given["orderBy"] = self._place(f"[{target}AggregateOrder!]!", steps)
        if size not in (1, 20) or self._chance(0.3):
            given["first"] = self._variable("Int", size, absent=False) if self._chance(0.25) else size
        return size, "(" + ", ".join(f"{key}: {literal(value)}" for key, value in given.items()) + ")" if given else ""

    def _keys(self, target: str) -> list[str]:
        keys: Any = self.schema.type_map[f"{target}GroupField"]
        return self.rnd.sample(list(keys.values), min(len(keys.values), self.rnd.choice((1, 1, 1, 2, 2, 3, 4))))

    def _key_step(self, target: str, name: str) -> dict[str, Any]:
        step = {"field": self._place(f"{target}GroupField!", Word(name))}
        kind = self._kind_of_key(target, name)
        if kind == "DateTime" or (kind == "Date" and self._chance(0.7)):
            bucket = Word(self.rnd.choice(("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")))
            step["bucket"] = self._place("DateBucket!", bucket)
        if kind == "DateTime" and self._chance(0.7):
            step["timezone"] = self._place("String!", self.rnd.choice(_ZONES))
        return step

    def _kind_of_key(self, target: str, name: str) -> str:
        """Whether a key is a time, a date or neither: what the type that has the field says."""
        keys: Any = self.schema.type_map[f"{target}GroupField"]
        kind: Any = self.schema.type_map[target]
        for step in str(keys.values[name].description).removeprefix("By ").removesuffix(".").split("."):
            kind = get_named_type(kind.fields[step].type)
        return str(kind.name)

    def _order_step(self, target: str, keys: Sequence[str]) -> dict[str, Any]:
        step: dict[str, Any] = {}
        measures: Any = self.schema.type_map.get(f"{target}MeasureField")
        way = self.rnd.random()
        if keys and way < 0.4:
            step["key"] = self._place(f"{target}GroupField!", Word(self.rnd.choice(keys)))
        elif measures is None or way < 0.6:
            step["figure"] = self._place("AggregateFigure!", Word("COUNT"))
        else:
            name = self.rnd.choice(list(measures.values))
            path = str(measures.values[name].description).removeprefix("By ").removesuffix(".")
            extremes: Any = self.schema.type_map[f"{target}Extremes"]
            shown = next(f for f in extremes.fields.values() if str(f.description) == f"Of {path}.")
            added = get_named_type(shown.type).name not in ("Date", "DateTime")
            words = ("SUM", "AVERAGE", "MIN", "MAX") if added else ("MIN", "MAX")
            step["figure"] = self._place("AggregateFigure!", Word(self.rnd.choice(words)))
            step["measure"] = self._place(f"{target}MeasureField!", Word(name))
            if get_named_type(shown.type).name == "Money":
                step["currencyCode"] = self._place("String!", self.rnd.choice(_CODES))
        if self._chance(0.5):
            step["direction"] = self._place("OrderDirection!", Word(self.rnd.choice(("ASC", "DESC"))))
        return step

    def _identifiers(self, type_: Any) -> Any:
        if isinstance(get_bare(type_), GraphQLList):
            ids = self.rnd.choices(self.samples.ids, k=self.rnd.randrange(0, 4))
            return self._place(type_, ids) if self._chance(0.5) else [self._place("ID!", id) for id in ids]
        return self._place(type_, self.rnd.choice(self.samples.ids))

    def _value(self, type_: Any, depth: int, at: tuple[str, str] = ("", "")) -> Any:
        """A value for an input, perhaps as a variable."""
        bare = get_bare(type_)
        if isinstance(bare, GraphQLList):
            items = [self._value(bare.of_type, depth - 1, at) for _ in range(self.rnd.choice((0, 1, 1, 2, 3)))]
            if len(items) == 1 and not isinstance(items[0], Reference) and self._chance(0.3):
                return self._place(type_, items[0])  # a single value counts as a list of one
            return self._place(type_, items)
        if isinstance(bare, GraphQLInputObjectType):
            return self._place(type_, self.input(bare, depth))
        if isinstance(bare, GraphQLEnumType):
            return self._place(type_, Word(self.rnd.choice(list(bare.values))))
        return self._place(type_, self._scalar(bare.name, at))

    def input(self, kind: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        """An input object with some of its fields."""
        if kind.name.endswith("Order"):
            chosen = ["field", "direction"] if self._chance(0.6) else ["field"]
        else:
            usable = [n for n, f in kind.fields.items() if depth > 0 or not _deep(f.type)] if self.filters_left else []
            chosen = self.rnd.sample(usable, min(len(usable), self.rnd.choice((1, 1, 1, 2, 2, 3, 0))))
        out: dict[str, Any] = {}
        for name in chosen:
            self.filters_left = max(0, self.filters_left - 1)
            type_ = kind.fields[name].type
            null = not isinstance(type_, GraphQLNonNull) and self._chance(0.04)
            inner: Any = get_named_type(type_)
            at = (kind.name.removesuffix("Where"), name)
            if null:
                out[name] = None
            elif inner.name.endswith("Comparator"):
                out[name] = self._place(type_, self._comparison(inner, at))
            else:
                out[name] = self._value(type_, depth - 1, at)
        return out

    def _comparison(self, kind: GraphQLInputObjectType, at: tuple[str, str]) -> dict[str, Any]:
        words = self.rnd.sample(list(kind.fields), self.rnd.choice((1, 1, 1, 1, 2, 0)))
        if kind.name == "MoneyFigureComparator":
            compared = {w: self._value(kind.fields[w].type, 1, at) for w in words if w != "currencyCode"}
            return {"currencyCode": self._place("String!", self.rnd.choice(_CODES)), **compared}
        return {word: self._value(kind.fields[word].type, 1, at) for word in words}

    def _scalar(self, name: str, at: tuple[str, str]) -> Any:
        known = self.samples.by_field.get(at)
        if name == "Boolean":
            return self._chance(0.5)
        if at[1] == "count" and self._chance(0.8):
            return self.rnd.randrange(6)
        if name == "ID":
            return self.rnd.choice(self.samples.ids)
        if known and self._chance(0.8):
            return self._near(name, self.rnd.choice(known))
        return self.rnd.choice(_ELSE[name])

    def _near(self, name: str, value: Any) -> Any:
        """A value that is there, or one just beside it."""
        if name == "String" and self._chance(0.3):
            start = self.rnd.choice((0, 0, 1))
            return value[start : start + self.rnd.randrange(1, 4)]
        if name == "Decimal" and self._chance(0.4):
            return format(Decimal(value) + Decimal(self.rnd.choice(("0.00001", "-0.00001", "0.005"))), "f")
        return value

    def _place(self, type_: Any, value: Any) -> Any:
        """The value itself or, by chance, a variable that stands for it."""
        share = 0.12 if isinstance(value, dict | list) else 0.25
        if self.constant or not self._chance(share) or _refers(value):
            return value
        return self._variable(str(type_), value)

    def _variable(self, type_: str, value: Any, *, absent: bool = True) -> Reference:
        name = f"v{len(self.definitions)}"
        way = self.rnd.random()
        bare = type_.removesuffix("!")
        if way < 0.15:  # the request leaves it out
            self.definitions.append(f"${name}: {bare} = {literal(value)}")
        elif way < 0.25 and value is not None:  # the request overrides a default
            self.definitions.append(f"${name}: {bare} = {literal(value)}")
            self.variables[name] = plain(value)
        elif way < 0.3 and absent and not type_.endswith("!"):  # nothing is said, which is not the same as null
            self.definitions.append(f"${name}: {type_}")
        elif way < 0.6 and value is not None:
            self.definitions.append(f"${name}: {bare}!")
            self.variables[name] = plain(value)
        else:
            self.definitions.append(f"${name}: {type_}")
            self.variables[name] = plain(value)
        return Reference(f"${name}")


_ZONES: Final = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata", "Pacific/Kiritimati")
_CODES: Final = ("EUR", "EUR", "USD", "JPY", "BHD", "CLF", "XXX", "")

_ELSE: Final[Mapping[str, Sequence[Any]]] = {
    "Int": (0, 1, -1, 50, 100, 2**31 - 1, -(2**31)),
    "String": ("", "a", "al", "%", "_", "é", "\\", "😀", "zz"),
    "DateTime": ("2026-01-01T08:30:00Z", "2026-01-01T09:30:00.000001+01:00", "1900-01-01T00:00:00Z",
                 "0999-01-01T00:00:00Z", "9999-01-01T00:00:00Z"),
    "Date": ("2026-01-01", "0001-01-02", "9999-12-30"),
    "Decimal": ("0", 0, 1, "1.5", "-0.001", "150", "1e3", "0.00001", "99999999999999999999999", "10.000",
                "0.00999999999999999999999999999999999999"),
}  # fmt: skip


def get_bare(type_: Any) -> Any:
    """A type without its `!`."""
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _deep(type_: Any) -> bool:
    kind: Any = get_named_type(type_)
    return isinstance(kind, GraphQLInputObjectType) and not kind.name.endswith(("Comparator", "Order"))


def _refers(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_refers(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_refers(inner) for inner in value)
    return isinstance(value, Reference)
