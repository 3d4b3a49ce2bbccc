"""Operations that together reach every field, argument, filter, order, group and figure of a composed schema.

In come a schema and values of several tenants, out come documents: each place once with the values of another tenant where
it takes any. `questions` makes random ones beside them; this walk leaves nothing to chance.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)
from tests.planner.questions import QuestionMaker, Samples, Word, _Writer, get_bare, literal
from tests.security.realm import unknown

from patron_schema.compose import Composed

__all__ = ["Place", "Walk"]

_LEAVES: Final = 20
_USUAL: Final = frozenset(
    {"id", "ids", "first", "last", "after", "before", "where", "orderBy", "groupBy", "having"}
)  # arguments that have documents of their own
_ALIASES: Final = 12
_AT_ONCE: Final = (
    5  # fields of an object; of the root each is asked alone, for one that is refused may break off the others
)
_GROUPINGS: Final = 6  # random arguments for each aggregate at the root


class _Plain(_Writer):
    """Writes values in their places and no variables."""

    def _variable(self, type_: str, value: Any, *, absent: bool = True) -> Any:
        return value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a type stands: the text before a selection of it, and how many braces that opens."""

    before: str
    braces: int

    def query(self, selection: str) -> str:
        """A document that selects something there."""
        return f"{{ {self.before}{selection}{' }' * self.braces} }}"

    def inside(self, opening: str) -> Place:
        """The place one level further in."""
        return Place(f"{self.before}{opening} {{ ", self.braces + 1)


class Walk:
    """Makes the operations. own: values of the tenant that asks; foreign: of another one."""

    def __init__(self, composed: Composed, own: Samples, foreign: Samples) -> None:
        self.composed = composed
        self.schema = composed.graphql
        self.own = own
        self.foreign = foreign
        self.rnd = random.Random(20261122)
        self.maker = QuestionMaker(self.schema, foreign, roots=sorted(composed.catalog.roots))
        self._known: dict[tuple[bool, str | None], list[str]] = {}
        self.places = self._find()
        self._met: set[str] = set()
        arguments = (
            a
            for kind in self.schema.type_map.values()
            for f in getattr(kind, "fields", {}).values()
            for a in getattr(f, "args", {}).items()
        )
        self._filtered = {get_named_type(given.type).name for name, given in arguments if name == "where"}

    def operations(self) -> Iterator[str]:
        """The documents."""
        for name, place in self.places.items():
            kind: Any = self.schema.type_map[name]
            yield from self._leaves(kind, place)
            yield from self._objects(kind, place)
            for field, made in kind.fields.items():
                yield from self._asked(kind, place, field, made)
        yield from self._filters()
        yield from self._orders()
        yield from self._groups()

    # -- places

    def _find(self) -> dict[str, Place]:
        """The nearest place of each type that a query can show."""
        found = {"Query": Place("", 0)}
        waiting = ["Query"]
        while waiting:
            name = waiting.pop(0)
            kind: Any = self.schema.type_map[name]
            for field, made in sorted(kind.fields.items(), key=lambda item: "first" not in item[1].args):
                target = get_named_type(made.type)
                if is_composite_type(target) and target.name not in found:
                    opening = f"{field}{self._arguments(kind, field, made)}"
                    found[target.name] = found[name].inside(opening)
                    waiting.append(target.name)
            if isinstance(kind, GraphQLInterfaceType):
                for member in self.schema.get_possible_types(kind):
                    if member.name not in found:
                        found[member.name] = found[name].inside(f"... on {member.name}")
                        waiting.append(member.name)
        return found

    def _arguments(self, kind: Any, field: str, made: GraphQLField, /, **more: Any) -> str:
        """Arguments with which a field gives something."""
        given: dict[str, Any] = {}
        for name, argument in made.args.items():
            if not isinstance(argument.type, GraphQLNonNull) or name in more:
                continue
            if get_named_type(argument.type).name != "ID":
                given[name] = self._value(argument.type, (kind.name, name), self.own)
            else:
                given[name] = self._identifiers(kind, field, made, name, self.own)
        if "first" in made.args and "last" not in more:
            given["first"] = 3
        given.update(more)
        return f"({', '.join(f'{n}: {literal(v)}' for n, v in given.items())})" if given else ""

    def _identifiers(self, kind: Any, field: str, made: GraphQLField, name: str, samples: Samples) -> Any:
        """An id for an argument, or a list of them."""
        many = isinstance(get_bare(made.args[name].type), GraphQLList)
        prefix = self._prefix(kind, field, name)
        ids = [id for id in samples.ids if len(id) > 36 and (prefix is None or id.startswith(f"{prefix}_"))]
        ids = ids or [unknown(prefix or "cus", number) for number in range(3)]
        return self.rnd.sample(ids, 3) if many else ids[0]

    def _prefix(self, kind: Any, field: str, argument: str) -> str | None:
        root = self.composed.catalog.roots.get(field) if kind.name == "Query" else None
        noun = argument.removesuffix("Ids").removesuffix("Id")
        target = root.target if root is not None else noun[:1].upper() + noun[1:]
        entry = self.composed.catalog.types.get(target)
        return entry.id_prefix or None if entry is not None else None

    # -- fields

    def _leaves(self, kind: Any, place: Place) -> Iterator[str]:
        names = [n for n, f in kind.fields.items() if is_leaf_type(get_named_type(f.type)) and not f.args]
        for start in range(0, len(names), _LEAVES):
            yield place.query(" ".join(names[start : start + _LEAVES]))

    def _objects(self, kind: Any, place: Place) -> Iterator[str]:
        parts = [
            f"{n}{self._arguments(kind, n, f)}{self._inside(f)}"
            for n, f in kind.fields.items()
            if is_composite_type(get_named_type(f.type))
        ]
        alone = _AT_ONCE if place.braces else 1
        for start in range(0, len(parts), alone):
            yield place.query(" ".join(parts[start : start + alone]))

    def _inside(self, made: GraphQLField) -> str:
        """What is selected of a field: of a connection its rows and their number."""
        kind: Any = get_named_type(made.type)
        if is_leaf_type(kind):
            return ""
        if kind.name.endswith("Connection"):
            return " { totalCount edges { cursor node { __typename } } }"
        if "count" in kind.fields:
            return " { count }"
        return " { id }" if "id" in kind.fields else " { __typename }"

    # -- arguments

    def _asked(self, kind: Any, place: Place, field: str, made: GraphQLField) -> Iterator[str]:
        """A field with each of its arguments."""
        for name, argument in made.args.items():
            if get_named_type(argument.type).name == "ID":
                many = isinstance(get_bare(argument.type), GraphQLList)
                prefix = self._prefix(kind, field, name) or "cus"
                foreign = self._identifiers(kind, field, made, name, self.foreign)
                for given in (foreign, [unknown(prefix)] if many else unknown(prefix)):
                    yield self._with(kind, place, field, made, {name: given})
        yield from self._aliased(
            place, [f"{field}{text}{self._inside(made)}" for text in self._given(kind, field, made)]
        )
        if (
            "after" in made.args
            and (target := get_named_type(made.type).name.removesuffix("Connection")) not in self._met
        ):
            self._met.add(target)  # whose row a foreign cursor names is asked in one place for all of a kind
            cursor = self._cursor(target, self.foreign)
            yield self._with(kind, place, field, made, {"after": cursor})
            yield self._with(kind, place, field, made, {"before": cursor, "last": 2})

    def _given(self, kind: Any, field: str, made: GraphQLField) -> Iterator[str]:
        """Texts of arguments in which all of a field's arguments are."""
        if "where" in made.args:
            where: Any = get_bare(made.args["where"].type)
            yield self._arguments(kind, field, made, where=self._condition(where, self.foreign, 2))
        if "orderBy" in made.args and "groupBy" not in made.args:
            key = self._first_key(made.args["orderBy"].type, "field")
            yield self._arguments(kind, field, made, orderBy=[{"field": Word(key), "direction": Word("DESC")}])
        others = {n: a for n, a in made.args.items() if n not in _USUAL and get_named_type(a.type).name != "ID"}
        conditions = {n: a for n, a in others.items() if get_named_type(a.type).name in self._filtered}
        for name, argument in conditions.items():  # of several only one may be given
            condition = self._condition(get_bare(argument.type), self.foreign, 2)
            yield self._arguments(kind, field, made, **{name: condition})
        plain = {n: a for n, a in others.items() if n not in conditions}
        if plain:
            yield self._arguments(
                kind, field, made, **{n: self._value(a.type, (kind.name, n), self.own) for n, a in plain.items()}
            )
        if "groupBy" in made.args:
            yield self._every_grouping(made)
        if "after" in made.args:
            cursor = self._cursor(get_named_type(made.type).name.removesuffix("Connection"), self.own)
            yield self._arguments(kind, field, made, after=cursor)
            yield self._arguments(kind, field, made, before=cursor, last=2)

    def _with(self, kind: Any, place: Place, field: str, made: GraphQLField, given: dict[str, Any]) -> str:
        return place.query(f"{field}{self._arguments(kind, field, made, **given)}{self._inside(made)}")

    def _cursor(self, target: str, samples: Samples) -> str:
        """A cursor of the usual order, of a row of this kind."""
        entry = self.composed.catalog.types[target]
        names = entry.members or (target,)
        prefixes = tuple(f"{self.composed.catalog.types[name].id_prefix}_" for name in names)
        id = next((id for id in samples.ids if len(id) > 36 and id.startswith(prefixes)), f"{prefixes[0]}{'0' * 36}")
        return f"{id}.{hashlib.sha256(f'{target}|'.encode()).hexdigest()[:6]}"

    def _first_key(self, type_: Any, field: str) -> str:
        step: Any = get_named_type(type_)
        return next(iter(get_named_type(step.fields[field].type).values))

    # -- filters

    def _filters(self) -> Iterator[str]:
        """Each field and each operator of each filter, with a foreign value and with an own one."""
        for kind, place, field, made in self._uses("where"):
            where: Any = get_bare(made.args["where"].type)
            parts: list[str] = []
            for condition in self._all_conditions(where):
                parts.append(
                    f"{field}{self._arguments(kind, field, made, where=condition)} {{ {self._counted(made)} }}"
                )
            yield from self._aliased(place, parts, size=8)  # fifty filter nodes for one operation

    def _counted(self, made: GraphQLField) -> str:
        return "totalCount edges { cursor }" if get_named_type(made.type).name.endswith("Connection") else "count"

    def _aliased(self, place: Place, parts: Sequence[str], size: int = _ALIASES) -> Iterator[str]:
        for start in range(0, len(parts), size):
            yield place.query(" ".join(f"a{i}: {part}" for i, part in enumerate(parts[start : start + size])))

    def _uses(self, argument: str) -> Iterator[tuple[Any, Place, str, GraphQLField]]:
        """One field for each type that an argument takes, the nearest to the root first."""
        seen: set[str] = set()
        for name in sorted(self.places, key=lambda n: (self.places[n].braces, n)):
            kind: Any = self.schema.type_map[name]
            for field, made in kind.fields.items():
                if argument in made.args and (taken := get_named_type(made.args[argument].type).name) not in seen:
                    seen.add(taken)
                    yield kind, self.places[name], field, made

    def _all_conditions(self, where: GraphQLInputObjectType) -> Iterator[dict[str, Any]]:
        """The conditions of a filter, and those of filters that stand inside it alone, as those of values do."""
        yield from self._conditions(where)
        for name, given in where.fields.items():
            kind: Any = get_named_type(given.type)
            inside = isinstance(kind, GraphQLInputObjectType) and kind.name.endswith("Where") and kind is not where
            if inside and name not in ("and", "or", "not") and kind.name not in self._filtered:
                self._filtered.add(kind.name)
                yield from ({name: condition} for condition in self._all_conditions(kind))

    def _conditions(self, where: GraphQLInputObjectType) -> Iterator[dict[str, Any]]:
        for name, given in where.fields.items():
            kind: Any = get_named_type(given.type)
            if kind.name.endswith("Comparator"):
                for word, compared in kind.fields.items():
                    for samples in (self.foreign, self.own) if word in ("eq", "in", "ne") else (self.foreign,):
                        yield {name: {word: self._value(compared.type, (where.name, name), samples)}}
            elif name in ("and", "or"):
                yield {name: [self._condition(where, self.foreign, 1), self._condition(where, self.own, 1)]}
            elif name == "not":
                yield {name: self._condition(where, self.foreign, 1)}
            elif isinstance(kind, GraphQLInputObjectType):
                for inner in kind.fields:
                    if inner not in ("and", "or", "not"):
                        yield {name: self._condition(kind, self.foreign, 2, only=inner)}

    def _condition(self, kind: GraphQLInputObjectType, samples: Samples, depth: int, only: str = "") -> dict[str, Any]:
        """A condition by the first field that compares a value, or by the one named."""
        plain = [n for n, f in kind.fields.items() if get_named_type(f.type).name.endswith("Comparator")]
        name = only or next(iter(plain), next(iter(kind.fields)))
        inner: Any = get_named_type(kind.fields[name].type)
        if inner.name.endswith("Comparator"):
            word = "eq" if "eq" in inner.fields else next(iter(inner.fields))
            compared = {word: self._value(inner.fields[word].type, (kind.name, name), samples)}
            if "currencyCode" in inner.fields:
                compared = {"currencyCode": "EUR", **compared}
            return {name: compared}
        return {name: self._condition(inner, samples, depth - 1) if depth > 0 else {}}

    def _value(self, type_: Any, at: tuple[str, str], samples: Samples) -> Any:
        bare = get_bare(type_)
        if isinstance(bare, GraphQLList):
            return [self._value(bare.of_type, at, samples) for _ in range(2)]
        if isinstance(bare, GraphQLEnumType):
            return Word(self.rnd.choice(list(bare.values)))
        if isinstance(bare, GraphQLInputObjectType):
            return {name: self._value(each.type, (bare.name, name), samples) for name, each in bare.fields.items()}
        if bare.name == "ID":
            prefix = self._own_prefix(at[0])
            return self.rnd.choice(self._ids(samples, prefix) or [unknown(prefix or "cus")])
        writer = _Plain(self.maker, self.rnd, constant=True)
        writer.samples = samples
        return writer._scalar(bare.name, (at[0].removesuffix("Where"), at[1]))

    def _ids(self, samples: Samples, prefix: str | None) -> list[str]:
        """Ids of a kind."""
        key = (samples is self.own, prefix)
        if key not in self._known:
            self._known[key] = [id for id in samples.ids if prefix is None or id.startswith(f"{prefix}_")]
        return self._known[key]

    def _own_prefix(self, where: str) -> str | None:
        entry = self.composed.catalog.types.get(where.removesuffix("Where"))
        return entry.id_prefix if entry is not None and entry.id_prefix else None

    # -- orders, groups and figures

    def _orders(self) -> Iterator[str]:
        for kind, place, field, made in self._uses("orderBy"):
            if "groupBy" in made.args:
                continue
            step: Any = get_named_type(made.args["orderBy"].type)
            keys = get_named_type(step.fields["field"].type).values
            parts = []
            for key in keys:
                for direction in ("ASC", "DESC"):
                    order = [{"field": Word(key), "direction": Word(direction)}]
                    arguments = self._arguments(kind, field, made, orderBy=order)
                    parts.append(f"{field}{arguments} {{ edges {{ cursor }} }}")
            yield from self._aliased(place, parts)

    def _groups(self) -> Iterator[str]:
        for _, place, field, made in self._uses("groupBy"):
            step: Any = get_bare(get_bare(made.args["groupBy"].type).of_type)
            shown: Any = get_named_type(made.type)
            target = shown.name.removesuffix("Aggregate")
            leaf = {n: f for n, f in self._fields(shown, "key").items() if is_leaf_type(get_named_type(f.type))}
            first = next(iter(leaf), "__typename")
            parts = []
            for key in get_named_type(step.fields["field"].type).values:
                group = literal([{"field": Word(key)}])
                parts.append(f"{field}(groupBy: {group}) {{ count key {{ {first} }} }}")
            yield from self._aliased(place, parts)
            yield place.query(f'{field}(groupBy: [{{field: {key}, bucket: MONTH, timezone: "UTC"}}]) {{ count }}')
            yield from self._aliased(place, list(self._measured(field, target)))
            yield from self._aliased(place, list(self._having(field, made)), size=8)
            writer = _Plain(self.maker, self.rnd, constant=True)
            for _ in range(_GROUPINGS):
                yield place.query(f"{field}{writer._grouping(made)[1]} {{ count }}")

    def _fields(self, kind: Any, name: str) -> dict[str, GraphQLField]:
        inner: Any = get_named_type(kind.fields[name].type) if name in kind.fields else None
        return dict(inner.fields) if isinstance(inner, GraphQLObjectType) else {}

    def _measured(self, field: str, target: str) -> Iterator[str]:
        """An order by each measure."""
        measures: Any = self.schema.type_map.get(f"{target}MeasureField")
        for name in measures.values if measures is not None else ():
            path = str(measures.values[name].description).removeprefix("By ").removesuffix(".")
            extremes: Any = self.schema.type_map[f"{target}Extremes"]
            shown = next(f for f in extremes.fields.values() if str(f.description) == f"Of {path}.")
            step: dict[str, Any] = {"figure": Word("MAX"), "measure": Word(name), "direction": Word("DESC")}
            if get_named_type(shown.type).name == "Money":
                step["currencyCode"] = "EUR"
            yield f"{field}(orderBy: {literal([step])}) {{ count }}"

    def _every_grouping(self, made: GraphQLField) -> str:
        """All arguments of an aggregate at once."""
        target = get_named_type(made.type).name.removesuffix("Aggregate")
        writer = _Plain(self.maker, self.rnd, constant=True)
        keys: Any = self.schema.type_map[f"{target}GroupField"]
        name = next((k for k in keys.values if writer._kind_of_key(target, k) == "DateTime"), next(iter(keys.values)))
        group: dict[str, Any] = {"field": Word(name)}
        if writer._kind_of_key(target, name) == "DateTime":
            group |= {"bucket": Word("MONTH"), "timezone": "Europe/Berlin"}
        order = [{"key": Word(name), "direction": Word("ASC")}, {"figure": Word("COUNT")}]
        given: dict[str, Any] = {"groupBy": [group], "orderBy": order, "first": 5, "having": {"count": {"gte": 1}}}
        if "where" in made.args:
            where: Any = get_bare(made.args["where"].type)
            given["where"] = {"not": self._condition(where, self.foreign, 1)}
        return f"({', '.join(f'{n}: {literal(v)}' for n, v in given.items())})"

    def _having(self, field: str, made: GraphQLField) -> Iterator[str]:
        having: Any = get_bare(made.args["having"].type)
        for condition in self._tests(having):
            yield f"{field}(having: {literal(condition)}) {{ count }}"

    def _tests(self, kind: GraphQLInputObjectType) -> Iterable[dict[str, Any]]:
        for name, given in kind.fields.items():
            inner: Any = get_named_type(given.type)
            if name in ("and", "or"):
                yield {name: [{"count": {"gte": 0}}]}
            elif name == "not":
                yield {name: {"count": {"lt": 0}}}
            elif inner.name.endswith("Comparator"):
                words = [w for w in inner.fields if w != "currencyCode"]
                for word in words:
                    value = self._value(inner.fields[word].type, (kind.name, name), self.foreign)
                    yield {name: {**({"currencyCode": "EUR"} if "currencyCode" in inner.fields else {}), word: value}}
            else:
                yield from ({name: test} for test in self._tests(inner))
