"""Whose JWT access tokens are taken: the issuers of PATRON_TOKEN_ISSUERS, each with what its tokens must say.

In comes JSON or the path of a file with it, out come validated issuers, or every problem in one StartupError. Tokens are
left to `tokens`, an issuer's keys to `token_keys`.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from patron_core.audit.purposes import PurposeOfUse
from patron_core.errors import StartupError

__all__ = ["Algorithm", "TokenIssuer", "read_issuers"]

#: Asymmetric ones only; "Ed25519" is the newer name of EdDSA with that curve (RFC 9864).
Algorithm = Literal["EdDSA", "Ed25519", "ES256", "RS256"]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class TokenIssuer(BaseModel):
    """An identity provider whose access tokens are taken (RFC 9068, RFC 8725).

    name: what stands before its users in the audit. issuer, audience: `iss` and `aud`, exactly. algorithms: those its
    keys sign with. jwks: the path of a JWK set, or its https URL. tenant: whose users they are; or tenant_claim: the claim
    with the tenant's id. roles_claim: the claim with the names of roles, and roles: which role each name stands for; a name
    without one stands for nothing. party_claim: the claim with the party's id, for portals and partners. typ: of the
    header. max_age_seconds: from `iat` to `exp`. leeway_seconds: for clocks that differ. purposes: those its users may
    choose; purpose: where none is chosen.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")
    issuer: Text
    audience: Text
    algorithms: tuple[Algorithm, ...] = Field(min_length=1)
    jwks: Text
    tenant: uuid.UUID | None = None
    tenant_claim: Text | None = None
    roles_claim: Text = "roles"
    roles: dict[str, str] = Field(default_factory=dict)
    party_claim: Text | None = None
    typ: Literal["at+jwt", "JWT"] = "at+jwt"
    max_age_seconds: int = Field(default=900, ge=1, le=900)
    leeway_seconds: int = Field(default=30, ge=0, le=60)
    purposes: tuple[str, ...] = ()
    purpose: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> TokenIssuer:
        if (self.tenant is None) == (self.tenant_claim is None):
            raise ValueError("give either tenant or tenant_claim")
        url = urlsplit(self.jwks)
        if url.scheme and url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
            raise ValueError("jwks is neither a path nor an https URL")
        if not url.scheme and not Path(self.jwks).is_file():
            raise ValueError("jwks names no file")
        if not {*self.purposes, self.purpose or PurposeOfUse.TREAT.name} <= PurposeOfUse.__members__.keys():
            raise ValueError(f"purposes are among {', '.join(PurposeOfUse.__members__)}")
        return self

    @property
    def is_remote(self) -> bool:
        """Whether its keys are fetched from a URL."""
        return bool(urlsplit(self.jwks).scheme)


_LIST: Final[TypeAdapter[list[TokenIssuer]]] = TypeAdapter(list[TokenIssuer])


def read_issuers(setting: str | None) -> tuple[TokenIssuer, ...]:
    """The issuers of the setting: JSON, a list, or the path of a file that holds it. Raises `StartupError`."""
    if not setting:
        return ()
    try:
        text = setting if setting.lstrip().startswith("[") else Path(setting).read_text(encoding="utf-8")
        found = _LIST.validate_python(json.loads(text))
    except OSError as error:
        raise _refusal(f"The file it names cannot be read ({type(error).__name__})") from None
    except ValidationError as error:
        raise StartupError([_problem(each) for each in error.errors()]) from None
    except ValueError:
        raise _refusal("It is no JSON") from None
    for what in ("name", "issuer"):
        if len({getattr(each, what) for each in found}) < len(found):
            raise _refusal(f"Two of them have the same {what}")
    return tuple(found)


def _problem(error: Any) -> str:
    at = ".".join(str(step) for step in error["loc"])
    return (
        f"PATRON_TOKEN_ISSUERS is wrong at {at or 'the top'}: {error['msg']}. Correct it; docs/security.md shows one."
    )


def _refusal(what: str) -> StartupError:
    return StartupError([f"PATRON_TOKEN_ISSUERS names issuers of tokens. {what}. Give a JSON list or the path of one."])
