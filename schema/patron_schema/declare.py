"""The words of a plugin's types.py: what may be asked. Importing a type module only records; composition resolves and checks.

A field is one of six kinds: a column (a plain annotation), a `value` (part of the same row as an object), a relation (a
reference's name, or `related`), `gathered` (an interface's members over many tables), an SQL `expression` or `total`, or a
Python `resolver`. The first five become SQL.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar, cast, dataclass_transform

import strawberry
from sqlalchemy.orm import QueryableAttribute
from sqlalchemy.sql import ColumnElement

from patron_core.messages import Command, Event
from patron_core.records import META, Record

from .connections import Connection, Edge, PageInfo

__all__ = [
    "ANYONE",
    "Connection",
    "Edge",
    "Mutation",
    "PageInfo",
    "Query",
    "Subscription",
    "expression",
    "extends",
    "gathered",
    "mutation",
    "payload",
    "planned",
    "planned_interface",
    "planned_value",
    "related",
    "resolver",
    "root",
    "subscription",
    "total",
    "value",
]

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")
SPEC: Final = "__patron__"


@dataclass(frozen=True, slots=True)
class Related:
    attribute: Any
    other: Any
    via: Any


@dataclass(frozen=True, slots=True)
class Computed:
    value: Any
    via: Any
    filterable: bool
    orderable: bool


@dataclass(frozen=True, slots=True)
class Total:
    value: Any
    via: Any
    where: Any


@dataclass(frozen=True, slots=True)
class Value:
    present: Any


@dataclass(frozen=True, slots=True)
class Gathered:
    order_by: str


@dataclass(frozen=True, slots=True)
class Root:
    pass


@dataclass(frozen=True, slots=True)
class Resolver:
    requires: tuple[str, ...]
    scope: str | None = None
    conditions: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Mutating:
    command: type[Command]


@dataclass(frozen=True, slots=True)
class Subscribing:
    events: tuple[type[Event], ...]
    node_id: str
    by_customer: bool


@dataclass(frozen=True, slots=True)
class Spec:
    """What a declared class is: the model it shows, or the type it extends, and where it stands."""

    kind: str  # "node", "interface", "value", "extension", "payload"
    model: type[Record] | None
    extends: type | None
    file: str
    line: int


def _field(binding: Any, description: str | None) -> Any:
    return strawberry.field(metadata={META: binding}, description=description)


def related(
    attribute: QueryableAttribute[Any] | Any,
    other: QueryableAttribute[Any] | Any = None,
    *,
    via: Any = None,
    description: str | None = None,
) -> Any:
    """The rows that point here by a reference: `entries: Connection[PointsEntry] = related(models.PointsEntry.member)`.

    attribute: the reference on the other model. A unique reference gives one row: annotate `X | None`. other: a second
    reference of the same model; rows count that point here by either. via: a reference of this model, where the rows
    point to its row instead: `related(Relationship.source, Relationship.target, via=Customer.party)`.
    """
    return _field(Related(attribute, other, via), description)


def expression(
    value: ColumnElement[Any] | QueryableAttribute[Any] | Any,
    *,
    description: str,
    via: Any = None,
    filterable: bool = True,
    orderable: bool = True,
) -> Any:
    """An SQL expression over the columns of the type's own row, or of the row its reference `via` points to.

    Its classification is that of the most sensitive column it reads; an expression that reads none is refused.
    """
    return _field(Computed(value, via, filterable, orderable), description)


def total(value: Any = None, *, via: Any, where: Any = None, description: str) -> Any:
    """The sum of `value` over the rows that point here by the reference `via`, or their number where no value is named."""
    return _field(Total(value, via, where), description)


def value(*, present: Any = None, description: str | None = None) -> Any:
    """Part of the same row as an object of a `@planned_value` type.

    present: a reference of another model to this one; without a row that has it the object is null.
    """
    return _field(Value(present), description)


def gathered(*, order_by: str, description: str) -> Any:
    """The members of an interface that are about this row, over all their tables, newest (largest `order_by`) first."""
    return _field(Gathered(order_by), description)


def root(*, description: str) -> Any:
    """A root field: `Connection[X]` with where, orderBy and paging; `X | None` by id."""
    return _field(Root(), description)


def mutation(command: type[Command], *, description: str) -> Any:
    """A mutation that handles `command`; its input type is derived from the command's fields, its payload is the annotation."""
    return _field(Mutating(command), description)


def subscription(*events: type[Event], node_id: str, description: str, by_customer: bool = True) -> Any:
    """A subscription to committed events, answered with the row the event's attribute `node_id` names.

    An event that tells of many rows has the attribute in the plural (`transaction_ids`) and is answered with each of
    them. The field takes `where`, so that only rows are told for which it holds, and `after`, to go on from the event
    that was seen last; with by_customer also `customerId` to follow one customer only, then an event of several customers
    does not come. by_customer: whether the events name their customer.
    """
    return _field(Subscribing(events, node_id, by_customer), description)


#: The scope of a root field that everybody with a credential may ask for.
ANYONE: Final = "*"


def resolver(
    *requires: str, scope: str | None = None, conditions: Mapping[str, str] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Plain Python where it must be: `self` holds exactly the planned fields named, typed. The docstring is the description.

    scope: of a root field, which has no row that says who may read it: what an actor must hold to see it, or `ANYONE`.
    A root field without one is refused when the schema is composed. conditions: the arguments that take
    the `where` of a type, by name; they come as coerced, or None.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        doc = (function.__doc__ or "").strip() or None
        field = strawberry.field(function, description=doc, metadata={META: Resolver(requires, scope, conditions)})
        return cast("Callable[P, R]", field)

    return wrap


def _declare(cls: type[T], kind: str, *, model: type[Record] | None = None, extends: type | None = None) -> type[T]:
    frame = sys._getframe(2)
    doc = cls.__doc__ if "__doc__" in vars(cls) and cls.__doc__ else None
    if doc is None and model is not None:
        doc = model.__doc__
    description = " ".join(doc.split()) if doc else None
    make = strawberry.interface if kind == "interface" else strawberry.type
    out: Any = make(cls, description=description)
    setattr(out, SPEC, Spec(kind, model, extends, frame.f_code.co_filename, frame.f_lineno))
    return cast("type[T]", out)


@dataclass_transform(
    kw_only_default=True, field_specifiers=(strawberry.field, related, expression, total, value, root, gathered)
)
def planned(model: type[Record], *, interface: bool = False) -> Callable[[type[T]], type[T]]:
    """A type that shows a model. Plain annotations are its columns and references, checked at composition.

    interface: the type is an interface whose members show subclasses of the model (single-table inheritance).
    """
    return lambda cls: _declare(cls, "interface" if interface else "node", model=model)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, related, expression, total, value))
def planned_value(model: type[Record]) -> Callable[[type[T]], type[T]]:
    """A type without an id that shows part of a model's row; a field declared with `value` holds it."""
    return lambda cls: _declare(cls, "value", model=model)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def planned_interface(cls: type[T]) -> type[T]:
    """An interface whose members have tables of their own; a plugin's type joins it by inheriting it."""
    return _declare(cls, "interface")


@dataclass_transform(
    kw_only_default=True,
    field_specifiers=(strawberry.field, related, expression, total, value, root, gathered, mutation, subscription),
)
def extends(target: type[Any]) -> Callable[[type[T]], type[T]]:
    """Adds fields to a type of the core or of another plugin, or to `Query`, `Mutation` and `Subscription`."""
    return lambda cls: _declare(cls, "extension", extends=target)


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def payload(cls: type[T]) -> type[T]:
    """What a mutation gives: nullable fields that the command's result fills; `userErrors` comes with it."""
    return _declare(cls, "payload")


class Query:
    """`@extends(Query)` adds root fields."""


class Mutation:
    """`@extends(Mutation)` adds mutations."""


class Subscription:
    """`@extends(Subscription)` adds subscriptions."""


class MissingRequirement(AttributeError):
    """A resolver read a field it does not require."""


def row_class(cls: type[T], names: tuple[str, ...]) -> type[T]:
    """A subclass whose instances hold the planned values `names`; reading anything else says what to write."""

    def missing(self: Any, name: str) -> Any:
        listed = ", ".join(repr(n) for n in (*names, name))
        raise MissingRequirement(f"{cls.__name__}.{name} was not planned for this resolver. Write @resolver({listed}).")

    return cast("type[T]", type(cls.__name__, (cls,), {"__getattr__": missing}))
