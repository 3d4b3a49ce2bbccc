"""What a request claims beside its credential: a purpose of use, an emergency access.

An actor and the headers of a request, or what stands in a socket's connection_init in their place, come in; the actor that
the operation runs as goes out, or FORBIDDEN. What may be claimed is decided in `patron_core.audit` and `patron_core.emergency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from patron_core.audit.purposes import PURPOSE_HEADER, with_purpose
from patron_core.database import Database
from patron_core.emergency.service import BREAK_GLASS_HEADER, in_emergency
from patron_core.errors import BadRequest
from patron_core.messages import Actor
from patron_core.values import Clock

from .transport import Headers

__all__ = ["CLAIMS", "Claims", "claimed_in"]

_PURPOSE: Final = PURPOSE_HEADER.lower().encode()
_BREAK_GLASS: Final = BREAK_GLASS_HEADER.lower().encode()
#: The headers that claim something.
CLAIMS: Final = frozenset({_PURPOSE, _BREAK_GLASS})
_LONGEST: Final = 100
#: What stands for them in the payload of connection_init.
_KEYS: Final = {
    "purpose": _PURPOSE,
    PURPOSE_HEADER: _PURPOSE,
    PURPOSE_HEADER.lower(): _PURPOSE,
    "breakGlass": _BREAK_GLASS,
    BREAK_GLASS_HEADER: _BREAK_GLASS,
    BREAK_GLASS_HEADER.lower(): _BREAK_GLASS,
}


class Claims:
    """Applies claims. database: where emergency access is looked up, at each request: they are few."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def applied(self, headers: Headers, actor: Actor) -> Actor:
        """The actor an operation runs as. FORBIDDEN for a claim that is not this actor's; BAD_REQUEST for two of a kind."""
        claims: dict[bytes, str] = {}
        for name, value in headers:
            if name in CLAIMS:
                if name in claims:
                    raise BadRequest(
                        f"A claim is not clear. The request has two headers {name.decode()}. Send one of them."
                    )
                claims[name] = value.decode("latin-1").strip()[:_LONGEST]
        if not claims:
            return actor
        if _PURPOSE in claims:
            actor = with_purpose(actor, claims[_PURPOSE])
        if _BREAK_GLASS in claims:
            actor = await in_emergency(actor, claims[_BREAK_GLASS], database=self._database, clock=self._clock)
        return actor


def claimed_in(payload: Mapping[str, Any]) -> list[tuple[bytes, bytes]] | None:
    """The claims of a connection_init as headers; None where one is no text."""
    found: dict[bytes, bytes] = {}
    for key, name in _KEYS.items():
        value = payload.get(key)
        if value is None:
            continue
        if not isinstance(value, str):
            return None
        found[name] = value.encode("latin-1", "replace")
    return list(found.items())
