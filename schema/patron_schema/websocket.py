"""WebSockets of /graphql: an ASGI application for the protocol graphql-transport-ws.

The handshake comes in (subprotocol, origin), then a `Session` for each socket reads its messages. Legacy subprotocols
are refused. Operations go through the same gateway as those over HTTP; how its answers become messages is
`Session`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from patron_schema.addresses import client_address
from patron_schema.credential_watch import CredentialWatch
from patron_schema.transport import Headers, Message, Receive, Send, Service
from patron_schema.websocket_limits import Sockets
from patron_schema.websocket_session import Session

__all__ = ["SUBPROTOCOL", "GraphQLWebSocket"]

SUBPROTOCOL: Final = "graphql-transport-ws"


class GraphQLWebSocket:
    """The ASGI application behind /graphql for the scope type `websocket`.

    allowed_origins: origins beside the server's own whose pages may connect, such as "https://app.example.com".
    sockets and watch: of the process, None for some of its own.
    """

    def __init__(
        self,
        service: Service,
        *,
        allowed_origins: Sequence[str] = (),
        sockets: Sockets | None = None,
        watch: CredentialWatch | None = None,
    ) -> None:
        self._service = service
        self._allowed_origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)
        self._watch = watch or CredentialWatch.of(service)
        self._sockets = sockets or Sockets(service.settings)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves one socket until either side closes it."""
        if (await receive())["type"] != "websocket.connect":
            return
        headers: Headers = scope["headers"]
        if not _is_allowed(headers, self._allowed_origins):
            await send({"type": "websocket.close", "code": 4403, "reason": "Origin not allowed"})  # 403 before accept
            return
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            # accepted first, for only then does a client see code and reason
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        address = client_address(scope, self._service.settings.trusted_proxies)
        refusal = self._sockets.refusal(address)
        if refusal is not None:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4429, "reason": refusal})
            return
        session = Session(self._service, self._watch, self._sockets, send, headers=headers, address=address)
        self._sockets.opened(session, address=address)
        try:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
            await session.run(receive)
        finally:
            self._sockets.closed(session)


def _is_allowed(headers: Headers, allowed: frozenset[str]) -> bool:
    """Whether the page that opened the socket may: this server's own, a configured one, or none (not a browser)."""
    origins = [value for name, value in headers if name == b"origin"]
    if not origins:
        return True
    if len(origins) > 1:
        return False
    origin = origins[0].decode("latin-1").rstrip("/").lower()
    host = next((value.decode("latin-1").lower() for name, value in headers if name == b"host"), None)
    return origin in allowed or (host is not None and _authority(origin) == host)


def _authority(origin: str) -> str | None:
    # without the scheme: behind a proxy that ends TLS the server sees http where the browser sees https
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
