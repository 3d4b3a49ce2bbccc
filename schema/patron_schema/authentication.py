"""Who asks: the headers of a request, or of a socket's connection_init, become an Actor or UNAUTHENTICATED.

The credential is a Bearer token in the one Authorization header (RFC 6750 section 2.1); URLs and bodies are not
looked at. Wrong ones are counted for each address. What makes a key or token valid is left to patron_core.access.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from patron_core.access.authentication import Authenticator
from patron_core.errors import Forbidden, RateLimited, Unauthenticated
from patron_core.messages import Actor
from patron_schema.claims import Claims
from patron_schema.transport import Headers
from patron_schema.wrong_tries import WINDOW_SECONDS, WrongTries

__all__ = ["Authentication", "bearer_token"]

_log: Final = structlog.stdlib.get_logger("patron.authentication")
_MAX_LENGTH: Final = 8_192
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class Authentication:
    """Finds the actor of a request's headers; there is none without a credential. tries: who was wrong too often.

    claims: what a request may claim beside its credential; None for nothing.
    """

    def __init__(self, keys: Authenticator, *, tries: WrongTries | None = None, claims: Claims | None = None) -> None:
        self._keys = keys
        self._claims = claims
        self._tries = tries or WrongTries()
        self._told_at = -WINDOW_SECONDS

    async def __call__(self, headers: Headers, *, address: str | None = None) -> Actor:
        """The actor of a request from an address.

        UNAUTHENTICATED for a credential that is missing, malformed, unknown, expired or revoked, RATE_LIMITED after too many,
        FORBIDDEN for a claim that is not the actor's.
        """
        actor = await self._proved(headers, address)
        return actor if self._claims is None else await self._claims.applied(headers, actor)

    async def _proved(self, headers: Headers, address: str | None) -> Actor:
        token = bearer_token(headers)
        if self._tries.was_good(token):
            with suppress(Unauthenticated):
                return await self._keys.authenticate(token, address=address)
            self._tries.note(token, good=False)
        try:
            async with self._tries.turn(token, address=address):
                actor = await self._keys.authenticate(token, address=address)
        except RateLimited:
            self._tell(headers, address)
            raise
        self._tries.note(token, good=True)
        return actor

    def _tell(self, headers: Headers, address: str | None) -> None:
        """Logs once a minute that credentials are guessed, and whether a proxy may be why all clients count as one."""
        now = time.monotonic()
        if now - self._told_at >= WINDOW_SECONDS:
            self._told_at = now
            forwarded = any(name == b"x-forwarded-for" for name, _ in headers)
            _log.warning("credentials_guessed", address=address, forwarded=forwarded, see="PATRON_TRUSTED_PROXIES")

    async def recheck(self, headers: Headers) -> Actor:
        """The actor of a socket's credential, as it is now. Raises UNAUTHENTICATED; that is nobody's wrong try."""
        actor = await self._keys.recheck(bearer_token(headers))
        try:
            return actor if self._claims is None else await self._claims.applied(headers, actor)
        except Forbidden as error:  # an emergency access that has ended
            raise Unauthenticated(error.message) from None

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
