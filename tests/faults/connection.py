"""One HTTP/1.1 connection that asks one thing at a time and knows exactly whether the answer came.

A document and variables go out, an `Answer` comes back, or `Lost` where the connection ended before the last byte. Nothing is
repeated here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "Connection", "Lost"]


class Lost(Exception):
    """No whole answer came. sent: whether the request went out, so that it may have had an effect."""

    def __init__(self, text: str, *, sent: bool) -> None:
        super().__init__(text)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came whole."""

    status: int
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body read."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def codes(self) -> list[str]:
        """The codes of all errors, those of fields and those a caller can mend."""
        answer = self.json
        found = [error["extensions"]["code"] for error in answer.get("errors", ())]
        for field in (answer.get("data") or {}).values():
            if isinstance(field, dict):
                found += [error["code"] for error in field.get("userErrors") or ()]
        return found


class Connection:
    """A client. key: its API key. seconds: how long it waits for an answer. It sends back the tokens that replicas want."""

    def __init__(self, port: int, *, key: str = "", seconds: float = 30) -> None:
        self._port = port
        self._key = key
        self._seconds = seconds
        self._consistency = ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """The answer to an operation. Raises Lost, and TimeoutError where nobody answers for `seconds`."""
        return await self._request("POST", "/graphql", json.dumps({"query": query, "variables": variables}).encode())

    async def get(self, path: str) -> Answer:
        """The answer to a GET; raises as `ask` does."""
        return await self._request("GET", path, b"")

    def close(self) -> None:
        """Drops the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _request(self, method: str, path: str, body: bytes) -> Answer:
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self._key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{self._consistency}\r\n"
        )
        sent = False
        try:
            async with asyncio.timeout(self._seconds):
                streams = self._streams = self._streams or await asyncio.open_connection("127.0.0.1", self._port)
                sent = True
                return await self._exchange(streams, head.encode() + body)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise
            raise Lost(type(error).__name__, sent=sent) from error
        except asyncio.CancelledError:
            self.close()
            raise

    async def _exchange(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> Answer:
        reader, writer = streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if "patron-consistency" in headers:
            self._consistency = f"patron-consistency: {headers['patron-consistency']}\r\n"
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(first.split(" ")[1]), body)
