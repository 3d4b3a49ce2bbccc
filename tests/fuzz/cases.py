"""The requests of the fuzzer: each is made from a seed and its number alone, and so can be made again.

Good questions come from `documents` and are spoiled here: as documents, as variables, as JSON, as bytes, in their headers or
as frames of a socket. What comes of them is left to `judge`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fuzz.documents import Documents, Question

__all__ = ["KINDS", "Case", "case"]

KINDS: Final = {"document": 34, "variables": 22, "json": 14, "bytes": 14, "headers": 11, "socket": 5}
_HOSTILE: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**31, 2**63, 10**400, 1.5, "", "x", [], {}, [[]], [None], {"": 1}, {"__proto__": {}},
    "' OR 1=1 --", "${7*7}", "../../etc/passwd", "\ud7ff", "\u0000", "A" * 5_000, "%s%n", "<script>", "\r\nX: y",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One request, or the frames of one socket. canary: a value of it that may come back in no error."""

    seed: int
    number: int
    kind: str
    canary: str
    method: str = "POST"
    target: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    frames: tuple[str | bytes, ...] = ()

    @property
    def again(self) -> str:
        """The line that makes this request again."""
        return f"PATRON_FUZZ_CASE={self.seed}:{self.number} pytest tests/fuzz/test_fuzz.py"


def case(documents: Documents, *, seed: int, number: int) -> Case:
    """The request with this number."""
    dice = random.Random(f"{seed}:{number}")
    kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
    canary = f"Zq{number}canary{seed}qZ"
    question = documents.question(dice, canary)
    made = _Spoiling(dice, canary, question)
    options: dict[str, Any] = getattr(made, kind)()
    return Case(seed, number, kind, canary, **options)


class _Spoiling:
    def __init__(self, dice: random.Random, canary: str, question: Question) -> None:
        self.dice = dice
        self.canary = canary
        self.question = question

    def document(self) -> dict[str, Any]:
        text = self.question.text
        for _ in range(self.dice.choice((0, 0, 1, 1, 2, 5))):
            text = self._spoiled_text(text)
        return self._post({"query": text, "variables": self.question.variables})

    def variables(self) -> dict[str, Any]:
        values: Any = self.question.variables
        for _ in range(self.dice.choice((1, 1, 2))):
            values = self._spoiled_value(values)
        return self._post({"query": self.question.text, "variables": values})

    def json(self) -> dict[str, Any]:
        body: Any = {"query": self.question.text, "variables": self.question.variables, "operationName": "Q"}
        if self.dice.random() < 0.3:
            body["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": self.canary}}
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            body = self._spoiled_value(body)
        return self._post(body)

    def bytes(self) -> dict[str, Any]:
        data = bytearray(_dumped({"query": self.question.text, "variables": self.question.variables}))
        for _ in range(self.dice.choice((1, 1, 2, 8))):
            place = self.dice.randrange(len(data) or 1)
            match self.dice.randrange(5):
                case 0:
                    data[place : place + 1] = bytes([self.dice.randrange(256)])
                case 1:
                    del data[place : place + self.dice.choice((1, 2, 50))]
                case 2:
                    data[place:place] = self.dice.randbytes(self.dice.choice((1, 4, 40)))
                case 3:
                    data[place:place] = self.dice.choice((b"[" * 200, b'{"a":' * 40, b"\xff\xfe", b"\\ud800", b"NaN"))
                case _:
                    data = data[:place]
        return self._post(None, data=bytes(data))

    def headers(self) -> dict[str, Any]:
        name, value = self.dice.choice(
            (
                ("content-type", "text/plain"), ("content-type", "multipart/form-data; boundary=x"), ("content-type", ""),
                ("content-type", "application/json; charset=utf-16"), ("content-type", self.canary),
                ("accept", "text/event-stream"), ("accept", "application/graphql-response+json"), ("accept", self.canary),
                ("accept", "*/*;q=x"), ("accept", "," * 300), ("content-encoding", "gzip"), ("patron-explain", "true"),
                ("patron-explain", self.canary), ("patron-purpose", self.canary), ("idempotency-key", self.canary),
                ("x-forwarded-for", "1.2.3.4"), ("cookie", "a=" + "b" * 900), ("origin", "https://evil.example"),
                ("x-http-method-override", "DELETE"), ("expect", "unknown"), ("x-request-id", self.canary),
                ("apollo-require-preflight", ""), ("range", "bytes=0-1"), ("upgrade", "h2c"),
            )
        )  # fmt: skip
        post = self._post({"query": self.question.text, "variables": self.question.variables})
        post["headers"] = {**post["headers"], name: value}
        if self.dice.random() < 0.3:
            post["method"] = self.dice.choice(("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "FOO"))
        if self.dice.random() < 0.3:
            post["target"] = "/graphql?" + self.dice.choice(
                (
                    "query=%7B__typename%7D",
                    "query=%ff",
                    "query=" + self.canary,
                    "variables=[",
                    "query=a&query=b",
                    "%00",
                    "=",
                )
            )
        return post

    def socket(self) -> dict[str, Any]:
        frames: list[str | bytes] = [json.dumps({"type": "connection_init"})]
        for index in range(self.dice.randint(1, 6)):
            payload: Any = {"query": self.question.text, "variables": self.question.variables}
            message: Any = {"id": f"s{index}", "type": "subscribe", "payload": payload}
            if self.dice.random() < 0.6:
                message = self._spoiled_value(message)
            text = _dumped(message).decode()
            if self.dice.random() < 0.2:
                text = self._spoiled_text(text)
            frames.append(self.dice.randbytes(20) if self.dice.random() < 0.05 else text)
        if self.dice.random() < 0.2:
            del frames[0]
        return {"frames": tuple(frames)}

    def _post(self, body: Any, *, data: bytes | None = None) -> dict[str, Any]:
        sent = _dumped(body) if data is None else data
        return {"headers": {"content-type": "application/json", "accept": "application/json"}, "body": sent}

    def _spoiled_text(self, text: str) -> str:
        tokens = text.split(" ")
        place = self.dice.randrange(len(tokens))
        match self.dice.randrange(8):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, self.dice.choice(tokens))
            case 2:
                other = self.dice.randrange(len(tokens))
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens[place] = self.dice.choice(
                    ("{", "}", "(", "...", "@skip(if: true)", "$x", "!", '"', '"""', "#", "\ufeff")
                )
            case 4:
                tokens.insert(
                    place, self.dice.choice(("... on Customer { id }", "...F", "__schema { types { name } }"))
                )
            case 5:
                tokens.insert(place, self.dice.choice(("nosuch", "_", "typename__", f'nosuch(a: "{self.canary}")')))
            case 6:
                tokens[place] = tokens[place] * self.dice.choice((2, 50))
            case _:
                cut = self.dice.randrange(len(text) or 1)
                return text[:cut] + self.dice.choice(("", "\x07", "é", "\\", f' "{self.canary}" ')) + text[cut:]
        return " ".join(tokens)

    def _spoiled_value(self, value: Any) -> Any:
        if isinstance(value, dict) and value and self.dice.random() < 0.8:
            key = self.dice.choice(list(value))
            changed = {**value, key: self._spoiled_value(value[key])}
            match self.dice.randrange(12):
                case 0:
                    del changed[key]
                case 1:
                    changed[f"{key}_"] = self.canary
            return changed
        if isinstance(value, list) and value and self.dice.random() < 0.7:
            place = self.dice.randrange(len(value))
            return [*value[:place], self._spoiled_value(value[place]), *value[place + 1 :]]
        if self.dice.random() < 0.5:
            return self.dice.choice((self.canary, [self.canary], {"x": self.canary}))
        return self.dice.choice((*_HOSTILE, _nested(self.dice.choice((5, 40, 900)))))


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, default=str).encode()
