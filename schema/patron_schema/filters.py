"""The input types of `where` and `orderBy`, derived from the catalog: a comparator per scalar, an input per type, a list of keys.

Inputs are empty Strawberry classes whose fields the composed schema serves, so that they can be recursive, have any name and be
new for every schema. What they hold is read by the planner from graphql-core's coerced values, never by Strawberry.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

from patron_core.values import Code

from .compose.names import code_name
from .planner.catalog import (
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
)

__all__ = ["DIRECTION", "InputTypes", "OrderDirection", "enum_definition", "field_paths", "order_paths"]

_EQUALITY = {
    "eq": "Equal to this.",
    "ne": "Set, and not equal to this.",
    "in": "Equal to one of these.",
    "notIn": "Set, and equal to none of these.",
}
_ORDER = {
    "lt": "Before this.",
    "lte": "Before or equal to this.",
    "gt": "After this.",
    "gte": "After or equal to this.",
}
_TEXT = {"startsWith": "Begins with this, letter by letter.", "contains": "Contains this, letter by letter."}
_OPERATORS: dict[Kind, dict[str, str]] = {
    Kind.ID: _EQUALITY,
    Kind.CODE: _EQUALITY,
    Kind.BOOL: {"eq": _EQUALITY["eq"], "ne": _EQUALITY["ne"]},
    Kind.TEXT: {**_EQUALITY, **_ORDER, **_TEXT},
    Kind.INT: {**_EQUALITY, **_ORDER},
    Kind.TIME: {**_EQUALITY, **_ORDER},
    Kind.DATE: {**_EQUALITY, **_ORDER},
    Kind.DECIMAL: {**_EQUALITY, **_ORDER},
    Kind.AMOUNT: {"eq": _EQUALITY["eq"], "ne": _EQUALITY["ne"], **_ORDER},
}
_PYTHON: dict[Kind, str] = {
    Kind.ID: "strawberry.ID",
    Kind.TEXT: "str",
    Kind.INT: "int",
    Kind.BOOL: "bool",
    Kind.TIME: "dt.datetime",
    Kind.DATE: "dt.date",
    Kind.DECIMAL: "Decimal",
    Kind.AMOUNT: "Decimal",
}


class OrderDirection(Code):
    """Which end comes first."""

    ASC = "asc", "Smallest first, nulls last."
    DESC = "desc", "Largest first, nulls first."


def enum_definition(cls: type[enum.Enum]) -> StrawberryEnumDefinition:
    """The one Strawberry definition of an enum class, whatever plugin set asks: Strawberry keeps it on the class itself."""
    definition = cls.__dict__.get("__strawberry_definition__")
    if definition is None:
        strawberry.enum(cls)
        definition = cls.__dict__["__strawberry_definition__"]
    if definition.description is None:  # Strawberry may have met the class first, in an annotation
        definition.description = " ".join((cls.__doc__ or "").split())
        for value, member in zip(definition.values, cls, strict=True):
            value.description = getattr(member, "description", None) or None
            value.deprecation_reason = getattr(member, "deprecated", None)
    assert isinstance(definition, StrawberryEnumDefinition)
    return definition


DIRECTION = enum_definition(OrderDirection)


def order_paths(entries: Mapping[str, TypeEntry], problems: list[str]) -> dict[str, dict[str, OrderPath]]:
    """What `orderBy` may name, per type: own scalars, parts of values, and the scalars of rows one reference away."""
    return field_paths(entries, lambda field: field.orderable, "order key", problems)


def field_paths(
    entries: Mapping[str, TypeEntry], chosen: Callable[[ScalarField], bool], what: str, problems: list[str]
) -> dict[str, dict[str, OrderPath]]:
    """The chosen scalars that a row reaches, per type and by key: its own, parts of its values, and those one reference away.

    what: a key's kind, for the problem of two with one name.
    """
    own = {name: _own_paths(entry.fields, chosen) for name, entry in entries.items()}
    out: dict[str, dict[str, OrderPath]] = {}
    for name, entry in entries.items():
        keys = dict(own[name])
        for field in entry.fields.values():
            if isinstance(field, RelationField) and field.shape is Shape.ONE:
                for key, path in own[field.target].items():
                    joined = f"{code_name(field.name)}_{key}"
                    if joined in keys:
                        problems.append(
                            f"{field.owner}: the {what} {name}.{joined} is made twice, by {field.name}.{key} and by a field of"
                            f" {name}. Rename one of the fields."
                        )
                    keys[joined] = (field, *path)
        out[name] = keys
    return out


def _own_paths(fields: Mapping[str, Field], chosen: Callable[[ScalarField], bool]) -> dict[str, OrderPath]:
    keys: dict[str, OrderPath] = {}
    for field in fields.values():
        if isinstance(field, ColumnField | ExpressionField) and chosen(field):
            keys[code_name(field.name)] = (field,)
        elif isinstance(field, ValueField):
            for key, path in _own_paths(field.fields, chosen).items():
                short = code_name(field.name) if is_amount(path) else f"{code_name(field.name)}_{key}"
                keys[short] = (field, *path)
    return keys


class InputTypes:
    """Makes the inputs of one schema. `served` maps each class made to the fields the schema serves for it."""

    def __init__(self, entries: Mapping[str, TypeEntry], orders: Mapping[str, Mapping[str, OrderPath]]) -> None:
        import datetime as dt
        from decimal import Decimal

        self.entries = entries
        self.orders = orders
        self.served: dict[type, list[StrawberryField]] = {}
        self._annotations: dict[str, StrawberryAnnotation] = {}
        self.namespace: dict[str, Any] = {"strawberry": strawberry, "dt": dt, "Decimal": Decimal}

    def where(self, target: str) -> StrawberryAnnotation | None:
        """The annotation of a `where` argument over a type; None where nothing can be filtered."""
        name = self._where(target, self.entries[target].fields)
        return self.annotation(f"{name} | None") if name else None

    def order_by(self, target: str) -> StrawberryAnnotation | None:
        """The annotation of an `orderBy` argument over a type; None where nothing can be ordered."""
        keys = self.orders.get(target)
        if not keys:
            return None
        name = f"{target}Order"
        if name not in self.namespace:
            fields = self.keys(f"{name}Field", keys, f"What a list of {target} may be ordered by.")
            self.input(
                name,
                f"One step of the order of a list of {target}.",
                [
                    self.served_field("field", StrawberryAnnotation(fields), "By what.", required=True),
                    self.served_field(
                        "direction",
                        StrawberryAnnotation(DIRECTION),
                        "Which end comes first.",
                        default=OrderDirection.ASC,
                    ),
                ],
            )
        return self.annotation(f"list[{name}] | None")

    def keys(self, name: str, paths: Mapping[str, OrderPath], description: str) -> StrawberryEnumDefinition:
        """An enum of keys, each described by the path of its field."""
        made = StrawberryEnumDefinition(
            wrapped_cls=enum.Enum(name, {key: key for key in paths}),  # type: ignore[arg-type]
            name=name,
            values=[EnumValue(name=key, value=key, description=_described(path)) for key, path in paths.items()],
            description=description,
        )
        self.namespace[name] = made
        return made

    def annotation(self, text: str) -> StrawberryAnnotation:
        """An annotation by name, looked up among the inputs of this schema; one for all fields, for evaluating it is slow."""
        made = self._annotations.get(text)
        if made is None:
            made = self._annotations[text] = StrawberryAnnotation(text, namespace=self.namespace)
        return made

    def _where(self, target: str, fields: Mapping[str, Field]) -> str | None:
        name = f"{target}Where"
        if name in self.namespace:
            return name
        self.namespace[name] = None  # claimed before its fields are made: filters are recursive
        served = [made for field in fields.values() if (made := self._filter(field))]
        if not served:
            del self.namespace[name]
            return None
        words = {
            "and": (f"list[{name}] | None", "All of these hold."),
            "or": (f"list[{name}] | None", "At least one of these holds; an empty list holds never."),
            "not": (f"{name} | None", "This does not hold; what is unknown counts as not holding."),
        }
        served += [self.served_field(word, self.annotation(text), doc) for word, (text, doc) in words.items()]
        self.input(name, f"Which {target} to give: all conditions named here hold.", served)
        self.namespace[name].__strawberry_definition__.from_input = _as_it_came  # resolvers get it as JSON
        return name

    def _filter(self, field: Field) -> StrawberryField | None:
        match field:
            case ColumnField() | ExpressionField() if field.filterable:
                return self.served_field(
                    field.name, self.annotation(f"{self.comparator(field)} | None"), f"On {field.name}."
                )
            case ValueField() if field.filterable:
                name = self._where(field.target, field.fields)
                return (
                    self.served_field(field.name, self.annotation(f"{name} | None"), f"On {field.name}.")
                    if name
                    else None
                )
            case RelationField():
                return self._relation(field)
            case _:
                return None

    def _relation(self, field: RelationField) -> StrawberryField | None:
        entry = self.entries[field.target]
        name = f"{field.target}Where"
        if self._where(field.target, entry.fields) is None:
            return None
        if field.shape is Shape.ONE:
            return self.served_field(
                field.name, self.annotation(f"{name} | None"), f"There is a row at {field.name} for which this holds."
            )
        many = f"{field.target}ListWhere"
        if many not in self.namespace:
            docs = {
                "some": "This holds for at least one.",
                "every": "This holds for all; also where there is none.",
                "none": "This holds for none.",
            }
            made = [self.served_field(word, self.annotation(f"{name} | None"), doc) for word, doc in docs.items()]
            self.input(many, f"On a list of {field.target}.", made)
        return self.served_field(field.name, self.annotation(f"{many} | None"), f"On the rows at {field.name}.")

    def comparator(self, field: ScalarField) -> str:
        """The name of the input that compares a scalar."""
        if field.sealed is not None:
            return self._sealed_comparator()
        label = field.code.__name__ if field.code else field.kind.value
        name = f"{label}Comparator"
        if name not in self.namespace:
            operators = _OPERATORS[field.kind]
            python = label if field.code else _PYTHON[field.kind]
            if field.code:
                enum_definition(field.code)
                self.namespace[label] = field.code
            made = [self._operator(word, python, doc) for word, doc in operators.items()]
            made.append(self.served_field("isNull", self.annotation("bool | None"), "True: not set. False: set."))
            self.input(name, f"How {label} is compared; all conditions named here hold.", made)
        return name

    def _sealed_comparator(self) -> str:
        name = "EncryptedStringComparator"
        if name not in self.namespace:
            made = [self._operator(word, _PYTHON[Kind.TEXT], doc) for word, doc in _EQUALITY.items()]
            made.append(self.served_field("isNull", self.annotation("bool | None"), "True: not set. False: set."))
            self.input(
                name, "How an encrypted text is compared: it is equal, whole and letter by letter, or it is not.", made
            )
        return name

    def _operator(self, word: str, python: str, doc: str) -> StrawberryField:
        text = f"list[{python}] | None" if word in ("in", "notIn") else f"{python} | None"
        return self.served_field(word, self.annotation(text), doc)

    def served_field(
        self,
        name: str,
        annotation: StrawberryAnnotation,
        doc: str,
        *,
        default: Any = strawberry.UNSET,
        required: bool = False,
    ) -> StrawberryField:
        """A field of an input."""
        python = name if name.isidentifier() and name not in ("in", "and", "or", "not", "from") else f"{name}_"
        options: dict[str, Any] = {} if required else {"default": default}
        return StrawberryField(
            python_name=python, graphql_name=name, type_annotation=annotation, description=doc, **options
        )

    def input(self, name: str, description: str, fields: list[StrawberryField]) -> None:
        """Makes an input type of these fields; annotations find it by its name."""
        cls: Any = strawberry.input(type(name, (), {"__annotations__": {}}), name=name, description=description)
        for field in fields:
            field.origin = cls
        self.namespace[name] = cls
        self.served[cls] = fields


def _as_it_came(_cls: type, value: Mapping[str, Any], _context: Any) -> Any:
    """A coerced input for a resolver, without making an object of it."""
    return value


def _described(path: OrderPath) -> str:
    return f"By {'.'.join(field.name for field in path)}."
