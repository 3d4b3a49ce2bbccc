"""GraphQL documents: text comes in; a parsed, measured and validated `Document` goes out, or a refusal.

In this order: size of the text, tokens, operation, limits with fragments followed, the rules of GraphQL against the
schema. What passed is kept in one bounded cache, for all schemas together. Which rows it may cost is left to the
planner, and what a transport does not carry (a mutation over GET) to the transport, which asks `kind`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    parse,
    validate,
)

from patron_core.cache import Cache
from patron_core.errors import BadRequest, LimitExceeded, ParseFailed
from patron_schema.errors import DocumentInvalid, DocumentUnparsable, without_tokens
from patron_schema.measure import Counts, directives_of, measure

if TYPE_CHECKING:
    from patron_schema.variables import VariableReader

__all__ = ["Document", "DocumentLimits", "Documents", "Kind"]

Kind = Literal["query", "mutation", "subscription"]

#: Limits that are not settings: nobody writes more by hand, and no generated client needs more.
MAX_FRAGMENTS: Final = 50
MAX_DIRECTIVES_AT_ONE_PLACE: Final = 5
MAX_FIELDS: Final = 5_000  # after every fragment is written out; keeps plans finite where fragments double
MAX_COMMENTS: Final = 500
MAX_PROBLEMS: Final = 10

_CACHED_DOCUMENTS: Final = 1_000
_CACHED_CHARACTERS: Final = (
    500_000  # a parsed document takes about a hundred bytes of memory for each of its characters
)
_REPORTED: Final = (
    2**31 - 1
)  # the largest number a refusal names; doubling fragments count beyond what JSON readers hold


class DocumentLimits(Protocol):
    """What `Documents` reads of the settings."""

    @property
    def max_query_bytes(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def max_depth(self) -> int: ...
    @property
    def max_introspection_depth(self) -> int: ...
    @property
    def max_aliases(self) -> int: ...
    @property
    def max_root_fields(self) -> int: ...
    @property
    def max_directives(self) -> int: ...
    @property
    def max_mutations(self) -> int: ...


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One operation, ready to be planned.

    sha256: of the text, in hex: what plans are kept by and trusted documents are known by. fragments: by name.
    directive_variables: the variables that decide an @skip or @include anywhere in the document, sorted.
    is_introspection: whether it asks for nothing but the schema (`__schema`, `__type`, `__typename`).
    readers: how its variables are read, by the key of the schema.
    """

    sha256: str
    ast: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    kind: Kind
    directive_variables: tuple[str, ...]
    is_introspection: bool
    counts: Counts
    readers: dict[str, VariableReader] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What logs show in place of the text."""
        return self.sha256[:16]

    @property
    def operation_name(self) -> str | None:
        """The operation's own name."""
        return None if self.operation.name is None else self.operation.name.value


@dataclass(slots=True)
class _Known:
    document: Document
    valid_for: set[str] = field(default_factory=set)


class Documents:
    """The cache of documents of one process. Not for several threads: it belongs to the event loop."""

    def __init__(self, limits: DocumentLimits) -> None:
        self._limits = limits
        self._known: Cache[tuple[str, str | None], _Known] = Cache(
            "documents", most_entries=_CACHED_DOCUMENTS, most_weight=_CACHED_CHARACTERS
        )
        self.figures = self._known.figures

    def load(self, schema: GraphQLSchema, schema_key: str, query: str, operation_name: str | None) -> Document:
        """The document that `query` is, valid for `schema`.

        schema_key: names the schema for the cache; the same key must always mean the same schema. operation_name:
        which operation, where there are several. Raises GRAPHQL_PARSE_FAILED, BAD_REQUEST (no or no such operation),
        LIMIT_EXCEEDED and GRAPHQL_VALIDATION_FAILED (`DocumentInvalid`, up to 10 problems).
        """
        known = self._find(query, operation_name)
        if schema_key not in known.valid_for:
            problems = validate(schema, known.document.ast, max_errors=MAX_PROBLEMS)
            if problems:
                raise DocumentInvalid(problems)
            known.valid_for.add(schema_key)
        return known.document

    def kind(self, query: str, operation_name: str | None) -> Kind:
        """Whether it is a query, a mutation or a subscription, before a schema is chosen. Raises as `load` does."""
        return self._find(query, operation_name).document.kind

    def digest(self, query: str, operation_name: str | None) -> str | None:
        """The digest of a document that was loaded lately; None for one that was refused or forgotten."""
        known = self._known.peek((query, operation_name))
        return None if known is None else known.document.digest

    def _find(self, query: str, operation_name: str | None) -> _Known:
        key = (query, operation_name)
        known = self._known.get(key)
        if known is None:
            known = _Known(_read(query, operation_name, self._limits))
            self._known.put(key, known, weight=len(query))
        return known


def _read(query: str, operation_name: str | None, limits: DocumentLimits) -> Document:
    _check_text(query, limits)
    ast = _parse(query, limits)
    operation = _operation(ast, operation_name)
    fragments = {node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)}
    _check("fragments", len(fragments), MAX_FRAGMENTS, "Write fewer fragments.")
    counts = measure(ast, operation=operation, fragments=fragments)
    _check_counts(counts, limits)
    if operation.operation is OperationType.MUTATION:
        _check("mutations", counts.root_fields, limits.max_mutations, "Send them in several requests.")
    return Document(
        sha256=hashlib.sha256(query.encode()).hexdigest(),
        ast=ast,
        operation=operation,
        fragments=fragments,
        kind=operation.operation.value,
        directive_variables=_directive_variables(ast),
        is_introspection=bool(counts.root_names) and all(name.startswith("__") for name in counts.root_names),
        counts=counts,
    )


# NUL as itself or as an escape, wherever it stands: no database stores it.
_NUL: Final = re.compile(r"\x00|\\u(?:0000|\{0+\})")


def _check_text(query: str, limits: DocumentLimits) -> None:
    size = len(query) if query.isascii() else len(query.encode())
    _check("bytes of the query", size, limits.max_query_bytes, "Split the operation, or move values into variables.")
    if _NUL.search(query) is not None:
        raise BadRequest("The query has the character NUL. It can be neither read nor stored. Leave it out.")


def _parse(query: str, limits: DocumentLimits) -> DocumentNode:
    try:
        return parse(query, max_lexical_tokens=limits.max_tokens, max_comments=MAX_COMMENTS)
    except GraphQLSyntaxError as error:
        raise _unreadable(error, limits) from None


def _unreadable(error: GraphQLSyntaxError, limits: DocumentLimits) -> ParseFailed | LimitExceeded:
    # graphql-core says which of its limits stopped it only in words; a test pins them
    text = error.message
    if f"more than {limits.max_tokens} tokens" in text:
        return _exceeded("tokens", limits.max_tokens + 1, limits.max_tokens, "Split the operation.")
    if f"more than {MAX_COMMENTS} comments" in text:
        return _exceeded("comments", MAX_COMMENTS + 1, MAX_COMMENTS, "Send the query without them.")
    if "nested too deeply" in text:
        return _exceeded("depth", _PARSER_DEPTH + 1, limits.max_depth, "Ask for fewer levels at a time.")
    said = without_tokens(text.removeprefix("Syntax Error: ").rstrip("."))
    return DocumentUnparsable(
        f"The query is not GraphQL. Reading it stopped: {said}. Mend the text at the place that `locations` names.",
        locations=error.locations or (),
    )


_PARSER_DEPTH: Final = 200


def _operation(ast: DocumentNode, operation_name: str | None) -> OperationDefinitionNode:
    operations = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
    if operation_name is None:
        if len(operations) == 1:
            return operations[0]
        raise BadRequest(
            f"Which operation to run is not clear. The document has {len(operations)} and `operationName` is not set. "
            "Name one of them in `operationName`."
            if operations
            else "There is nothing to run. The document has fragments or definitions but no operation. Add a query."
        )
    for node in operations:
        if node.name is not None and node.name.value == operation_name:
            return node
    raise BadRequest(
        "The operation is not in the document. `operationName` names another one, the document has "
        f"{_names(operations)}. Name one of them."
    )


def _names(operations: list[OperationDefinitionNode]) -> str:
    names = [f"`{node.name.value[:64]}`" for node in operations if node.name is not None][:10]
    return ", ".join(names) or "none with a name"


def _check_counts(counts: Counts, limits: DocumentLimits) -> None:
    _check("depth", counts.depth, limits.max_depth, "Ask for fewer levels at a time.")
    _check(
        "introspection depth",
        counts.introspection_depth,
        limits.max_introspection_depth,
        "Ask for fewer levels of types.",
    )
    _check("aliases", counts.aliases, limits.max_aliases, "Ask for lists, or in several requests.")
    _check("root fields", counts.root_fields, limits.max_root_fields, "Ask in several requests.")
    _check("directives", counts.directives, limits.max_directives, "Write fewer directives.")
    _check("directives at one place", counts.directives_at_one_place, MAX_DIRECTIVES_AT_ONE_PLACE, "Write fewer there.")
    _check("fields", counts.fields, MAX_FIELDS, "Spread fewer fragments into each other.")


def _check(limit: str, value: int, maximum: int, advice: str) -> None:
    if value > maximum:
        raise _exceeded(limit, value, maximum, advice)


def _exceeded(limit: str, value: int, maximum: int, advice: str) -> LimitExceeded:
    return LimitExceeded(limit=limit, value=min(value, _REPORTED), maximum=maximum, advice=advice)


def _directive_variables(ast: DocumentNode) -> tuple[str, ...]:
    names = {name for found in directives_of(ast) for directive in found for name in _variables(directive)}
    return tuple(sorted(names))


def _variables(directive: DirectiveNode) -> list[str]:
    if directive.name.value not in ("skip", "include"):
        return []
    return [node.value.name.value for node in directive.arguments or () if isinstance(node.value, VariableNode)]
