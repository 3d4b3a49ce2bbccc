"""Where a request comes from: the IP address of the client, behind proxies too.

In come the ASGI scope and the networks of the proxies that are trusted, out comes an address. `X-Forwarded-For` is read from a
trusted proxy only, and from its end: what a client writes in front of it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from patron_core.access.networks import address_of, lies_in

__all__ = ["client_address"]


def client_address(scope: Mapping[str, Any], trusted: Sequence[str]) -> str | None:
    """The address of who asks; None where the server knows none. trusted: networks of proxies."""
    peer: str | None = (scope.get("client") or (None,))[0]
    if not trusted or not lies_in(peer, trusted):
        return peer
    sent = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for text in reversed([each.strip() for each in sent.split(",")] if sent else []):
        if address_of(text) is None:
            return peer  # what lies before it cannot be told from what a client made up
        peer = text
        if not lies_in(text, trusted):
            break
    return peer
