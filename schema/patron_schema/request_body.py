"""The bytes of a request, counted while they come: what announces itself or grows too large is refused, not kept.

In come ASGI messages and a limit, out comes the body. What it means is left to the endpoints.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from patron_core.errors import BadRequest
from patron_schema.errors import PayloadTooLarge

__all__ = ["Disconnected", "check_length", "read_body"]

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Disconnected(Exception):
    """The client has gone; there is nobody to answer."""


def check_length(content_length: bytes | None, *, max_body_bytes: int) -> None:
    """Refuses a body by what its head announces: 413 where that is too much, BAD_REQUEST where it is no number."""
    if content_length is None:
        return
    if not content_length.isdigit():
        raise BadRequest("Content-Length is not a number. The size of the body is not known. Send its size in bytes.")
    if len(content_length) > 18 or int(content_length) > max_body_bytes:
        raise _too_large(int(content_length[:18]), max_body_bytes)


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """The whole body, counted while it comes: chunked requests announce no size, and others may lie."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(size, max_bytes)
        if not message.get("more_body", False):
            return chunk if not chunks else b"".join([*chunks, chunk])
        chunks.append(chunk)


def _too_large(size: int, maximum: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        limit="bytes of the body", value=size, maximum=maximum, advice="Send less, or in several requests."
    )
