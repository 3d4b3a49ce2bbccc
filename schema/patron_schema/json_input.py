"""JSON from strangers: bytes come in, Python values go out or a BAD_REQUEST; nothing here may crash or take long.

Beyond what `json` refuses, this refuses what is not UTF-8, deep nesting (before parsing: the parser recurses), NaN
and infinities, integers of more than 4,000 digits, names given twice, and characters no database can store (lone
surrogates and NUL). What the values mean is left to whoever asked.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from patron_core.errors import BadRequest, LimitExceeded

__all__ = ["MAX_DIGITS", "read_json"]

MAX_DIGITS: Final = 4_000  # Python itself stops at 4,300

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))
_ALL_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_UNSTORABLE_ESCAPE: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def read_json(data: bytes, *, max_depth: int, what: str = "request body") -> Any:
    """The value that `data` is the JSON of.

    max_depth: how deep objects and lists may lie in each other. what: what `data` is, for the texts of errors.
    Raises BAD_REQUEST, and LIMIT_EXCEEDED for nesting; takes time linear in the size.
    """
    _check_depth(data, max_depth=max_depth, what=what)
    try:
        decoder = _CAREFUL_DECODER if _may_have_long_integer(data) else _DECODER
        value = decoder.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"The {what} is not UTF-8. The byte at position {error.start} does not belong there. Send JSON in UTF-8."
        ) from None
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"The {what} is not JSON. Reading it stopped at character {error.pos}. Send one JSON value in UTF-8."
        ) from None
    if _UNSTORABLE_ESCAPE.search(data) is not None:
        _check_text(value, what=what)
    return value


def _check_depth(data: bytes, *, max_depth: int, what: str) -> None:
    if data.count(b"[") + data.count(b"{") <= max_depth:
        return  # no more brackets than may lie in each other: nearly every request
    brackets = _STRING.sub(b"", data).translate(_ALL_BRACKETS, _NOT_BRACKETS)
    rest = brackets
    for _ in range(max_depth):  # each round takes the innermost pairs away, at the speed of C
        if not rest:
            return
        rest = rest.replace(b"[]", b"")
    if not rest:
        return
    depth = _depth_up_to(brackets, max_depth + 1)
    if depth > max_depth:
        raise LimitExceeded(
            limit=f"nesting of the {what}", value=depth, maximum=max_depth, advice="Send flatter values."
        )
    raise BadRequest(f"The {what} is not JSON. Its brackets do not match. Send one JSON value in UTF-8.")


def _depth_up_to(brackets: bytes, enough: int) -> int:
    depth = deepest = 0
    for bracket in brackets:
        depth += 1 if bracket == 0x5B else -1
        if depth > deepest:
            deepest = depth
            if deepest >= enough:
                break
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadRequest(
            "An object in the JSON has a name twice. Two readers could take different values for it. "
            "Give each name once."
        )
    return value


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadRequest(
            f"An integer in the JSON is too long. It has {len(digits)} digits, the maximum is {MAX_DIGITS}. "
            "Send it as text, or check where it comes from."
        )
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _not_a_number()
    return value


def _constant(_name: str) -> Any:
    raise _not_a_number()


def _not_a_number() -> BadRequest:
    return BadRequest(
        "A number in the JSON is not finite. JSON has no NaN and no infinity, and this one is such or beyond 64 bits. "
        "Send null or a smaller number."
    )


def _may_have_long_integer(data: bytes) -> bool:
    """Whether there are that many digits in a row anywhere: searched in C, for a hook costs each integer a call."""
    return len(data) > MAX_DIGITS and _LONG_RUN in data.translate(_ALL_DIGITS)


_LONG_RUN: Final = b"0" * (MAX_DIGITS + 1)
_ALL_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
_CAREFUL_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def _check_text(value: Any, *, what: str) -> None:
    """Refuses text with half of a surrogate pair or NUL; only called where the bytes have such an escape."""
    text = json.dumps(value, ensure_ascii=False)  # NUL comes back as \\u0000, a lone surrogate as itself
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest(
            f"A text in the {what} has half of a surrogate pair. It cannot be written as UTF-8. Send whole characters."
        ) from None
    if re.search(r"(?<!\\)(?:\\\\)*\\u0000", text) is not None:
        raise BadRequest(
            f"A text in the {what} has the character NUL. It cannot be stored. Leave it out, or encode binary data."
        )
