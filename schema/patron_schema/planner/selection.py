"""What a document asks, field by field: fragments merged, @skip and @include applied, arguments as slots.

A slot is an argument's value together with where it came from, so that a plan can bind the value of the next request at the same
place. Reads a validated document and coerced variables; knows nothing of tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_abstract_type,
    value_from_ast,
)

from .plan import Source

__all__ = ["Selection", "Slot", "structure"]


class Slot:
    """A value of an argument and its source. `value` is coerced; objects and lists open into further slots."""

    __slots__ = ("_node", "_selection", "_type", "source", "value")

    def __init__(
        self, selection: Selection, type_: GraphQLInputType, node: ValueNode | None, value: Any, source: Source
    ):
        self._selection, self._type, self._node = selection, type_, node
        self.value, self.source = value, source

    @property
    def is_null(self) -> bool:
        """Whether null was given."""
        return self.value is None

    @property
    def explicit(self) -> bool:
        """Whether the request said it, in the document or by a variable; otherwise it is the schema's default."""
        return self._node is not None or self.source.variable is not None

    def fields(self) -> Iterator[tuple[str, Slot]]:
        """The given fields of an input object, in the order of the schema, by GraphQL name."""
        kind = _bare(self._type)
        assert isinstance(kind, GraphQLInputObjectType)
        nodes = (
            {f.name.value: f.value for f in self._node.fields or ()} if isinstance(self._node, ObjectValueNode) else {}
        )
        for name, field in kind.fields.items():
            if isinstance(self._node, ObjectValueNode):
                slot = self._selection.slot(field.type, nodes.get(name), field.default_value)
            else:
                out_name = field.out_name or name
                slot = self._inside(field.type, self.value, out_name) if out_name in self.value else None
            if slot is not None:
                yield name, slot

    def elements(self) -> list[Slot]:
        """The elements of a list; a single value counts as a list of one."""
        kind = _bare(self._type)
        assert isinstance(kind, GraphQLList)
        inner: GraphQLInputType = kind.of_type
        if isinstance(self._node, ListValueNode):
            slots = [self._selection.slot(inner, node, Undefined) for node in self._node.values or ()]
            return [slot for slot in slots if slot is not None]
        if self._node is not None:
            slot = self._selection.slot(inner, self._node, Undefined)
            return [] if slot is None else [slot]
        return [self._inside(inner, self.value, index) for index in range(len(self.value))]

    def scalars(self) -> Source:
        """The source of a list of scalars as one value."""
        if isinstance(self._node, ListValueNode) and self.source.variable is None:
            return Source(items=tuple(slot.source for slot in self.elements()))
        if self._node is not None and self.source.variable is None:
            return Source(items=(self.source,)) if not isinstance(self.value, list) else self.source
        return self.source

    def _inside(self, type_: GraphQLInputType, value: Any, step: str | int) -> Slot:
        source = Source(variable=self.source.variable, path=(*self.source.path, step), value=value[step])
        if self.source.variable is None:
            source = Source(value=value[step])
        return Slot(self._selection, type_, None, value[step], source)


def _bare(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


class Selection:
    """One operation's selections under one request's variables (coerced by graphql-core)."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def fields(self, nodes: Sequence[FieldNode], type_name: str) -> dict[str, list[FieldNode]]:
        """The sub-selections of merged field nodes on a concrete type, by response key in order of appearance."""
        out: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(node.selection_set, type_name, out, seen)
        return out

    def root(self, selections: SelectionSetNode, type_name: str) -> dict[str, list[FieldNode]]:
        """The fields of an operation."""
        out: dict[str, list[FieldNode]] = {}
        self._collect(selections, type_name, out, set())
        return out

    def _collect(
        self, selections: SelectionSetNode, type_name: str, out: dict[str, list[FieldNode]], seen: set[str]
    ) -> None:
        for node in selections.selections:
            if node.directives and not self._included(node):
                continue
            match node:
                case FieldNode():
                    key = node.alias.value if node.alias else node.name.value
                    out.setdefault(key, []).append(node)
                case InlineFragmentNode():
                    condition = node.type_condition
                    if condition is None or self._applies(condition.name.value, type_name):
                        self._collect(node.selection_set, type_name, out, seen)
                case FragmentSpreadNode():
                    name = node.name.value
                    fragment = self.fragments[name]
                    if name not in seen and self._applies(fragment.type_condition.name.value, type_name):
                        seen.add(name)
                        self._collect(fragment.selection_set, type_name, out, seen)

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                value = directive.arguments[0].value
                flag = self.variables.get(value.name.value) if isinstance(value, VariableNode) else value.value
                if bool(flag) is (directive.name.value == "skip"):
                    return False
        return True

    def _applies(self, condition: str, type_name: str) -> bool:
        if condition == type_name:
            return True
        abstract = self.schema.type_map[condition]
        if not is_abstract_type(abstract):
            return False
        kind: Any = self.schema.type_map[type_name]
        narrowed: GraphQLAbstractType = abstract
        return self.schema.is_sub_type(narrowed, kind)

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Slot]:
        """The arguments of a field by GraphQL name; absent ones without a default are left out."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        out: dict[str, Slot] = {}
        for name, argument in field.args.items():
            slot = self.slot(argument.type, given.get(name), argument.default_value)
            if slot is not None:
                out[name] = slot
        return out

    def slot(self, type_: GraphQLInputType, node: ValueNode | None, default: Any) -> Slot | None:
        """The slot of a value node; None when nothing was given and there is no default."""
        if isinstance(node, VariableNode):
            name = node.name.value
            if name in self.variables:
                return Slot(self, type_, None, self.variables[name], Source(variable=name, value=self.variables[name]))
            node = None
        if node is None:
            return None if default is Undefined else Slot(self, type_, None, default, Source(value=default))
        bare = _bare(type_)
        compound = isinstance(bare, GraphQLInputObjectType | GraphQLList)
        value = value_from_ast(node, type_, dict(self.variables)) if not compound else None
        if compound:
            value = None if node.kind == "null_value" else node
            if isinstance(bare, GraphQLList) and not isinstance(_bare(bare.of_type), GraphQLInputObjectType) and value:
                value = value_from_ast(node, type_, dict(self.variables))
        return Slot(self, type_, node, value, Source(value=value))


#: How the names of the enums end whose values decide a plan.
_STRUCTURAL: Final = ("OrderField", "OrderDirection", "GroupField", "MeasureField", "DateBucket", "AggregateFigure")


def structure(value: Any, type_: Any, *, ordering: bool = False) -> Any:
    """The part of a variable that decides a plan: which keys are there and in what order, never a filter's value.

    The fields and directions of an order and the fields and buckets of groups decide the plan and are kept, whether the
    variable is the whole of it or a part.
    """
    bare = _bare(type_)
    if value is None:
        return None
    if isinstance(bare, GraphQLInputObjectType):
        inside = ordering or bare.name.endswith(("Order", "GroupBy"))
        return tuple(
            (name, structure(value[field.out_name or name], field.type, ordering=inside))
            for name, field in bare.fields.items()
            if (field.out_name or name) in value
        )
    if isinstance(bare, GraphQLList):
        if isinstance(_bare(bare.of_type), GraphQLInputObjectType):
            return tuple(structure(item, bare.of_type, ordering=ordering) for item in value)
        return "…"
    if isinstance(bare, GraphQLEnumType) and (ordering or bare.name.endswith(_STRUCTURAL)):
        return str(value)
    return "·"
