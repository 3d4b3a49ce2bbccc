"""Failures 13 and 14: documents made to keep a validator busy, and limits that fragments must not get around.

Each document is read and validated against the whole schema, as a request's is, and may take so much processor time and
no more; whether it is refused or not is not asked here.
"""

from __future__ import annotations

import contextlib
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import pytest
from tests.fuzz.documents import Documents as Questions

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.errors import PublicError
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_schema.compose import Composed, build_schema
from patron_schema.documents import Documents
from patron_schema.hookspecs import load_plugins
from patron_schema.operations import Operations

pytestmark = pytest.mark.security

MOST_SECONDS: Final = 0.1
QUESTIONS: Final = 150
ACTOR: Final = Actor(uuid.UUID(int=7), "Ada", "user", roles=(ADMINISTRATOR,))


@pytest.fixture(scope="module")
def composed() -> Composed:
    return build_schema(load_plugins(None))


def _doubling(depth: int) -> str:
    inner = "fragment F0 on Customer { id } "
    inner += " ".join(f"fragment F{i} on Customer {{ ...F{i - 1} ...F{i - 1} }}" for i in range(1, depth))
    return f"{{ customers {{ nodes {{ ...F{depth - 1} }} }} }} {inner}"


def _nested(field: str, depth: int, leaf: str) -> str:
    return "{ " + f"{field} {{ " * depth + leaf + " }" * depth + " }"


def _overlapping(count: int) -> str:
    return "{ customers { nodes { " + " ".join(f"... on Customer {{ a: id b{i}: id }}" for i in range(count)) + " } } }"


def _circle(length: int) -> str:
    parts = (f"fragment C{i} on Customer {{ ...C{(i + 1) % length} }}" for i in range(length))
    return "{ customers { nodes { ...C0 } } } " + " ".join(parts)


CORPUS: Final[dict[str, str]] = {
    "doubling fragments, 14": _doubling(14),
    "doubling fragments, 30": _doubling(30),
    "doubling fragments, 49": _doubling(49),
    "a circle of 2": _circle(2),
    "a circle of 49": _circle(49),
    "a fragment of itself": "{ ...A } fragment A on Query { ...A }",
    "fragments, all of all": "{ ...A0 } " + " ".join(
        f"fragment A{i} on Query {{ {' '.join(f'...A{j}' for j in range(20) if j != i)} }}" for i in range(20)
    ),
    "4,000 equal fields": "{ " + "viewer { id } " * 900 + "}",
    "300 aliases": "{ " + " ".join(f"a{i}: viewer {{ id }}" for i in range(240)) + "}",
    "overlapping inline fragments, 60": _overlapping(60),
    "overlapping inline fragments, 120": _overlapping(120),
    "conflicting aliases": "{ customers { nodes { " + " ".join(f"x: {f} " for f in ("id", "displayName") * 200) + "} } }",
    "nested to 9": _nested("customers { nodes", 4, "id").replace(" } }", " } } }"),
    "nested to 100": "{ " + "a { " * 100 + "b" + " }" * 100 + " }",
    "nested to 3,000": "{" * 3_000,
    "brackets of lists": "{ customers(first: " + "[" * 3_000 + ") { totalCount } }",
    "braces of objects": "{ customers(where: " + "{not: " * 400 + "{}" + "}" * 400 + ") { totalCount } }",
    "not, 60 deep": "{ customers(where: " + "{not: " * 60 + "{}" + "}" * 60 + ") { totalCount } }",
    "or of 200": "{ customers(where: {or: [" + "{owner: {eq: \"a\"}} " * 120 + "]}) { totalCount } }",
    "a list of 900 ids": "{ nodes(ids: [" + '"a" ' * 900 + "]) { id } }",
    "400 directives": "{ viewer " + "@skip(if: true) " * 150 + "{ id } }",
    "unknown directives": "{ viewer " + "@no " * 300 + "{ id } }",
    "300 variables": "query(" + " ".join(f"$v{i}: Int" for i in range(240)) + ") { viewer { id } }",
    "variables of one name": "query(" + "$v: Int " * 240 + ") { viewer { id } }",
    "unknown variables": "{ " + " ".join(f"c{i}: customers(first: $v{i}) {{ totalCount }}" for i in range(90)) + " }",
    "900 unknown fields": "{ " + " ".join(f"nosuch{i}" for i in range(900)) + " }",
    "names that nearly fit": "{ " + " ".join(f"custommers{i % 7}" for i in range(900)) + " }",
    "unknown arguments": "{ customers(" + " ".join(f"frist{i}: 1" for i in range(300)) + ") { totalCount } }",
    "50 operations": " ".join(f"query Q{i} {{ viewer {{ id }} }}" for i in range(150)),
    "operations of one name": "query Q { viewer { id } } " * 120,
    "unused fragments": "{ viewer { id } } " + " ".join(f"fragment U{i} on Customer {{ id }}" for i in range(120)),
    "unknown fragments": "{ " + " ".join(f"...N{i}" for i in range(450)) + " }",
    "types that cannot be": "{ viewer { " + "... on Customer { id } " * 140 + "} }",
    "introspection in circles": _nested("__schema { types { fields { type { ofType", 1, "name") + " } } } }",
    "introspection, nested": "{ __type(name: \"A\") { " + "ofType { " * 200 + "name" + " }" * 200 + " } }",
    "a long string": '{ customers(where: {owner: {eq: "' + "a" * 16_000 + '"}}) { totalCount } }',
    "a block string of lines": '{ customers(where: {owner: {eq: """' + "\n a" * 5_000 + '"""}}) { totalCount } }',
    "16 KB of comments": "{ viewer { id } } " + "#\n" * 8_000,
    "16 KB of commas": "{ viewer { id } }" + "," * 16_000,
    "16 KB of one name": "{ " + "a" * 16_000 + " }",
    "a number of 16,000 digits": "{ customers(first: " + "9" * 16_000 + ") { totalCount } }",
    "escapes": '{ customers(where: {owner: {eq: "' + "\\u0041" * 2_600 + '"}}) { totalCount } }',
    "surrogates": '{ customers(where: {owner: {eq: "' + "\\ud83d\\ude00" * 1_300 + '"}}) { totalCount } }',
    "lists of lists in variables": "query($v: " + "[" * 200 + "Int" + "]" * 200 + ") { viewer { id } }",
    "enums that are not": "{ customers(orderBy: [" + "{field: NO} " * 200 + "]) { totalCount } }",
}  # fmt: skip


def seconds(composed: Composed, text: str) -> float:
    """The least processor time of three readings, each without anything remembered."""

    def once() -> float:
        documents = Documents(Settings())
        started = time.thread_time()
        with contextlib.suppress(PublicError):
            documents.load(composed.graphql, composed.key, text, None)
        return time.thread_time() - started

    return min(once() for _ in range(3))


def test_failures_14_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("name", CORPUS)
def test_failures_14_no_document_keeps_the_validator_busy(
    composed: Composed, name: str, record_property: Callable[[str, object], None]
) -> None:
    taken = seconds(composed, CORPUS[name])

    assert taken <= MOST_SECONDS
    record_property("figure", f"failures 14, {name}: {taken * 1000:.1f} ms of {MOST_SECONDS * 1000:.0f} ms")


def test_failures_13_an_operation_costs_the_same_with_fragments_and_written_out(
    composed: Composed, record_property: Callable[[str, object], None]
) -> None:
    questions, operations = Questions(composed.graphql, ["cus_" + "0" * 32]), Operations(Settings(), "sqlite")
    compared = 0
    for number in range(QUESTIONS):
        question = questions.question(random.Random(f"13:{number}"), "canary")
        head, _, body = question.text.partition(" { ")
        if not head.startswith("query"):
            continue
        forms = (
            question.text,
            f"{head} {{ ...All }} fragment All on Query {{ {body}",
            f"{head} {{ ... on Query {{ ...All }} }} fragment All on Query {{ {body}",
        )
        costs = [_costs(operations, composed, form, question.variables) for form in forms]
        assert costs[1:] == costs[:1] * 2, question.text
        compared += not isinstance(costs[0], str)

    assert compared > 10
    record_property("figure", f"failures 13: {compared} operations cost the same in 3 forms")


def _costs(operations: Operations, composed: Composed, text: str, variables: dict[str, Any]) -> Any:
    """What an operation is measured by, or the code with which it is refused."""
    try:
        document = Documents(Settings()).load(composed.graphql, composed.key, text, None)
        read = operations.reader(composed, document).coerce(variables)
        prepared = operations.prepare(composed, document, read, ACTOR)
    except PublicError as error:
        return error.code
    counts = document.counts
    return (prepared.requested(read), counts.depth, counts.aliases, counts.fields, counts.root_fields)
