"""Who asks: the headers of a request, or of a socket's connection_init, become an Actor or UNAUTHENTICATED.

The credential is a Bearer token in the one Authorization header (RFC 6750 section 2.1); URLs and bodies are not
looked at. What makes a key valid is left to patron_core.access.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from patron_core.access.authentication import Authenticator
from patron_core.errors import Unauthenticated
from patron_core.messages import Actor
from patron_schema.transport import Headers

__all__ = ["Authentication", "bearer_token"]

_MAX_LENGTH: Final = 8_192
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class Authentication:
    """Finds the actor of a request's headers; there is none without a credential."""

    def __init__(self, keys: Authenticator) -> None:
        self._keys = keys

    async def __call__(self, headers: Headers) -> Actor:
        """The actor; raises UNAUTHENTICATED for a key that is missing, malformed, unknown, expired or revoked."""
        return await self._keys.authenticate(bearer_token(headers))

    async def refresh(self, several: Sequence[Headers]) -> None:
        """Looks the credentials of many requests up with few statements, for who will ask for each of them at once."""
        tokens: list[str] = []
        for headers in several:
            with suppress(Unauthenticated):  # whoever asks for that one will be told
                tokens.append(bearer_token(headers))
        await self._keys.refresh(tokens)


def bearer_token(headers: Headers) -> str:
    """The token of `Authorization: Bearer …`; raises UNAUTHENTICATED where there is not exactly one."""
    found = [value for name, value in headers if name == b"authorization"]
    if not found:
        raise Unauthenticated(
            "No credential was sent. The request has no Authorization header. Send `Authorization: Bearer <API key>`."
        )
    if len(found) > 1:
        raise Unauthenticated(
            f"The credential is not clear. The request has {len(found)} Authorization headers. Send one."
        )
    match = _BEARER.fullmatch(found[0].decode("latin-1").strip()) if len(found[0]) <= _MAX_LENGTH else None
    if match is None:
        raise Unauthenticated(
            "The credential cannot be read. The Authorization header is not a Bearer token. "
            "Send `Authorization: Bearer <API key>`."
        )
    return match[1]
