"""POST and GET of /graphql: what is answered, what is refused, and how; each row of the table of bad requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
import structlog
from structlog.testing import capture_logs
from tests.schema.example_service import GRAPHQL, JSON, KEY, PUBLIC_ERRORS, TENANT, Answer, ask, example

HELLO = {"query": "{ __typename }"}


async def post(body: object, *headers: tuple[bytes, bytes], **settings: object) -> Answer:
    return await ask(example(**settings).endpoint, body, headers=[JSON, *headers])


# -------------------------------------------------------------------------------- what is answered


async def test_a_query_is_answered_with_its_data() -> None:
    answer = await post({"query": "query Q($t: String!) { echo(text: $t) }", "variables": {"t": "grüezi 🎻"}})

    assert answer.status == 200
    assert answer.json == {"data": {"echo": "grüezi 🎻"}}


async def test_every_answer_has_a_request_id_and_is_not_stored() -> None:
    one = example()
    answers = [await ask(one.endpoint, HELLO), await ask(one.endpoint, b"5"), await ask(one.endpoint, HELLO, key=None)]

    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    for answer in answers[1:]:
        assert answer.json["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_the_gateway_is_handed_the_request_as_it_was_sent() -> None:
    one = example()

    await ask(
        one.endpoint,
        {"query": "query A { __typename }", "operationName": "A", "variables": {"a": 1}, "extensions": {"b": 2}},
    )

    (request,) = one.gateway.seen
    assert (request.query, request.operation_name) == ("query A { __typename }", "A")
    assert (request.variables, request.extensions) == ({"a": 1}, {"b": 2})
    assert (request.transport, request.actor.tenant_id) == ("POST", TENANT)


async def test_null_parameters_are_as_good_as_none() -> None:
    answer = await post({**HELLO, "variables": None, "operationName": None, "extensions": None})

    assert answer.json == {"data": {"__typename": "Query"}}


async def test_a_get_is_answered() -> None:
    parameters = {"query": "query Q($n: Int!) { number(n: $n) }", "variables": '{"n": 4}', "operationName": "Q"}

    answer = await ask(example().endpoint, method="GET", headers=[], query_string=urlencode(parameters).encode())

    assert (answer.status, answer.json) == (200, {"data": {"number": 4}})


async def test_a_chunked_body_is_put_together() -> None:
    data = json.dumps(HELLO).encode()

    answer = await ask(example().endpoint, chunks=[data[:3], b"", data[3:9], data[9:]])

    assert answer.json == {"data": {"__typename": "Query"}}


# -------------------------------------------------------------------------------- media types


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        (b"*/*", "application/json"),
        (b"application/*", "application/json"),
        (b"application/json", "application/json"),
        (b"application/graphql-response+json", "application/graphql-response+json"),
        (b"application/graphql-response+json,application/json;q=0.9", "application/graphql-response+json"),
        (b"application/json, application/graphql-response+json", "application/json"),
        (b"application/json;q=0.5, application/graphql-response+json;q=0.8", "application/graphql-response+json"),
        (b"application/json;q=0, */*", "application/graphql-response+json"),
        (b"text/event-stream, multipart/mixed, application/json", "application/json"),
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        (b"APPLICATION/JSON ; charset=utf-8", "application/json"),
    ],
)
async def test_the_answer_has_the_media_type_the_client_prefers(accept: bytes | None, expected: str) -> None:
    answer = await post(HELLO, *([(b"accept", accept)] if accept else []))

    assert (answer.status, answer.headers["content-type"]) == (200, f"{expected}; charset=utf-8")


@pytest.mark.parametrize(
    "accept", [b"text/html", b"application/json;q=0", b"image/png, text/*", b"application/json;q=x"]
)
async def test_a_client_that_takes_neither_media_type_is_refused(accept: bytes) -> None:
    answer = await post(HELLO, (b"accept", accept))

    assert (answer.status, answer.code) == (406, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothingLikeThis }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query Q($n: Int!) { number(n: $n) }", {"n": "x"}, "BAD_REQUEST"),
        ("query A { __typename } query B { __typename }", {}, "BAD_REQUEST"),
        ("{ person " + "{ friend " * 10 + "{ name }" + " }" * 11, {}, "LIMIT_EXCEEDED"),
    ],
)
async def test_a_refused_document_is_400_in_the_new_media_type_and_200_in_json(
    query: str, variables: dict[str, object], code: str
) -> None:
    body = {"query": query, "variables": variables}

    new, old = await post(body, GRAPHQL), await post(body)

    assert (new.status, new.code, "data" in new.json) == (400, code, False)
    assert (old.status, old.code, "data" in old.json) == (200, code, False)


# -------------------------------------------------------------------------------- the table of bad requests


@pytest.mark.parametrize("body", [b"5", b"null", b'"{ __typename }"', b"true", b"[]", b'[{"query":"{ __typename }"}]'])
async def test_a_body_that_is_not_an_object_is_400(body: bytes) -> None:
    answer = await post(body)

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_variables_nested_100000_deep_are_400_before_json_is_read() -> None:
    body = b'{"query":"{ __typename }","variables":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001

    answer = await post(body)

    assert (answer.status, answer.code) == (400, "LIMIT_EXCEEDED")
    assert answer.json["errors"][0]["extensions"]["maximum"] == 32


async def test_an_integer_of_10000_digits_is_400() -> None:
    answer = await post(b'{"query":"{ __typename }","variables":{"n":' + b"1" * 10_000 + b"}}")

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_an_integer_of_4000_digits_is_read() -> None:
    answer = await post(b'{"query":"{ __typename }","variables":{"n":' + b"1" * 4_000 + b"}}")

    assert answer.status == 200


async def test_invalid_utf8_is_400() -> None:
    answer = await post(b'{"query":"{ echo(text: \\"\xff\\") }"}')

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_a_body_of_5_mb_is_413_from_its_content_length() -> None:
    one = example()
    headers = [JSON, (b"content-length", b"5000000")]

    answer = await ask(one.endpoint, headers=headers, chunks=[])

    assert (answer.status, answer.code) == (413, "LIMIT_EXCEEDED")
    assert one.keys.calls == 0  # nothing else was done for it


async def test_a_chunked_body_is_413_as_soon_as_it_is_too_large() -> None:
    answer = await ask(example().endpoint, chunks=[b" " * 600_000] * 9)

    assert (answer.status, answer.code) == (413, "LIMIT_EXCEEDED")
    assert answer.json["errors"][0]["extensions"] | {"requestId": ""} == {
        "code": "LIMIT_EXCEEDED",
        "limit": "bytes of the body",
        "value": 1_200_000,
        "maximum": 1_000_000,
        "requestId": "",
    }
    assert answer.headers["connection"] == "close"


async def test_a_query_of_whitespace_is_refused_before_it_is_parsed() -> None:
    answer = await post({"query": " " * 20_000 + "{ __typename }"}, GRAPHQL)

    assert (answer.status, answer.code) == (400, "LIMIT_EXCEEDED")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_subscription_over_http_is_400_and_says_where_to_go(method: str) -> None:
    query = "subscription { count(to: 1) }"
    one = example()

    answer = await ask(one.endpoint, {"query": query}, method=method, query_string=b"query=" + quote(query).encode())

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert "graphql-transport-ws" in answer.json["errors"][0]["message"]
    assert one.gateway.seen == []


async def test_an_error_of_ours_is_masked_and_logged_without_its_text() -> None:
    with capture_logs() as logs:
        answer = await post({"query": "{ broken }"})

    assert (answer.status, answer.code) == (200, "INTERNAL")
    assert "secret" not in answer.body.decode()
    (line,) = [entry for entry in logs if entry["event"] == "error.masked"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["error"] == "builtins.RuntimeError"
    assert any("broken" in frame for frame in line["where"])
    assert "secret" not in json.dumps([entry for entry in logs if entry["log_level"] != "debug"])


async def test_a_gateway_that_breaks_is_500_and_masked() -> None:
    one = example()
    one.gateway.raises = RuntimeError("secret")

    answer = await ask(one.endpoint, HELLO)

    assert (answer.status, answer.code) == (500, "INTERNAL")
    assert b"secret" not in answer.body


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("query Q($v: Int!) { number(n: $v) }", "SECRETPHI"),
        ("query Q($v: Int!) { number(n: $v) }", {"SECRETPHI": "SECRETPHI"}),
        ("query Q($v: Int!) { number(n: $v) }", ["SECRETPHI"]),
        ("query Q($v: [Int!]) { __typename number(n: 1) @skip(if: false) }", ["SECRETPHI"]),
        ("query Q($v: Boolean!) { __typename @skip(if: $v) }", "SECRETPHI"),
        ("query Q($v: String!) { echo(text: $v) }", {"a": "SECRETPHI"}),
    ],
)
async def test_the_value_of_a_variable_is_never_echoed_or_logged(query: str, value: object) -> None:
    with capture_logs() as logs:
        answer = await post({"query": query, "variables": {"v": value}})

    assert answer.code is not None
    assert b"SECRETPHI" not in answer.body
    assert "SECRETPHI" not in json.dumps(logs)


async def test_a_wrong_variable_is_named_with_its_type() -> None:
    answer = await post({"query": "query Q($v: Int!) { number(n: $v) }", "variables": {"v": "x"}}, GRAPHQL)

    assert answer.status == 400
    assert answer.json["errors"][0]["message"] == (
        "The variable `$v` has an invalid value. `Int` cannot represent non-integer values of this kind. "
        "Send one that fits."
    )


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"application/graphql",
        b"application/json; charset=utf-16",
        b"application/jsonx",
        b"",
    ],
)
async def test_forms_plain_text_and_multipart_are_refused(content_type: bytes | None) -> None:
    one = example()
    headers = [] if content_type is None else [(b"content-type", content_type)]

    answer = await ask(one.endpoint, {"query": 'mutation { rename(name: "x") }'}, headers=headers)

    assert (answer.status, answer.code) == (415, "BAD_REQUEST")
    assert one.gateway.seen == []


async def test_a_compressed_body_is_refused() -> None:
    answer = await post(HELLO, (b"content-encoding", b"gzip"))

    assert (answer.status, answer.code) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("accept", [(b"accept", b"application/json"), GRAPHQL])
async def test_a_mutation_over_get_is_405_and_changes_nothing(accept: tuple[bytes, bytes]) -> None:
    one = example()
    query = quote('mutation { rename(name: "x") }').encode()

    answer = await ask(one.endpoint, method="GET", headers=[accept], query_string=b"query=" + query)

    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "BAD_REQUEST", "POST")
    assert one.gateway.seen == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO"])
async def test_other_methods_are_405_with_what_is_allowed(method: str) -> None:
    answer = await ask(example().endpoint, HELLO, method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


async def test_many_aliases_are_refused_in_fragments_too() -> None:
    spreads = "fragment A on Query { a: __typename b: __typename c: __typename d: __typename }"
    query = "{ " + "...A " * 8 + "} " + spreads

    answer = await post({"query": query}, GRAPHQL)

    assert (answer.status, answer.code) == (400, "LIMIT_EXCEEDED")
    assert answer.json["errors"][0]["extensions"]["limit"] == "aliases"
    assert answer.json["errors"][0]["extensions"]["value"] == 32


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
async def test_numbers_that_are_not_finite_are_400(number: bytes) -> None:
    answer = await post(b'{"query":"{ __typename }","variables":{"n":' + number + b"}}")

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("text", [b"\\ud800", b"\\udc00x", b"\\ud83d\\ud83d", b"a\\u0000", b"\\\\\\u0000"])
async def test_text_that_cannot_be_stored_is_400(text: bytes) -> None:
    for body in (
        b'{"query":"query Q($t: String!) { echo(text: $t) }","variables":{"t":"' + text + b'"}}',
        b'{"query":"{ __typename }","variables":{"' + text + b'":1}}',
    ):
        answer = await post(body)
        assert (answer.status, answer.code) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("literal", ["\\ud800", "\\u0000", "\\u{0}", "\x00"])
async def test_text_in_a_document_that_cannot_be_stored_is_400(literal: str) -> None:
    answer = await post({"query": '{ echo(text: "' + literal + '") }'}, GRAPHQL)

    assert (answer.status, answer.code in ("BAD_REQUEST", "GRAPHQL_PARSE_FAILED")) == (400, True)


async def test_a_whole_character_outside_the_basic_plane_is_read() -> None:
    answer = await post(
        b'{"query":"query Q($t: String!) { echo(text: $t) }","variables":{"t":"\\ud83c\\udfbb \\\\u0000"}}'
    )

    assert answer.json == {"data": {"echo": "🎻 \\u0000"}}


# -------------------------------------------------------------------------------- more that is malformed

MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{ "not a JSON',
    "two values": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"query":"{ __typename }"}'.encode("utf-16"),
    "an overlong encoding": b'{"query":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"query":"\xed\xa0\x80"}',
    "no query": b"{}",
    "a name twice": b'{"query":"{ __typename }","query":"{ person { name } }"}',
    "a name twice inside": b'{"query":"{ __typename }","variables":{"a":{"b":1,"b":2}}}',
    "a query that is a number": b'{"query":0}',
    "a query that is an object": b'{"query":{"obj":"ect"}}',
    "a query that is null": b'{"query":null}',
    "a query that is a list": b'{"query":["{ __typename }"]}',
    "an operation name that is a list": b'{"query":"{ __typename }","operationName":["a"]}',
    "an operation name that is false": b'{"query":"{ __typename }","operationName":false}',
    "variables that are text": b'{"query":"{ __typename }","variables":"{}"}',
    "variables that are zero": b'{"query":"{ __typename }","variables":0}',
    "variables that are a list": b'{"query":"{ __typename }","variables":[]}',
    "extensions that are text": b'{"query":"{ __typename }","extensions":"{}"}',
    "extensions that are false": b'{"query":"{ __typename }","extensions":false}',
    "a persisted document": b'{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}',
    "brackets that do not match": b'{"query":"{ __typename }","variables":' + b"[}" * 60 + b"}",
    "a million brackets": b"[" * 999_999,
    "a million pairs": b"[]" * 499_999,
    "a million quotes": b'"' * 999_999,
    "a million backslashes": b'"' + b"\\" * 999_998,
    "a million minus signs": b"-" * 999_999,
    "a single quote": b"{'query':'{ __typename }'}",
    "a comment": b'{"query":"{ __typename }"} // done',
    "a trailing comma": b'{"query":"{ __typename }",}',
    "a control character": b'{"query":"{ __typename\n }"}',
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_malformed_bodies_are_400(name: str) -> None:
    answer = await post(MALFORMED[name], GRAPHQL)

    assert (answer.status, answer.code in ("BAD_REQUEST", "LIMIT_EXCEEDED")) == (400, True), answer.body
    message = answer.json["errors"][0]["message"]
    assert message.count(". ") >= 2, message  # what happened, what was given, what to do


DOCUMENTS: dict[str, tuple[str, str]] = {
    "empty": ("", "GRAPHQL_PARSE_FAILED"),
    "a comment only": ("# nothing", "GRAPHQL_PARSE_FAILED"),
    "3,000 levels": ("{a" * 3_000, "LIMIT_EXCEEDED"),
    "499 levels": ("{a" * 499 + "}" * 499, "LIMIT_EXCEEDED"),
    "a list 400 deep": ("{ number(n: " + "[" * 400 + "]" * 400 + ") }", "LIMIT_EXCEEDED"),
    "1,100 tokens": ("{" + " a" * 1_100 + "}", "LIMIT_EXCEEDED"),
    "600 comments": ("#\n" * 600 + "{ __typename }", "LIMIT_EXCEEDED"),
    "a circular fragment": ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    "two circular fragments": (
        "{ ...A } fragment A on Query { ...B person { name } } fragment B on Query { ...A }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a fragment that is not there": ("{ ...A }", "GRAPHQL_VALIDATION_FAILED"),
    "an unused fragment": ("{ __typename } fragment A on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
    "only a fragment": ("fragment A on Query { __typename }", "BAD_REQUEST"),
    "a type": ("type Query { a: Int }", "BAD_REQUEST"),
    "60 fragments": (
        "{ __typename } " + " ".join(f"fragment F{n} on Query {{ a }}" for n in range(60)),
        "LIMIT_EXCEEDED",
    ),
    "60 directives": ("{ " + " ".join("__typename @skip(if: false)" for _ in range(60)) + "}", "LIMIT_EXCEEDED"),
    "6 directives at one place": ("{ __typename " + "@include(if: true) " * 6 + "}", "LIMIT_EXCEEDED"),
    "25 root fields": ("{ " + "__typename " * 25 + "}", "LIMIT_EXCEEDED"),
    "an unknown directive": ("{ __typename @nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "an undefined variable": ("{ number(n: $n) }", "GRAPHQL_VALIDATION_FAILED"),
    "introspection 20 deep": (
        "{ __schema { types { fields { type " + "{ ofType " * 20 + "{ name }" + " }" * 20 + " } } } }",
        "LIMIT_EXCEEDED",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_bad_documents_are_refused_with_their_code(name: str) -> None:
    query, code = DOCUMENTS[name]

    answer = await post({"query": query}, GRAPHQL)

    assert (answer.status, answer.code) == (400, code), answer.body


async def test_a_get_is_refused_for_what_a_post_is_refused_for() -> None:
    cases = [
        b"",
        b"query=",
        b"query=%7B__typename%7D&query=%7B__typename%7D",
        b"query=%ff",
        b"query=\xff",
        b"query=%7B__typename%7D&variables=5",
        b"query=%7B__typename%7D&variables=%7B",
        b"query=%7B__typename%7D&variables=" + b"%5B" * 5_000,
        b"query=%7B__typename%7D&extensions=%5B%5D",
    ]
    for case in cases:
        answer = await ask(example().endpoint, method="GET", headers=[GRAPHQL], query_string=case)
        assert (answer.status, answer.code is not None) == (400, True), case


async def test_a_url_that_is_too_long_is_414() -> None:
    answer = await ask(example().endpoint, method="GET", headers=[], query_string=b"query=" + b"a" * 40_000)

    assert (answer.status, answer.code) == (414, "LIMIT_EXCEEDED")


@pytest.mark.parametrize("length", [b"abc", b"-1", b"1 1", b"", b"9" * 400])
async def test_a_content_length_that_makes_no_sense_is_refused(length: bytes) -> None:
    answer = await ask(example().endpoint, headers=[JSON, (b"content-length", length)], chunks=[b"{}"])

    assert answer.status in (400, 413)


# -------------------------------------------------------------------------------- credentials


@pytest.mark.security
@pytest.mark.parametrize("key", [None, b"", b"Bearer wrong"])
async def test_without_a_valid_key_nothing_is_answered(key: bytes | None) -> None:
    one = example()

    for accept in ((b"accept", b"application/json"), GRAPHQL):
        answer = await ask(one.endpoint, HELLO, headers=[JSON, accept], key=key)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert one.gateway.seen == []


@pytest.mark.security
async def test_a_key_in_the_url_is_not_a_credential() -> None:
    query_string = b"query=%7B__typename%7D&authorization=" + quote(KEY).encode()

    answer = await ask(example().endpoint, method="GET", headers=[], query_string=query_string, key=None)

    assert answer.status == 401


# -------------------------------------------------------------------------------- errors of the gateway


@pytest.mark.parametrize(("name", "new", "old"), [("forbidden", 403, 200), ("unavailable", 503, 503)])
async def test_an_operation_refused_as_a_whole_has_the_status_of_its_code(name: str, new: int, old: int) -> None:
    one = example()
    one.gateway.raises = PUBLIC_ERRORS[name]

    answers = [await ask(one.endpoint, HELLO, headers=[JSON, GRAPHQL]), await ask(one.endpoint, HELLO)]

    assert [answer.status for answer in answers] == [new, old]
    assert answers[0].code == name.upper()


async def test_a_public_error_of_a_field_keeps_its_text_and_its_path() -> None:
    answer = await post({"query": "{ missing }"})

    (error,) = answer.json["errors"]
    assert answer.json["data"] == {"missing": None}
    assert (error["path"], error["extensions"]["code"]) == (["missing"], "NOT_FOUND")
    assert error["message"].startswith("There is no such customer.")


async def test_an_operation_past_its_deadline_is_cancelled() -> None:
    answer = await post({"query": "{ endless }"}, GRAPHQL, deadline_seconds=0.01)

    assert (answer.status, answer.code) == (200, "TIMEOUT")
    assert answer.json["data"] is None
    assert answer.json["errors"][0]["extensions"]["retryable"] is True


async def test_an_answer_that_is_too_large_is_refused() -> None:
    answer = await post({"query": '{ echo(text: "' + "x" * 500 + '") }'}, max_response_bytes=300)

    assert (answer.code, answer.json["errors"][0]["extensions"]["limit"]) == ("LIMIT_EXCEEDED", "bytes of the response")


async def test_an_invalid_document_names_each_problem_and_its_place() -> None:
    answer = await post({"query": "{ nothing\n nix }"})

    assert [(error["locations"], error["extensions"]["code"]) for error in answer.json["errors"]] == [
        ([{"line": 1, "column": 3}], "GRAPHQL_VALIDATION_FAILED"),
        ([{"line": 2, "column": 2}], "GRAPHQL_VALIDATION_FAILED"),
    ]


# -------------------------------------------------------------------------------- the log


async def test_one_line_is_logged_for_an_operation_without_its_text() -> None:
    with capture_logs() as logs:
        await post({"query": 'query Q { echo(text: "SECRET") }', "operationName": "Q"})

    (line,) = [entry for entry in logs if entry["event"] == "operation"]
    assert (line["transport"], line["status"], line["tenant"], line["operation"]) == ("POST", 200, str(TENANT), "Q")
    assert len(line["document"]) == 16
    assert "SECRET" not in json.dumps(logs)


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
