"""Which media type an answer has and whether a body's is one we read (RFC 9110 section 12, GraphQL over HTTP).

Values of the headers Accept and Content-Type come in; a media type or a refusal goes out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from patron_schema.errors import UnsupportedMediaType

__all__ = ["GRAPHQL", "JSON", "STREAM", "MediaType", "StreamWish", "check_content_type", "response_type", "stream_wish"]

MediaType = Literal["application/json", "application/graphql-response+json"]
JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"
STREAM: Final = "text/event-stream"
#: Whether a client takes events: not at all, where there is no other way, or rather than anything else.
StreamWish = Literal["never", "if needed", "rather"]

# How exactly a range of Accept names each type: the most exact range that fits decides a type's weight.
_EXACTNESS: Final[dict[str, dict[str, int]]] = {
    JSON: {JSON: 3, "application/*": 2, "*/*": 1},
    GRAPHQL: {GRAPHQL: 3, "application/*": 2, "*/*": 1},
    STREAM: {STREAM: 3},  # whoever takes any text, or anything, has not thought of an answer without an end
}


@lru_cache(maxsize=256)
def response_type(accept: bytes) -> MediaType | None:
    """The media type to answer in; None where the client takes neither.

    The heavier weight wins; of equal ones the one named exactly, then the one named first, then application/json,
    which is what a missing header and `*/*` mean.
    """
    text = accept.decode("latin-1").strip().lower()
    if not text:
        return JSON
    weights = {media: _weight(media, text) for media in (JSON, GRAPHQL)}
    best: MediaType = max((JSON, GRAPHQL), key=lambda media: weights[media])
    return best if weights[best][0] > 0 else None


@lru_cache(maxsize=256)
def stream_wish(accept: bytes) -> StreamWish:
    """Whether the client takes events: rather where they weigh more than all that is JSON."""
    text = accept.decode("latin-1").strip().lower()
    weight = _weight(STREAM, text)[0]
    if not weight:
        return "never"
    others = max(_weight(media, text)[0] for media in (JSON, GRAPHQL))
    return "rather" if weight > others else "if needed"


def _weight(media: str, accept: str) -> tuple[float, int, int]:
    """(q, how exactly the type is named, how early) by the range of `accept` that fits best; q is 0 where none does."""
    found = (0.0, 0, 0)
    for position, part in enumerate(accept.split(",")):
        name, _, parameters = part.partition(";")
        exactness = _EXACTNESS[media].get(name.strip(), 0)
        if exactness > found[1]:
            found = (_quality(parameters), exactness, -position)
    return found


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0.0 <= quality <= 1.0 else 0.0
    return 1.0


@lru_cache(maxsize=256)
def _is_json(content_type: bytes) -> bool:
    media, _, parameters = content_type.decode("latin-1").lower().partition(";")
    if media.strip() != JSON:
        return False
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return False
    return True


def check_content_type(content_type: bytes | None, *, content_encoding: bytes | None) -> None:
    """Raises BAD_REQUEST (415) for a body that is not JSON in UTF-8: a form, plain text, multipart, compressed."""
    if content_type is None:
        raise UnsupportedMediaType(
            "The request has no Content-Type. Without one its body cannot be read. "
            "Send `Content-Type: application/json`."
        )
    if not _is_json(content_type):
        raise UnsupportedMediaType(
            "The request's Content-Type is not application/json in UTF-8. Forms, text and multipart are not read. "
            "Send `Content-Type: application/json`."
        )
    if content_encoding is not None and content_encoding.strip().lower() not in (b"", b"identity"):
        raise UnsupportedMediaType(
            "The request's body is compressed. Only `identity` is read, for a small body may unpack to a huge one. "
            "Send it as it is."
        )
