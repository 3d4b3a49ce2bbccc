"""Strawberry fields of a composed schema: copies of the declared ones, with annotations, arguments and descriptions filled in.

Declared fields are never touched: different plugin sets in one process share the classes and not the fields.
"""

from __future__ import annotations

import copy
from typing import Any

import strawberry
from sqlalchemy import inspect as inspect_mapper
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from patron_core.records import META, Record
from patron_core.values import Code, Money, Period

from ..connections import Connection
from ..declare import Resolver
from ..filters import InputTypes, enum_definition
from ..planner.catalog import Shape, TypeEntry
from ..types.values import MoneyValue, PeriodValue
from .columns import Annotation, annotation_of
from .declarations import DeclaredField

__all__ = ["FieldMaker", "argument", "described"]

_SHOWN_AS: dict[Any, Any] = {Money: MoneyValue, Period: PeriodValue}


def argument(
    name: str, annotation: StrawberryAnnotation, doc: str, *, default: Any = strawberry.UNSET
) -> StrawberryArgument:
    """An argument of a field."""
    return StrawberryArgument(name, name, annotation, description=doc, default=default)


class FieldMaker:
    """Makes the served fields of types and roots."""

    def __init__(self, inputs: InputTypes, page_default: int) -> None:
        self.inputs = inputs
        self.page_default = page_default

    def of_type(self, declared: DeclaredField, entry: TypeEntry | None, *, foreign: bool = False) -> StrawberryField:
        """The field of an object or interface type. foreign: it is on another owner's type, so it may always be null."""
        annotation = annotation_of(declared.hint)
        field = self._copy(declared)
        field.description = described(declared, entry)
        if declared.field.base_resolver is None:
            field.type_annotation = StrawberryAnnotation(self.shown(annotation, foreign=foreign))
            self._plain(field)
            if annotation.shape is Shape.CONNECTION:
                target = annotation.inner.__strawberry_definition__.name
                field.arguments = self.paging(
                    target, filtered=target in self.inputs.orders and _has_table(self.inputs, target)
                )
        else:
            self._conditions(field, declared)
        return field

    def _conditions(self, field: StrawberryField, declared: DeclaredField) -> None:
        """Gives arguments of a resolver that are conditions the type of a `where`."""
        binding = declared.field.metadata.get(META)
        wanted = binding.conditions if isinstance(binding, Resolver) and binding.conditions else {}
        made = []
        for each in field.arguments:
            where = self.inputs.where(wanted[each.python_name]) if each.python_name in wanted else None
            made.append(each if where is None else argument(each.python_name, where, each.description or ""))
        if wanted:
            field.arguments = made

    def shown(self, annotation: Annotation, *, foreign: bool = False) -> Any:
        """The annotation Strawberry gets for a declared one."""
        if foreign:
            made = self.shown(annotation)
            return made | None
        inner: Any = _SHOWN_AS.get(annotation.inner, annotation.inner)
        if isinstance(inner, type) and issubclass(inner, Code):
            enum_definition(inner)
        if annotation.shape is Shape.CONNECTION:
            return Connection[inner]
        if annotation.shape is Shape.LIST:
            return list[inner]
        return inner | None if annotation.nullable else inner

    def _copy(self, declared: DeclaredField) -> StrawberryField:
        field = copy.copy(declared.field)
        field.graphql_name = declared.name
        return field

    def _plain(self, field: StrawberryField) -> None:
        """An output field has no default: dataclass defaults are the declaration's business."""
        field.default = field.default_value = strawberry.UNSET

    def paging(self, target: str, *, filtered: bool) -> list[StrawberryArgument]:
        """first, after, last, before and, over a table, where and orderBy."""
        note = self.inputs.annotation
        arguments = [
            argument("first", note("int | None"), "How many rows from the start, 1 to 100.", default=self.page_default),
            argument("after", note("str | None"), "Only rows after this cursor."),
            argument("last", note("int | None"), "How many rows from the end, 1 to 100."),
            argument("before", note("str | None"), "Only rows before this cursor."),
        ]
        if filtered:
            where, order = self.inputs.where(target), self.inputs.order_by(target)
            if where is not None:
                arguments.append(argument("where", where, "Only rows for which this holds."))
            if order is not None:
                doc = "In this order, then by id in the last direction; by id alone when not given."
                arguments.append(argument("orderBy", order, doc))
        return arguments

    def following(self, target: str, *, by_customer: bool) -> list[StrawberryArgument]:
        """customerId, where and after."""
        note = self.inputs.annotation
        arguments = []
        if by_customer:
            arguments.append(argument("customerId", note("strawberry.ID | None"), "Follow this customer only."))
        where = self.inputs.where(target)
        if where is not None:
            arguments.append(argument("where", where, "Only rows for which this holds when they are read."))
        doc = "Go on after this `extensions.position` of an earlier message: first what was missed, then what happens."
        return [*arguments, argument("after", note("str | None"), doc)]


def _has_table(inputs: InputTypes, target: str) -> bool:
    return inputs.entries[target].table is not None


def described(declared: DeclaredField, entry: TypeEntry | None) -> str | None:
    """A field's description: its own, or that of the column or reference it shows; None where nobody wrote one."""
    if declared.field.description or entry is None or entry.model is None:
        return declared.field.description
    return _model_doc(entry.model, declared.field.python_name)


def _model_doc(model: type[Record], name: str) -> str | None:
    if name in model.composites:
        return model.composites[name].doc
    prop: Any = inspect_mapper(model).attrs.get(name)
    if prop is None:
        return None
    doc = prop.doc if META in getattr(prop, "info", {}) else prop.columns[0].doc
    return str(doc) if doc else None
