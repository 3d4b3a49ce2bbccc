"""Errors on their way out: what a client may read of them, and what only the log says.

Exceptions of any kind come in; GraphQL error objects (`message locations path extensions`) go out, each with a code
and the request id. Only `PublicError` keeps its text; anything else becomes INTERNAL and is logged by class and
place, without its text, for texts of exceptions carry values. Codes and HTTP statuses of the errors themselves are
left to patron_core.errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import structlog
from graphql import GraphQLError, SourceLocation

from patron_core import fault_log
from patron_core.errors import BadRequest, Internal, LimitExceeded, ParseFailed, PublicError, ValidationFailed

__all__ = [
    "DocumentInvalid",
    "DocumentUnparsable",
    "MethodNotAllowed",
    "NotAcceptable",
    "PayloadTooLarge",
    "UnsupportedMediaType",
    "UrlTooLong",
    "error_body",
    "formatted",
    "formatted_all",
    "log_fault",
    "public",
    "variable_problem",
    "without_literals",
    "without_tokens",
]

_log: Final = structlog.stdlib.get_logger("patron.errors")

_MASKED: Final = (
    "Something went wrong on our side. The operation was not, or not wholly, answered. "
    "Try again, and give the request id to whoever runs this server."
)


class MethodNotAllowed(BadRequest):
    """The HTTP method cannot carry this request; `allow` is the value of the answer's Allow header."""

    status = 405

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class NotAcceptable(BadRequest):
    """The client accepts none of the media types that GraphQL over HTTP has."""

    status = 406


class PayloadTooLarge(LimitExceeded):
    """More bytes than a request may have, by what it announces or by what has come."""

    status = 413


class UrlTooLong(LimitExceeded):
    """More bytes than a URL may have."""

    status = 414


class UnsupportedMediaType(BadRequest):
    """The body is in a format other than JSON in UTF-8."""

    status = 415


class DocumentUnparsable(ParseFailed):
    """The text is not GraphQL; `locations` is where reading it stopped."""

    def __init__(self, message: str, *, locations: Sequence[SourceLocation]) -> None:
        super().__init__(message)
        self.locations = locations


class DocumentInvalid(ValidationFailed):
    """The document does not fit the schema; `problems` are graphql-core's errors, at least one."""

    def __init__(self, problems: Sequence[GraphQLError]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


def formatted_all(error: Exception, *, request_id: str) -> list[dict[str, Any]]:
    """Every error object that one exception stands for: several for an invalid document, else one."""
    if isinstance(error, DocumentInvalid):
        extensions = {**error.extensions, "requestId": request_id}
        texts = [(without_literals(problem.message), problem.locations) for problem in error.problems]
        return [_entry(text, locations=locations, extensions=extensions) for text, locations in texts]
    return [formatted(error, request_id=request_id)]


def formatted(error: Exception, *, request_id: str) -> dict[str, Any]:
    """One error object as GraphQL's specification has it, masked where it is not ours.

    error: a PublicError, a GraphQLError (its original error decides; path and locations are kept) or any other
    exception. request_id: stands in `extensions.requestId`, and beside the log entry of a masked error.
    """
    path: Sequence[str | int] | None = None
    locations: Sequence[SourceLocation] | None = getattr(error, "locations", None)
    if isinstance(error, GraphQLError):
        path = error.path
    shown = public(error, request_id=request_id)
    extensions = {**shown.extensions, "requestId": request_id}
    return _entry(shown.message, locations=locations, path=path or shown.path, extensions=extensions)


def public(error: BaseException, *, request_id: str) -> PublicError:
    """The error a client may see for an exception; what is masked is logged here, once."""
    cause = _innermost(error)
    if isinstance(cause, PublicError):
        return cause
    if isinstance(error, GraphQLError) and (mistake := variable_problem(error.message)) is not None:
        return BadRequest(mistake)
    log_fault(cause, request_id=request_id)
    return Internal(_MASKED)


def log_fault(error: BaseException, *, request_id: str, event: str = "error.masked") -> None:
    """Logs an exception by class and the frames it went through; never its text, which may hold values of a request."""
    fault_log.log_fault(_log, event, error=error, request_id=request_id)


def error_body(
    errors: Iterable[Mapping[str, Any]], *, with_data: bool = False, extensions: Mapping[str, Any] | None = None
) -> bytes:
    """The JSON of an answer that has only errors; `with_data` adds `"data": null`, for operations that had begun."""
    answer: dict[str, Any] = {"errors": list(errors)}
    if with_data:
        answer["data"] = None
    if extensions:
        answer["extensions"] = extensions
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


_FOUND: Final = re.compile(r"([,;.?]) [Ff]ound:? .*$", re.DOTALL)
_UNFIT: Final = re.compile(r"(cannot represent [a-z0-9 -]*value): .*$", re.DOTALL)
_NO_MEMBER: Final = re.compile(r"^Value (['\"]).*?\1 does not exist", re.DOTALL)
_TOKEN: Final = re.compile(r"\b(Name|String|BlockString|Int|Float|Comment) (['\"]).*\2", re.DOTALL)
_SEQUENCE: Final = re.compile(r"(sequence): .*$", re.DOTALL)


def without_literals(message: str) -> str:
    """graphql-core's text about a document without the values that stand in it, which may be anybody's; places tell them."""
    return _NO_MEMBER.sub("This value does not exist", _UNFIT.sub(r"\1.", _FOUND.sub(_ended, message)))


def _ended(found: re.Match[str]) -> str:
    """How a sentence ends whose rest is taken away; a suggestion asks."""
    return "?" if found[1] == "?" else "."


def without_tokens(message: str) -> str:
    """The parser's text without the text of the token where it stopped, only of what kind that is."""
    return _SEQUENCE.sub(r"\1", _TOKEN.sub(r"\1", message))


_VARIABLE: Final = re.compile(
    r"(?P<kind>Variable '\$|Argument ')(?P<name>\w+)' has invalid value(?: at (?P<at>[.\w\[\]]+))?: ?"
)
_REQUIRED: Final = re.compile(r"to include required field '(?P<field>\w+)'")
_UNKNOWN: Final = re.compile(r"not to include unknown field '(?P<field>[_A-Za-z]\w{0,60})'")
_TYPE: Final = re.compile(r"type '(?P<type>[\w!\[\]]+)'")
_SCALAR: Final = re.compile(r"(?P<type>[A-Za-z]\w*) cannot represent (?P<what>[a-z0-9 -]+)")


def variable_problem(message: str) -> str | None:
    """graphql-core's text about a variable or argument without the value; None where it is about something else.

    "Variable '$n' has invalid value at .age: Int cannot represent non-integer value: 'SECRET'" keeps the name, the
    place inside the value and the type, and loses what was sent.
    """
    found = _VARIABLE.match(message)
    if found is None:
        return None
    sign = "$" if found["kind"].startswith("Variable") else ""
    what = "variable" if sign else "argument"
    place = f" at `{found['at'].lstrip('.')}`" if found["at"] else ""
    reason = _reason(message[found.end() :])
    return f"The {what} `{sign}{found['name']}` has an invalid value{place}. {reason} Send one that fits."


def _reason(text: str) -> str:
    expected = _TYPE.search(text)
    of_type = f" type `{expected['type']}`" if expected else " its type"
    if required := _REQUIRED.search(text):
        return f"The required field `{required['field']}` of{of_type} is missing."
    if unknown := _UNKNOWN.search(text):
        return f"There is no field `{unknown['field']}` in{of_type}."
    if "non-null" in text:
        return f"It is null or absent where{of_type} wants a value."
    if scalar := _SCALAR.match(text):
        return f"`{scalar['type']}` cannot represent {scalar['what'].strip()}s of this kind."
    return f"It does not fit{of_type}."


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _entry(
    message: str,
    *,
    extensions: Mapping[str, Any],
    locations: Sequence[SourceLocation] | None = None,
    path: Sequence[str | int] | None = None,
) -> dict[str, Any]:
    entry: dict[str, Any] = {"message": message}
    if locations:
        entry["locations"] = [{"line": place.line, "column": place.column} for place in locations]
    if path:
        entry["path"] = list(path)
    entry["extensions"] = extensions
    return entry
