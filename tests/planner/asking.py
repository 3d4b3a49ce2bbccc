"""Asks a deployment one question on both of its paths and looks at the bytes.

The fast path passes the database's JSON on; the general path lets graphql-core finish over a plan made for it. Answers are
compared as they leave the gateway, and a refusal by its code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from patron_core.errors import PublicError
from patron_schema.testing.service import Patron

__all__ = ["Answer", "ask_both", "data_of", "without_fingerprints"]

_CURSOR = re.compile(rb'("[a-z]{3,4}_[0-9a-f-]{36})\.[0-9a-f]{6}"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. refused: the code of an error before anything ran. statements: what the fast path took."""

    fast: bytes = b""
    general: bytes = b""
    statements: int = 0
    planned: int = 0
    refused: str | None = None


async def ask_both(patron: Patron, query: str, variables: Mapping[str, Any]) -> Answer:
    """The answers of the fast path and of the general path. A question that has no fast path is an error here."""
    gateway, request = patron.gateway, patron.request(query, variables)
    try:
        ready = await gateway._ready(request)
        other = await gateway._ready(request, general=True)
    except PublicError as error:
        return Answer(refused=error.public_code)
    assert ready.prepared.fast, "this question is not answered by the fast path"
    patron.reader.statements.clear()
    fast = await gateway._fast(ready)
    statements = len(patron.statements)
    if fast is None:
        raise AssertionError(f"the fast path failed, the general path says {(await gateway._general(other)).body!r}")
    return Answer(fast, (await gateway._general(other)).body, statements, len(ready.prepared.roots))


def data_of(body: bytes) -> bytes:
    """The `data` of an answer, as its bytes would be."""
    answer = orjson.loads(body)
    assert "errors" not in answer, answer["errors"]
    return orjson.dumps(answer["data"])


def without_fingerprints(data: bytes) -> bytes:
    """Data whose cursors are row ids alone: which hash tells orders apart is the planner's business."""
    return _CURSOR.sub(rb'\1"', data)
