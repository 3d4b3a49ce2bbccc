"""The one language of conditions that are kept: segments, audiences, service levels, monitoring and webhook filters.

A predicate is a tree of frozen nodes over the fields of a type. Its stored form is JSON of the same shape as the
`where` argument of the API, with a version and the type's name, so that a condition tried in a query can be kept as
it is. Whether the fields exist and fit, and what it is in SQL, is asked of a `Matcher`, which the planner implements and
the API lends; `holds` judges plain values in Python.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, cast

from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.values import Code

if TYPE_CHECKING:
    from sqlalchemy import TextClause

    from patron_core.classification import Classification
    from patron_core.messages import Actor
    from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "AllOf",
    "AnyOf",
    "Comparison",
    "Matcher",
    "Negation",
    "Node",
    "Predicate",
    "Quantified",
    "WhereOf",
    "Within",
    "holds",
    "parse",
    "stored",
]

VERSION: Final = 1
MOST_NODES: Final = 50
MOST_VALUES: Final = 1_000
LONGEST_TEXT: Final = 1_000

Comparator = Literal["eq", "ne", "in", "notIn", "lt", "lte", "gt", "gte", "startsWith", "contains", "isNull"]
Quantifier = Literal["some", "every", "none"]
Scalar = str | int | float | bool

_COMPARATORS: Final = frozenset(
    ("eq", "ne", "in", "notIn", "lt", "lte", "gt", "gte", "startsWith", "contains", "isNull")
)
_QUANTIFIERS: Final = frozenset(("some", "every", "none"))
_NAME: Final = re.compile(r"[a-z][A-Za-z0-9]{0,99}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field's value compared with a given one, or several for `in` and `notIn`; an unset value meets only isNull."""

    field: str
    comparator: Comparator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """A condition on the row a reference leads to, or on parts of a value such as money; false where there is none."""

    field: str
    node: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    """A condition on the rows of a list: it holds for some, for every (also of no rows) or for none."""

    field: str
    quantifier: Quantifier
    node: Node


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold; of none, it holds."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds; of none, it does not."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """This does not hold."""

    node: Node


@dataclass(frozen=True, slots=True)
class WhereOf:
    """Marks a command's field that takes conditions on rows of a type: `Annotated[Mapping[str, Any], WhereOf("Customer")]`.

    Its input is the type's `where`; the command gets it as plain JSON.
    """

    type_name: str


Node = Comparison | Within | Quantified | AllOf | AnyOf | Negation


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on rows of a type, ready to be stored. type_name: the API's, such as Customer."""

    type_name: str
    node: Node


class Matcher(Protocol):
    """What turns a predicate into SQL: the planner, which the API lends to the core (`Plugins.lend`)."""

    def classes(self, predicate: Predicate, uow: UnitOfWork) -> frozenset[Classification]:
        """How sensitive what it looks at is. Refuses fields the type does not have and values that do not fit
        (INVALID_INPUT), and what the actor of the unit of work may not filter by (FORBIDDEN).
        """
        ...

    def criterion(self, predicate: Predicate, uow: UnitOfWork, *, actor: Actor | None = None) -> TextClause:
        """The condition as SQL over the type's own table under its own name, for `select(Customer.id).where(…)`.

        The tenant stands in it, for every table it reaches, and the limits on the rows that the actor sees. actor: with whose
        rights; None for that of the unit of work. Refuses as `classes`.
        """
        ...


def parse(document: Any) -> Predicate:
    """A predicate from its stored form: `{"version": 1, "type": "Customer", "where": {"kind": {"eq": "B2B"}}}`.

    Raises INVALID_INPUT with the path inside the document, LIMIT_EXCEEDED beyond 50 nodes. Values are never in the
    text.
    """
    if not isinstance(document, Mapping) or set(document) != {"version", "type", "where"}:
        raise _refused((), "is not an object with version, type and where")
    if document["version"] != VERSION or isinstance(document["version"], bool):
        raise _refused(("version",), f"has a version other than {VERSION}")
    type_name = document["type"]
    if not isinstance(type_name, str) or not _NAME.fullmatch(type_name[:1].lower() + type_name[1:]):
        raise _refused(("type",), "does not name a type")
    node = _Parser().node(document["where"], ("where",))
    return Predicate(type_name, node)


def stored(predicate: Predicate) -> dict[str, Any]:
    """The stored form, in one spelling for equal predicates: `parse(stored(p)) == p` for all that `parse` gives."""
    return {"version": VERSION, "type": predicate.type_name, "where": _where(predicate.node)}


def holds(predicate: Predicate, row: Mapping[str, Any]) -> bool:
    """Whether a predicate holds for a row given as values by field name: scalars, mappings, and sequences of mappings.

    Values may be of Python's types (codes, ids, times, decimals); a field that the row does not have counts as unset.
    """
    return _holds(predicate.node, row)


class _Parser:
    """Reads one `where`, counting its nodes; each level has at least one, so the limit bounds the depth too."""

    def __init__(self) -> None:
        self._nodes = 0

    def node(self, where: Any, path: tuple[str | int, ...]) -> Node:
        """All conditions of an object; a single one stands for itself."""
        if not isinstance(where, Mapping):
            raise _refused(path, "is not an object of conditions")
        found = [node for name, inner in where.items() for node in self._named(name, inner, (*path, name))]
        if len(found) == 1:
            return found[0]
        self._count()
        return AllOf(tuple(found))

    def _named(self, name: Any, inner: Any, path: tuple[str | int, ...]) -> Iterator[Node]:
        if name in ("and", "or"):
            if not isinstance(inner, Sequence) or isinstance(inner, str):
                raise _refused(path, "is not a list of conditions")
            self._count()
            nodes = tuple(self.node(part, (*path, position)) for position, part in enumerate(inner))
            yield AllOf(nodes) if name == "and" else AnyOf(nodes)
        elif name == "not":
            self._count()
            yield Negation(self.node(inner, path))
        elif not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _refused(path, "is not the name of a field")
        else:
            yield from self._field(name, inner, path)

    def _field(self, name: str, inner: Any, path: tuple[str | int, ...]) -> Iterator[Node]:
        if not isinstance(inner, Mapping) or not inner:
            raise _refused(path, "says nothing about the field")
        words = set(inner)
        if words <= _COMPARATORS:
            for word, value in inner.items():
                self._count()
                yield Comparison(name, cast("Comparator", word), _value(word, value, (*path, word)))
        elif words <= _QUANTIFIERS:
            for word, where in inner.items():
                self._count()
                yield Quantified(name, cast("Quantifier", word), self.node(where, (*path, word)))
        elif words & (_COMPARATORS | _QUANTIFIERS):
            raise _refused(path, "mixes comparators, quantifiers and fields")
        else:
            self._count()
            yield Within(name, self.node(inner, path))

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise LimitExceeded(
                limit="filter nodes", value=self._nodes, maximum=MOST_NODES, advice="Split the condition."
            )


def _value(word: str, value: Any, path: tuple[str | int, ...]) -> Scalar | tuple[Scalar, ...]:
    if word in ("in", "notIn"):
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST_VALUES:
            raise _refused(path, f"is not a list of at most {MOST_VALUES} values")
        return tuple(_scalar(part, (*path, position)) for position, part in enumerate(value))
    if (word == "isNull") != isinstance(value, bool) and word not in ("eq", "ne"):
        raise _refused(path, "is true or false where it should not be, or is not where it should")
    if word in ("startsWith", "contains") and not isinstance(value, str):
        raise _refused(path, "is not a text")
    return _scalar(value, path)


def _scalar(value: Any, path: tuple[str | int, ...]) -> Scalar:
    if not isinstance(value, str | int | float | bool) or value != value or value in (float("inf"), float("-inf")):
        raise _refused(path, "is not a text, a number or true or false (for no value, use isNull)")
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or "\x00" in value):
        raise _refused(path, f"is longer than {LONGEST_TEXT} characters or holds a NUL")
    return value


def _refused(path: tuple[str | int, ...], what: str) -> InvalidInput:
    place = ".".join(str(part) for part in path) or "it"
    return InvalidInput(
        f"The condition is not well formed. At {place} it {what}. Write it like the where argument of the API.",
        path=path,
    )


def _where(node: Node) -> dict[str, Any]:
    match node:
        case Comparison(field, comparator, value):
            return {field: {comparator: list(value) if isinstance(value, tuple) else value}}
        case Within(field, inner):
            return {field: _where(inner)}
        case Quantified(field, quantifier, inner):
            return {field: {quantifier: _where(inner)}}
        case AllOf(nodes):
            return {"and": [_where(inner) for inner in nodes]}
        case AnyOf(nodes):
            return {"or": [_where(inner) for inner in nodes]}
        case Negation(inner):
            return {"not": _where(inner)}


def _holds(node: Node, row: Mapping[str, Any]) -> bool:
    match node:
        case Comparison(field, comparator, value):
            return _compare(row.get(field), comparator, value)
        case Within(field, inner):
            return isinstance(part := row.get(field), Mapping) and _holds(inner, part)
        case Quantified(field, "some", inner):
            return any(_holds(inner, part) for part in row.get(field) or ())
        case Quantified(field, "every", inner):
            return all(_holds(inner, part) for part in row.get(field) or ())
        case Quantified(field, _, inner):
            return not any(_holds(inner, part) for part in row.get(field) or ())
        case AllOf(nodes):
            return all(_holds(inner, row) for inner in nodes)
        case AnyOf(nodes):
            return any(_holds(inner, row) for inner in nodes)
        case Negation(inner):
            return not _holds(inner, row)


_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda own, value: bool(own == value),
    "ne": lambda own, value: bool(own != value),
    "in": lambda own, values: own in values,
    "notIn": lambda own, values: own not in values,
    "lt": lambda own, value: bool(own < value),
    "lte": lambda own, value: bool(own <= value),
    "gt": lambda own, value: bool(own > value),
    "gte": lambda own, value: bool(own >= value),
    "startsWith": lambda own, value: str(own).startswith(value),
    "contains": lambda own, value: value in str(own),
}


def _compare(own: Any, comparator: Comparator, value: Scalar | tuple[Scalar, ...]) -> bool:
    if comparator == "isNull":
        return (own is None) == value
    if own is None:
        return False
    own = own.name if isinstance(own, Code) else own
    given = tuple(_like(own, v) for v in value) if isinstance(value, tuple) else _like(own, value)
    return _TESTS[comparator](own, given)


def _like(own: Any, value: Scalar) -> Any:
    """A stored value in the type of the row's own one, so that times, ids and decimals compare as what they are."""
    try:
        match own:
            case bool() | str():
                return value
            case int() | float() | Decimal():
                return Decimal(str(value))
            case dt.datetime():
                return dt.datetime.fromisoformat(str(value))
            case dt.date():
                return dt.date.fromisoformat(str(value))
            case uuid.UUID():
                return uuid.UUID(str(value))
            case _:
                return value
    except (ValueError, InvalidOperation):
        raise InvalidInput(
            "The condition does not fit the row. A value has another type than its field. Check the condition."
        ) from None
