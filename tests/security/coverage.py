"""Which parts of a schema operations reached: types, fields, arguments, input fields and the keys of orders and groups.

In come a schema and documents, and which of them were answered; out comes what none of them names. What counts is read off the
documents themselves, never off the list of what was meant to be asked.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_introspection_type,
    visit,
)

__all__ = ["Reached", "coordinates", "roots_of"]

_KEYS = ("OrderField", "GroupField", "MeasureField")


def coordinates(schema: GraphQLSchema, root: str) -> frozenset[str]:
    """Everything that can be named from a root type on: `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.KEY`."""
    found: set[str] = set()
    waiting: list[Any] = [schema.type_map[root]]
    seen = {root}

    def see(type_: Any) -> None:
        kind: Any = get_named_type(type_)
        if kind.name not in seen and not is_introspection_type(kind):
            seen.add(kind.name)
            waiting.append(kind)

    while waiting:
        kind = waiting.pop()
        match kind:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for name, field in kind.fields.items():
                    found.add(f"{kind.name}.{name}")
                    see(field.type)
                    for word, argument in field.args.items():
                        found.add(f"{kind.name}.{name}({word}:)")
                        see(argument.type)
                if isinstance(kind, GraphQLInterfaceType):
                    for member in schema.get_possible_types(kind):
                        see(member)
            case GraphQLInputObjectType():
                for name, given in kind.fields.items():
                    found.add(f"{kind.name}.{name}")
                    see(given.type)
            case GraphQLEnumType() if kind.name.endswith(_KEYS):
                found.update(f"{kind.name}.{key}" for key in kind.values)
    return frozenset(found)


def roots_of(document: DocumentNode) -> set[str]:
    """The names of the fields that a document asks the root for."""
    return {
        field.name.value
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
    }


class Reached:
    """Collects what documents name, and the fields of the root that were answered without an error."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.found: set[str] = set()
        self.answered: set[str] = set()

    def add(self, document: DocumentNode, *, answered: bool) -> None:
        """Adds what a document names."""
        info = TypeInfo(self.schema)
        visit(document, TypeInfoVisitor(info, _Names(info, self.found)))
        if answered:
            self.answered |= roots_of(document)


class _Names(Visitor):
    def __init__(self, info: TypeInfo, found: set[str]) -> None:
        super().__init__()
        self.info = info
        self.found = found

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        if parent is not None and not node.name.value.startswith("__"):
            self.found.add(f"{parent.name}.{node.name.value}")
            self.found.update(f"{parent.name}.{node.name.value}({a.name.value}:)" for a in node.arguments or ())

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        parent = get_named_type(self.info.get_parent_input_type())
        if parent is not None:
            self.found.add(f"{parent.name}.{node.name.value}")

    def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
        kind = get_named_type(self.info.get_input_type())
        if kind is not None and kind.name.endswith(_KEYS):
            self.found.add(f"{kind.name}.{node.value}")

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        """Arguments are noted with their field."""
