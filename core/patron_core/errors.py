"""One tree of errors a caller may see, one code each. Anything that is not a `PublicError` is masked before it leaves.

A text has three sentences: what happened, what was given, what to do. Values of variables are never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "BadRequest",
    "Conflict",
    "Forbidden",
    "IdempotencyMismatch",
    "Internal",
    "InvalidInput",
    "LimitExceeded",
    "NotFound",
    "Overloaded",
    "ParseFailed",
    "PersistedQueryNotFound",
    "PersistedQueryNotSupported",
    "PublicError",
    "RateLimited",
    "StartupError",
    "Timeout",
    "Unauthenticated",
    "Unavailable",
    "ValidationFailed",
    "Vetoed",
]


class StartupError(Exception):
    """What keeps Patron from starting: every problem found, each with its owner, its place and the fix."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class PublicError(Exception):
    """Base of every error whose text may reach a client.

    `message`: the text. `extensions`: further keys beside `code` and `requestId`. `status`: the HTTP status when the whole
    request failed for this reason. `mendable`: whether it is a user error of a mutation's payload (the caller can mend it).
    """

    code: ClassVar[str]
    status: ClassVar[int]
    mendable: ClassVar[bool] = False
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: tuple[str | int, ...] = (), **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.details: Mapping[str, Any] = extensions

    @property
    def public_code(self) -> str:
        """The code the client sees."""
        return self.code

    @property
    def extensions(self) -> dict[str, Any]:
        """What stands in the error's `extensions`, without the request id, which the door adds."""
        out: dict[str, Any] = {"code": self.public_code, **self.details}
        if self.retryable:
            out["retryable"] = True
        return out


class BadRequest(PublicError):
    """The bytes are not a GraphQL request: broken JSON, wrong media type, wrong shape."""

    code, status = "BAD_REQUEST", 400


class ParseFailed(PublicError):
    """The document is not GraphQL."""

    code, status = "GRAPHQL_PARSE_FAILED", 400


class ValidationFailed(PublicError):
    """The document does not fit the schema this caller can see."""

    code, status = "GRAPHQL_VALIDATION_FAILED", 400


class LimitExceeded(PublicError):
    """Something is larger, deeper or dearer than allowed; says which limit, the value and the maximum."""

    code, status = "LIMIT_EXCEEDED", 400

    def __init__(self, *, limit: str, value: int, maximum: int, advice: str) -> None:
        super().__init__(
            f"The limit on {limit} is exceeded. It is {value}, the maximum is {maximum}. {advice}",
            limit=limit,
            value=value,
            maximum=maximum,
        )


class Unauthenticated(PublicError):
    """No credential, or one that is unknown, expired or revoked."""

    code, status = "UNAUTHENTICATED", 401


class Forbidden(PublicError):
    """A visible part of the schema used beyond the caller's grants; names coordinate and scope."""

    code, status = "FORBIDDEN", 403


class PersistedQueryNotFound(PublicError):
    """No document is kept under this hash or id; send its text beside it. Clients of the protocol do so by themselves."""

    code, status = "PERSISTED_QUERY_NOT_FOUND", 200


class PersistedQueryNotSupported(PublicError):
    """Documents are not kept by their hash here; send the text alone. Clients of the protocol do so by themselves."""

    code, status = "PERSISTED_QUERY_NOT_SUPPORTED", 200


class NotFound(PublicError):
    """No such row for this caller, whether it never existed or belongs to somebody else."""

    code, status, mendable = "NOT_FOUND", 200, True


class InvalidInput(PublicError):
    """A value that breaks a rule of the domain."""

    code, status, mendable = "INVALID_INPUT", 200, True


class Conflict(PublicError):
    """The row changed in between, or an invariant that another row holds forbids it."""

    code, status, mendable = "CONFLICT", 200, True


class Vetoed(PublicError):
    """A gate said no, with a code of its own such as KYC_REQUIRED."""

    code, status, mendable = "VETOED", 200, True

    def __init__(self, message: str, *, veto: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message, path=path)
        self.veto = veto

    @property
    def public_code(self) -> str:
        return self.veto


class IdempotencyMismatch(PublicError):
    """An idempotency key came again with other content."""

    code, status = "IDEMPOTENCY_MISMATCH", 200


class RateLimited(PublicError):
    """Too much in too little time."""

    code, status, retryable = "RATE_LIMITED", 429, True


class Overloaded(PublicError):
    """The server sheds load."""

    code, status, retryable = "OVERLOADED", 503, True


class Timeout(PublicError):
    """The operation ran past its deadline and was cancelled in the database."""

    code, status, retryable = "TIMEOUT", 200, True


class Unavailable(PublicError):
    """The database cannot be reached."""

    code, status, retryable = "UNAVAILABLE", 503, True


class Internal(PublicError):
    """A masked fault of ours; the log has it under the request id."""

    code, status = "INTERNAL", 200
