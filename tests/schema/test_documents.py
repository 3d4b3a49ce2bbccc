"""Documents: what is measured with fragments followed, what is refused in which order, and what is remembered."""

from __future__ import annotations

import contextlib
import time

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from patron_core.errors import BadRequest, LimitExceeded, ParseFailed, PublicError, ValidationFailed
from patron_core.settings import Settings
from patron_schema.documents import Document, Documents
from patron_schema.errors import DocumentInvalid, variable_problem, without_literals
from patron_schema.measure import Counts, measure

SCHEMA = build_schema(
    """
    type Query { a(x: Int, y: [Int!]): Query! b: Query! c: Query! n: Int }
    type Mutation { set(x: Int): Query }
    type Subscription { ticked: Int }
    """
)
OTHER = build_schema("type Query { other: Int }")


def load(query: str, operation_name: str | None = None, **settings: int) -> Document:
    limits = Settings(_env_file=None, **settings)  # type: ignore[call-arg,arg-type]
    return Documents(limits).load(SCHEMA, "schema", query, operation_name)


def counts(query: str) -> Counts:
    return _measured(parse(query))


def refusal(query: str, **settings: int) -> LimitExceeded:
    with pytest.raises(LimitExceeded) as caught:
        load(query, **settings)
    return caught.value


# -------------------------------------------------------------------------------- what a document is


def test_a_document_has_its_operation_fragments_and_kind() -> None:
    document = load("query Q { a { ...F } } fragment F on Query { n }")

    assert (document.kind, document.operation_name, list(document.fragments)) == ("query", "Q", ["F"])
    assert load("mutation { set { n } }").kind == "mutation"
    assert load("subscription { ticked }").kind == "subscription"


def test_the_variables_that_decide_directives_are_those_of_the_whole_document() -> None:
    document = load(
        "query Q($p: Boolean!, $q: Boolean!, $r: Boolean!, $x: Int) {"
        " a(x: $x) @include(if: $r) { ...F ... @skip(if: $q) { n } } }"
        " fragment F on Query { b { n @skip(if: $p) @include(if: true) } }"
    )

    assert document.directive_variables == ("p", "q", "r")


@pytest.mark.parametrize(
    ("query", "is_introspection"),
    [
        ("{ __schema { queryType { name } } }", True),
        ("{ __typename }", True),
        ("{ ...F } fragment F on Query { ... { __type(name: $n) { name } } }", True),
        ("{ __schema { queryType { name } } n }", False),
        ("{ n }", False),
        ("{}", False),
    ],
)
def test_introspection_asks_for_nothing_else(query: str, is_introspection: bool) -> None:
    query = query.replace("$n", '"Query"')

    assert load(query).is_introspection is is_introspection


@pytest.mark.parametrize(
    ("query", "operation_name", "says"),
    [
        ("query A { n } query B { n }", None, "has 2 and `operationName` is not set"),
        ("query A { n } query B { n }", "C", "the document has `A`, `B`"),
        ("{ n }", "A", "none with a name"),
        ("{ n }", "not a name", "names another one"),
        ("fragment F on Query { n }", None, "no operation"),
        ("type A { a: Int }", None, "no operation"),
    ],
)
def test_which_operation_to_run_must_be_clear(query: str, operation_name: str | None, says: str) -> None:
    with pytest.raises(BadRequest) as caught:
        load(query, operation_name)

    assert says in caught.value.message


def test_the_named_operation_is_the_one_that_is_measured() -> None:
    query = "query A { n } query B { a { a { a { n } } } }"

    assert load(query, "A", max_depth=2).operation_name == "A"
    with pytest.raises(LimitExceeded):
        load(query, "B", max_depth=2)


def test_what_is_not_graphql_says_where() -> None:
    with pytest.raises(ParseFailed) as caught:
        load("{ a(")

    assert [(place.line, place.column) for place in caught.value.locations] == [(1, 5)]  # type: ignore[attr-defined]


def test_what_does_not_fit_the_schema_names_each_problem() -> None:
    with pytest.raises(ValidationFailed) as caught:
        load("{ nothing nix }")

    assert isinstance(caught.value, DocumentInvalid)
    assert len(caught.value.problems) == 2


# -------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("query", "limit", "value", "settings"),
    [
        ("{ a { n } }", "depth", 2, {"max_depth": 1}),
        ("{ a { ...F } } fragment F on Query { b { n } }", "depth", 3, {"max_depth": 2}),
        ("{ a { ... { ... on Query { n } } } }", "depth", 2, {"max_depth": 1}),
        ("{ __schema { queryType { name } } }", "introspection depth", 3, {"max_introspection_depth": 2}),
        ("{ x: n y: n }", "aliases", 2, {"max_aliases": 1}),
        ("{ ...F a { ...F } } fragment F on Query { x: n }", "aliases", 2, {"max_aliases": 1}),
        ("{ n a { n } }", "root fields", 2, {"max_root_fields": 1}),
        ("{ n ...F ... { n } } fragment F on Query { n }", "root fields", 3, {"max_root_fields": 2}),
        ("{ n @skip(if: true) a @skip(if: true) { n } }", "directives", 2, {"max_directives": 1}),
        ("query Q @skip(if: true) { ...F @skip(if: true) } fragment F on Query @nope { n }",
         "directives", 3, {"max_directives": 2}),
        ("{ a b c n }", "tokens", 6, {"max_tokens": 5}),
        ("{ n } # " + "é" * 10, "bytes of the query", 28, {"max_query_bytes": 27}),
    ],
)  # fmt: skip
def test_a_limit_says_which_the_value_and_the_maximum(
    query: str, limit: str, value: int, settings: dict[str, int]
) -> None:
    error = refusal(query, **settings)

    (maximum,) = settings.values()
    assert error.details == {"limit": limit, "value": value, "maximum": maximum}


def test_the_size_is_looked_at_before_anything_else() -> None:
    assert refusal("}" * 20_000).details["limit"] == "bytes of the query"


def test_depth_below_introspection_has_its_own_limit() -> None:
    query = "{ __schema { types { fields { type " + "{ ofType " * 9 + "{ name }" + " }" * 9 + " } } } }"

    assert load(query, max_depth=3).counts.introspection_depth == 14


PLAIN = "{ a { " + "n b { n } " * 75 + "} }"


def times_a_plain_document(query: str) -> float:
    """The least CPU time of loading a document, as a multiple of that of a plain one measured beside it."""

    def least(text: str) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            with contextlib.suppress(PublicError):
                load(text)
            times.append(time.process_time() - started)
        return min(times)

    return least(query) / least(PLAIN)


DOUBLING = "{ ...F0 } " + " ".join(
    f"fragment F{n} on Query {{ x{n}: n ...F{n + 1} b {{ ...F{n + 1} }} }}" for n in range(40)
)
CHAIN = "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ a {{ ...F{n + 1} }} }}" for n in range(49))


@pytest.mark.security
@pytest.mark.parametrize(
    ("query", "limit"),
    [
        (DOUBLING + " fragment F40 on Query { n }", "depth"),
        (CHAIN + " fragment F49 on Query { n }", "depth"),
        (CHAIN + " fragment F49 on Query { ...F0 }", "depth"),
        ("{ ...A } fragment A on Query { a { ...B } } fragment B on Query { b { ...A } n }", None),
    ],
)
def test_fragments_that_double_or_circle_are_measured_in_linear_time(query: str, limit: str | None) -> None:
    with pytest.raises(PublicError) as caught:
        load(query)

    assert times_a_plain_document(query) < 4
    if limit is not None:
        assert caught.value.details["limit"] == limit
    else:
        assert caught.value.code == "GRAPHQL_VALIDATION_FAILED"


def test_fragments_that_double_without_depth_are_refused_for_their_fields() -> None:
    query = "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))

    error = refusal("query Q { a { " + query[1:].replace("} ", "} } ", 1) + " fragment F30 on Query { n }")

    assert error.details == {"limit": "fields", "value": 2**30 + 1, "maximum": 5_000}


# Documents that are hard to read or to validate in 16 KB and 1,000 tokens. A plain one of 300 fields takes about 30 ms here,
# so four times that is about the 100 ms no document may take.
HARD = {
    "same fields": "{ " + "n " * 990 + "}",
    "conflicting fragments": "{ " + " ".join(f"... on Query {{ z: a(x: {n}) {{ n }} }}" for n in range(60)) + " }",
    "conflicting arguments": "{ " + " ".join(f"a(x: {n}) {{ n }}" for n in range(19)) + " }",
    "nested conflicts": "{ " + "a { n b { n } " * 9 + "}" * 9 + " }",
    "long string": '{ a(x: "' + "x" * 16_000 + '") { n } }',
    "block string": '{ a(x: """' + "\n" * 16_000 + '""") { n } }',
    "long comment": "#" * 16_000 + "\n{ n }",
    "long name": "{ " + "n" * 16_000 + " }",
    "commas": "{ n " + "," * 16_000 + " }",
    "variables": "query Q(" + " ".join(f"$v{n}: Int" for n in range(200)) + ") { n }",
    "wide list": "{ a(y: [" + "1 " * 900 + "]) { n } }",
    "deep list": "{ a(y: " + "[" * 190 + "]" * 190 + ") { n } }",
    "many operations": " ".join(f"query Q{n} {{ n }}" for n in range(190)),
    "many unknown": "{ a { " + " ".join(f"u{n}" for n in range(900)) + " } }",
    "many spreads": "{ a { " + "...F " * 480 + "} } fragment F on Query { n }",
    "spread twins": "{ a { ...F ...G } } "
    + " ".join(
        f"fragment {name} on Query {{ " + " ".join(f"a {{ b {{ n{x} }} }}" for x in range(40)) + " }" for name in "FG"
    ),
}


@pytest.mark.security
@pytest.mark.parametrize("name", HARD)
def test_hard_documents_cost_no_more_than_four_plain_ones(name: str) -> None:
    assert times_a_plain_document(HARD[name]) < 4


def test_the_limiter_agrees_with_fragments_written_out() -> None:
    @given(_documents())
    def agree(query: str) -> None:
        document = parse(query)
        measured, plain = _measured(document), _measured(parse(_written_out(document)))
        for name in ("depth", "introspection_depth", "aliases", "fields", "root_fields"):
            assert getattr(measured, name) == getattr(plain, name), (name, query)

    agree()


# -------------------------------------------------------------------------------- the cache


def test_a_document_is_read_once_and_validated_once_for_each_schema() -> None:
    documents = Documents(Settings(_env_file=None))  # type: ignore[call-arg]

    first = documents.load(SCHEMA, "one", "{ n }", None)

    assert documents.load(SCHEMA, "one", "{ n }", None) is first
    with pytest.raises(ValidationFailed):
        documents.load(OTHER, "two", "{ n }", None)
    assert documents.load(SCHEMA, "one", "{ n }", None) is first


def test_the_kind_is_known_without_a_schema() -> None:
    documents = Documents(Settings(_env_file=None))  # type: ignore[call-arg]

    assert documents.kind("query A { x } subscription B { y }", "B") == "subscription"
    assert documents.digest("query A { x } subscription B { y }", "B") is not None
    assert documents.digest("{ never }", None) is None


def test_the_cache_is_bounded_by_number_and_by_size() -> None:
    documents = Documents(Settings(_env_file=None))  # type: ignore[call-arg]

    for number in range(1_100):
        documents.kind(f"{{ n{number} }}", None)
    assert documents.digest("{ n50 }", None) is None
    assert documents.digest("{ n1099 }", None) is not None

    for number in range(40):
        documents.kind(f"# {'x' * 16_000}\n{{ n{number} }}", None)
    assert documents.digest("{ n1099 }", None) is None


# -------------------------------------------------------------------------------- texts of graphql-core


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Variable '$i' has invalid value at .z[0].y: Expected value of non-null type 'Int!' not to be None.",
            ("The variable `$i` has an invalid value at `z[0].y`. It is null or absent where type `Int!` wants a value."
            " Send one that fits."),
        ),
        (
            "Variable '$i' has invalid value: Expected value of type 'I' to include required field 'y', found: {}.",
            ("The variable `$i` has an invalid value. The required field `y` of type `I` is missing."
            " Send one that fits."),
        ),
        (
            ("Variable '$i' has invalid value: Expected value of type 'I' not to include unknown field 'q'. "
            "Did you mean 'y'? Found: {'y': 'SECRET'}."),
            "The variable `$i` has an invalid value. There is no field `q` in type `I`. Send one that fits.",
        ),
        ("Argument 'x' has invalid value: 'SECRET'", ("The argument `x` has an invalid value. It does not fit its type."
         " Send one that fits.")),
        ("Cannot return null for non-nullable field Query.a.", None),
    ],
)  # fmt: skip
def test_a_text_about_a_variable_loses_its_value(message: str, expected: str | None) -> None:
    assert variable_problem(message) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ('{ ages: "SECRET" }', "Did you mean 'age'?"),
        ('{ zzz: "SECRET" }', "not to include unknown field 'zzz'."),
        ('"SECRET"', "Expected value of type 'Who' to be an object."),
        ("{}", "to include required field 'age'."),
    ],
)
def test_a_text_about_a_literal_loses_its_value(argument: str, expected: str) -> None:
    schema = build_schema("input Who { age: Int! } type Query { who(is: Who): Int }")

    messages = [without_literals(error.message) for error in validate(schema, parse(f"{{ who(is: {argument}) }}"))]

    assert "SECRET" not in " ".join(messages)
    assert any(message.endswith(expected) for message in messages), messages


# -------------------------------------------------------------------------------- how it is checked


def _measured(document: DocumentNode) -> Counts:
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return measure(document, operation=operation, fragments=fragments)


def _written_out(document: DocumentNode) -> str:
    """The operation with every spread replaced by its fragment's selections, naively."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}

    def text(selection_set: SelectionSetNode) -> str:
        parts = []
        for node in selection_set.selections:
            match node:
                case FieldNode():
                    alias = f"{node.alias.value}: " if node.alias else ""
                    inner = text(node.selection_set) if node.selection_set else ""
                    parts.append(f"{alias}{node.name.value} {inner}")
                case FragmentSpreadNode():
                    parts.append(f"... {text(fragments[node.name.value].selection_set)}")
                case InlineFragmentNode():
                    parts.append(f"... {text(node.selection_set)}")
                case _:
                    raise AssertionError(node)
        return "{ " + " ".join(parts) + " }"

    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return text(operation.selection_set)


@st.composite
def _documents(draw: st.DrawFn) -> str:
    """Documents whose fragments spread only later ones, so that they have an end."""
    number = draw(st.integers(0, 4))

    def selections(first: int, depth: int) -> str:
        kinds = (
            ["n", "__schema", "alias"] + (["spread"] if first < number else []) + (["field", "inline"] * (depth > 0))
        )
        parts = []
        for _ in range(draw(st.integers(1, 3))):
            match draw(st.sampled_from(kinds)):
                case "spread":
                    parts.append(f"...F{draw(st.integers(first, number - 1))}")
                case "field":
                    parts.append("a " + selections(first, depth - 1))
                case "inline":
                    parts.append("... on Query " + selections(first, depth - 1))
                case "alias":
                    parts.append("x: n")
                case "__schema" if depth:
                    parts.append("__schema " + selections(first, depth - 1))
                case _:
                    parts.append("n")
        return "{ " + " ".join(parts) + " }"

    whole = selections(0, 3)
    return whole + "".join(f" fragment F{n} on Query {selections(n + 1, 2)}" for n in range(number))


@pytest.mark.security
@pytest.mark.parametrize(
    "query",
    [
        '{ a(b: "x" "canary") }',
        "canary { a }",
        '{ a(b "canary") }',
        '{ a("""canary, found Name "x\'""") }',
        "{ a(b: 1canary) }",
        'query Q($a: Int = "x") "canary"',
    ],
)
def test_c1_the_parser_says_where_it_stopped_and_not_at_which_text(query: str) -> None:
    with pytest.raises(ParseFailed) as caught:
        load(query)

    assert "canary" not in caught.value.message
