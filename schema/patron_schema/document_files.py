"""Documents in a client's files: .graphql files, and the lists that GraphQL Code Generator, Relay and Apollo write.

A file or folder comes in, documents with their places go out, then what the schema would refuse of them, by file and line.
Registering them is left to patron_core.documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, parse

from patron_core.documents.commands import NewDocument
from patron_core.errors import PublicError
from patron_schema.compose import Composed
from patron_schema.documents import Documents
from patron_schema.errors import DocumentInvalid, DocumentUnparsable

__all__ = ["FoundDocument", "Problem", "Reading", "checked", "read_documents"]

_TEXTS: Final = (".graphql", ".gql")
_APOLLO: Final = "apollo-persisted-query-manifest"


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document and where it lies. document_id: None for the hash of its text. place: how problems name it."""

    path: Path
    place: str
    text: str
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a document cannot be registered. line: of the document, from 1; None where it is about the whole."""

    place: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.place}{f':{self.line}' if self.line else ''}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found. passed: files that hold no operation, with the reason."""

    documents: tuple[FoundDocument, ...]
    passed: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_documents(path: Path, *, by_name: bool = False) -> Reading:
    """The documents of a file, or of a folder and all below it, in the order of their names.

    by_name: the id of a .graphql file is its path without the extension, with dots (`orders/open.graphql`: orders.open).
    """
    found: list[FoundDocument] = []
    passed: list[str] = []
    problems: list[Problem] = []
    for file in _files(path):
        place = str(file.relative_to(path)) if file != path else file.name
        try:
            text = file.read_text(encoding="utf-8")
            if file.suffix == ".json":
                entries = _listed(json.loads(text))
                if entries is None:
                    passed.append(f"{place} is no list of documents")
                else:
                    found += [FoundDocument(file, f"{place}#{id}", each, id) for id, each in entries.items()]
            elif _is_fragments_only(text):
                passed.append(f"{place} has fragments but no operation")
            else:
                name = place.rpartition(".")[0].replace("/", ".") if by_name else None
                found.append(FoundDocument(file, place, text, name))
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            problems.append(Problem(place, f"It cannot be read: {error}.", getattr(error, "lineno", None)))
    return Reading(tuple(found), tuple(passed), tuple(problems))


def checked(found: FoundDocument, *, documents: Documents, composed: Composed) -> NewDocument | list[Problem]:
    """The document to register, or everything that a schema's requests would be refused for."""
    try:
        names = _operations(found.text)
        for name in names or [None]:
            documents.load(composed.graphql, composed.key, found.text, name)
        operations = tuple(name for name in names if name)
        document_id = found.document_id or NewDocument("any", found.text).sha256
        return NewDocument(document_id, found.text, operations, found.path.name)
    except PublicError as error:
        return [Problem(found.place, message, line) for message, line in _problems(error)]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") or part == "node_modules" for part in file.relative_to(path).parts)
        if not hidden and file.is_file() and file.suffix in (*_TEXTS, ".json"):
            yield file


def _listed(value: Any) -> Mapping[str, str] | None:
    """The texts by id of a list as clients' compilers write it; None for any other JSON."""
    if isinstance(value, dict) and value.get("format") == _APOLLO and isinstance(value.get("operations"), list):
        value = {each.get("id"): each.get("body") for each in value["operations"] if isinstance(each, dict)}
    if not isinstance(value, dict) or not value:
        return None
    fits = all(isinstance(id, str) and isinstance(text, str) and "{" in text for id, text in value.items())
    return value if fits else None


def _parsed(text: str) -> DocumentNode | None:
    try:
        return parse(text)
    except (GraphQLError, RecursionError):
        return None


def _is_fragments_only(text: str) -> bool:
    node = _parsed(text)
    return node is not None and all(isinstance(each, FragmentDefinitionNode) for each in node.definitions)


def _operations(text: str) -> list[str | None]:
    """The names of the operations, None for one without; empty for a text that is not GraphQL."""
    node = _parsed(text)
    found = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)] if node else []
    return [None if each.name is None else each.name.value for each in found]


def _problems(error: PublicError) -> Iterator[tuple[str, int | None]]:
    if isinstance(error, DocumentInvalid):
        for problem in error.problems:
            yield problem.message, problem.locations[0].line if problem.locations else None
    elif isinstance(error, DocumentUnparsable):
        yield error.message, error.locations[0].line if error.locations else None
    else:
        yield error.message, None
