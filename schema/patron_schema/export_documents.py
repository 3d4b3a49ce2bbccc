"""The document of an export: one connection of the caller's, made into one that can be asked page by page.

A document that is valid for the actor's schema comes in; out go the columns of a row and a text that asks for the same rows
with their cursors. Asking is left to `exports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    Node,
    NonNullTypeNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    print_ast,
)

from patron_core.errors import InvalidInput
from patron_core.exports.columns import Column, Kind

from .documents import Document
from .planner.selection import Selection

__all__ = ["AFTER", "FIRST", "ExportDocument", "export_document"]

FIRST, AFTER = "exportFirst", "exportAfter"
_WALKED: Final = ("after", "before", "last", "orderBy")
_KINDS: Final[Mapping[str, Kind]] = {
    "Int": Kind.INTEGER,
    "Float": Kind.NUMBER,
    "Boolean": Kind.TRUTH,
    "Decimal": Kind.DECIMAL,
    "DateTime": Kind.INSTANT,
    "Date": Kind.DAY,
    "JSON": Kind.JSON,
}


@dataclass(frozen=True, slots=True)
class ExportDocument:
    """What is asked for each page.

    text: with the variables `$exportFirst` and `$exportAfter`. counting: asks for the number of all rows. key: of the
    connection in the answer. columns: of a row. first: the size of pages that the document names, if any. lists: columns
    that hold a list, as JSON.
    """

    text: str
    counting: str
    key: str
    columns: tuple[Column, ...]
    first: int | None
    lists: tuple[str, ...]


def export_document(document: Document, schema: GraphQLSchema, variables: Mapping[str, Any]) -> ExportDocument:
    """The export of a document. variables: coerced. INVALID_INPUT where it is no query of exactly one connection."""
    root = _root(document)
    selection = Selection(schema, document.fragments, variables)
    query: Any = schema.query_type
    connection = _connection(query.fields[root.name.value].type, root)
    page = selection.fields([root], connection.name)
    nodes = _row_nodes(selection, page, connection)
    row: Any = get_named_type(connection.fields["nodes"].type)
    columns = tuple(_columns(selection, nodes, row, ()))
    if not columns:
        raise _refusal("asks for no field of a row", "Name the fields of `nodes`")
    return ExportDocument(
        _asking(document, root, nodes),
        _counting(document, root),
        root.alias.value if root.alias else root.name.value,
        columns,
        _first(root),
        tuple(column.name for column in columns if column.kind is Kind.JSON),
    )


def _refusal(what: str, advice: str) -> InvalidInput:
    return InvalidInput(f"The document cannot be exported. It {what}. {advice}.")


def _root(document: Document) -> FieldNode:
    selections = document.operation.selection_set.selections
    if document.kind != "query" or len(selections) != 1 or not isinstance(selections[0], FieldNode):
        raise _refusal(
            "is no query with exactly one root field", "Write one connection, such as { customers { nodes { id } } }"
        )
    root = selections[0]
    taken = [argument.name.value for argument in root.arguments or () if argument.name.value in _WALKED]
    if taken:
        advice = f"Leave `{taken[0]}` out: all pages are walked, by id, so that a row that stays is there once"
        raise _refusal(f"says `{taken[0]}` of {root.name.value}", advice)
    if any(node.variable.name.value in (FIRST, AFTER) for node in document.operation.variable_definitions or ()):
        raise _refusal(f"has a variable ${FIRST} or ${AFTER}", "Rename it: the export uses these")
    return root


def _connection(type_: Any, root: FieldNode) -> Any:
    bare: Any = get_named_type(type_)
    fields = getattr(bare, "fields", {})
    if not {"nodes", "edges", "pageInfo"} <= fields.keys():
        raise _refusal(
            f"asks for {root.name.value}, which is no connection", "Ask for a field that has pages, such as customers"
        )
    return bare


def _row_nodes(selection: Selection, page: Mapping[str, list[FieldNode]], connection: Any) -> list[FieldNode]:
    """The field nodes whose selections are those of a row: all `nodes`, or all `node` of `edges`."""
    nodes = [node for merged in page.values() for node in merged if node.name.value == "nodes"]
    edge: Any = get_named_type(connection.fields["edges"].type)
    edges = [node for merged in page.values() for node in merged if node.name.value == "edges"]
    inner = [
        node for merged in selection.fields(edges, edge.name).values() for node in merged if node.name.value == "node"
    ]
    if bool(nodes) == bool(inner):
        raise _refusal(
            "asks for `nodes` and for `edges`, or for neither", "Ask for the fields of a row in `nodes { … }`"
        )
    return nodes or inner


def _first(root: FieldNode) -> int | None:
    for argument in root.arguments or ():
        if argument.name.value == "first":
            if not isinstance(argument.value, IntValueNode):
                raise _refusal("has a variable for `first`", "Write a number, or leave it out: all pages are walked")
            return max(1, int(argument.value.value))
    return None


# -- columns


def _columns(selection: Selection, nodes: Sequence[FieldNode], type_: Any, path: tuple[str, ...]) -> Iterator[Column]:
    """The columns of an object; of an interface, those of each of its types, each once."""
    concrete = selection.schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
    seen: set[Column] = set()
    for each in concrete:
        for column in _columns_of(selection, nodes, each, path):
            if column not in seen:
                seen.add(column)
                yield column


def _columns_of(
    selection: Selection, nodes: Sequence[FieldNode], type_: Any, path: tuple[str, ...]
) -> Iterator[Column]:
    for key, merged in selection.fields(nodes, type_.name).items():
        name = merged[0].name.value
        here = (*path, key)
        if name == "__typename":
            yield Column(here, Kind.TEXT)
            continue
        declared: Any = type_.fields[name].type
        bare: Any = get_named_type(declared)
        if _is_list(declared) or "pageInfo" in getattr(bare, "fields", {}):
            yield Column(here, Kind.JSON)
        elif is_leaf_type(bare):
            yield Column(here, Kind.TEXT if isinstance(bare, GraphQLEnumType) else _KINDS.get(bare.name, Kind.TEXT))
        else:
            yield from _columns(selection, merged, bare, here)


def _is_list(type_: Any) -> bool:
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


# -- texts


def _asking(document: Document, root: FieldNode, nodes: Sequence[FieldNode]) -> str:
    rows = tuple(selection for node in nodes if node.selection_set for selection in node.selection_set.selections)
    edge = (_field("cursor"), _field("node", *rows))
    page = (_field("edges", *edge), _field("pageInfo", _field("hasNextPage")))
    walking = (_argument("first", FIRST), _argument("after", AFTER))
    asked = _again(document, root, page, walking)
    integer, text = NamedTypeNode(name=NameNode(value="Int")), NamedTypeNode(name=NameNode(value="String"))
    more = (_variable(FIRST, NonNullTypeNode(type=integer)), _variable(AFTER, text))
    return _printed(document, asked, more)


def _counting(document: Document, root: FieldNode) -> str:
    return _printed(document, _again(document, root, (_field("totalCount"),), ()), ())


def _again(
    document: Document, root: FieldNode, selections: tuple[FieldNode, ...], arguments: tuple[ArgumentNode, ...]
) -> FieldNode:
    kept = tuple(argument for argument in root.arguments or () if argument.name.value != "first")
    return FieldNode(
        alias=root.alias,
        name=root.name,
        arguments=(*kept, *arguments),
        directives=(),
        selection_set=SelectionSetNode(selections=selections),
    )


def _printed(document: Document, field: FieldNode, more: tuple[VariableDefinitionNode, ...]) -> str:
    """The document with one field, and of variables and fragments those that it still uses."""
    fragments = _reached(field, document)
    used = {each.name.value for node in (field, *fragments) for each in _inside(node) if isinstance(each, VariableNode)}
    operation = document.operation
    defined = [each for each in operation.variable_definitions or () if each.variable.name.value in used]
    made = type(operation)(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=(*defined, *more),
        directives=(),
        selection_set=SelectionSetNode(selections=(field,)),
    )
    return print_ast(DocumentNode(definitions=(made, *fragments)))


def _reached(field: FieldNode, document: Document) -> list[Any]:
    found: dict[str, Any] = {}
    waiting: list[Node] = [field]
    while waiting:
        for each in _inside(waiting.pop()):
            if isinstance(each, FragmentSpreadNode) and each.name.value not in found:
                fragment = found[each.name.value] = document.fragments[each.name.value]
                waiting.append(fragment)
    return list(found.values())


def _inside(node: Any) -> Iterator[Node]:
    """Every node below this one, and itself."""
    yield node
    for key in node.keys:
        value = getattr(node, key, None)
        for child in value if isinstance(value, tuple | list) else (value,):
            if isinstance(child, Node):
                yield from _inside(child)


def _field(name: str, *inner: Any) -> FieldNode:
    return FieldNode(
        alias=None,
        name=NameNode(value=name),
        arguments=(),
        directives=(),
        selection_set=SelectionSetNode(selections=inner) if inner else None,
    )


def _argument(name: str, variable: str) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=VariableNode(name=NameNode(value=variable)))


def _variable(name: str, type_: Any) -> VariableDefinitionNode:
    return VariableDefinitionNode(
        variable=VariableNode(name=NameNode(value=name)), type=type_, default_value=None, directives=()
    )
