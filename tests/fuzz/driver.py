"""Sends cases to a server over several connections that stay open, and gives every answer to the judge.

Cases and a running server come in, a tally with all complaints goes out. HTTP is written by hand, for what is sent is not
always HTTP; sockets are opened by a library, for what they carry is the protocol's business.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.fuzz.cases import Case
from tests.fuzz.judge import Answer, complaints
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

__all__ = ["Tally", "send_all"]

CONNECTIONS: Final = 12
ANSWER_SECONDS: Final = 30.0


@dataclass(slots=True)
class Tally:
    """What became of the cases. answered: by kind and status. wrong: complaints, each with the line that sends it again."""

    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    with_data: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many cases there were."""
        return sum(self.answered.values())


async def send_all(cases: Iterable[Case], *, port: int, key: str, stop_after: int = 20) -> Tally:
    """Sends every case; stops early when so many answers were wrong."""
    tally, waiting = Tally(), iter(cases)

    async def work() -> None:
        connection = _Connection(port, key)
        for case in waiting:
            if len(tally.wrong) >= stop_after:
                break
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answers = await _socket(case, port, key) if case.frames else [await connection.send(case)]
            except TimeoutError:
                tally.wrong.append(f"no answer in {ANSWER_SECONDS:g} s: {case.again}")
                connection.close()
                continue
            _note(tally, case, answers)
        connection.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return tally


def _note(tally: Tally, case: Case, answers: list[Answer]) -> None:
    tally.answered[case.kind, answers[0].status if answers else 0] += 1
    tally.with_data += any(b'"data":{' in answer.body for answer in answers)
    for answer in answers:
        for complaint in complaints(answer, canary=case.canary):
            tally.wrong.append(f"{complaint}: {case.again}\n    {answer.body[:400]!r}")


class _Connection:
    """A connection of HTTP/1.1 that is opened again when the server closed it."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, case: Case) -> Answer:
        """The answer to a request. Where the server closes without one, that is status 0."""
        head = {"host": "127.0.0.1", "authorization": f"Bearer {self._key}", **case.headers}
        lines = [f"{case.method} {case.target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        data = "\r\n".join([*lines, f"content-length: {len(case.body)}", "", ""]).encode() + case.body
        for _ in range(2):  # the server may have closed a connection that was idle
            fresh = self._streams is None
            reader, writer = self._streams = self._streams or await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(data)
                return await self._read(reader, case)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if fresh:
                    break
        return Answer(0, b"")

    async def _read(self, reader: asyncio.StreamReader, case: Case) -> Answer:
        status, headers = await _head(reader)
        while status // 100 == 1:
            status, headers = await _head(reader)
        body = b""
        if case.method != "HEAD" and status not in (204, 304):
            body = await _body(reader, headers)
        if headers.get("connection") == "close" or "content-length" not in headers:
            self.close()
        return Answer(status, body)

    def close(self) -> None:
        """Ends the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = text.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(first.split(" ")[1]), headers


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") == "chunked":
        parts = []
        while size := int((await reader.readline()).strip() or b"0", 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
    return await reader.read()


async def _socket(case: Case, port: int, key: str) -> list[Answer]:
    """The messages a socket gets until it is quiet for a moment, or closed."""
    answers: list[Answer] = []
    take: Callable[[str | bytes], None] = lambda data: answers.append(  # noqa: E731
        Answer(0, data.encode() if isinstance(data, str) else data)
    )
    try:
        async with connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers={"authorization": f"Bearer {key}"},
            close_timeout=5,
        ) as socket:
            for frame in case.frames:
                await socket.send(frame)
            try:
                await socket.send('{"type":"ping"}')
                while '"pong"' not in (text := str(await socket.recv())):
                    take(text)
            except ConnectionClosed as closed:
                answers.append(Answer(0, b"", closed.rcvd.code if closed.rcvd else 1006))
    except ConnectionClosed as closed:
        answers.append(Answer(0, b"", closed.rcvd.code if closed.rcvd else 1006))
    except InvalidHandshake:
        answers.append(Answer(403, b""))
    return answers
