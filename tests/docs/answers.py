"""Whether an answer is the one a page shows. Ids differ from run to run, so a page's ids stand for those of the run.

A page's JSON and the answer's come in, the first difference goes out. An id of the page is bound to the id that stands
in its place when it is first met, and must stand for the same one from then on, in answers as in operations. Cursors
contain ids and are compared in the same way. `"…"` in a page stands for any text, and so does every requestId.
"""

from __future__ import annotations

import json
import re
from typing import Any

ANYTHING = "…"
REQUEST_ID = "01955c3f-52a0-7b54-9a3e-6c1d2f0b8e17"
_ID = re.compile(r"\b[a-z]{3,4}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_WIDTH = 100


class Ids:
    """Which id of the run each id of the page stands for."""

    def __init__(self) -> None:
        self._actual: dict[str, str] = {}
        self._shown: dict[str, str] = {}

    def bind(self, shown: str, actual: str) -> bool:
        """Whether `shown` may stand for `actual`; from now on it does."""
        if _prefix(shown) != _prefix(actual):
            return False
        return self._actual.setdefault(shown, actual) == actual and self._shown.setdefault(actual, shown) == shown

    def to_actual(self, text: str) -> str:
        """A text of the page with the ids of this run."""
        return _ID.sub(lambda found: self._actual.get(found[0], found[0]), text)

    def to_shown(self, text: str) -> str:
        """A text of this run with the ids of the page; ids that are new to the page stay."""
        return _ID.sub(lambda found: self._shown.setdefault(found[0], found[0]), text)


def difference(shown: Any, actual: Any, ids: Ids, *, at: str = "answer") -> str | None:
    """What the page says otherwise than the answer, at the first place; None where they agree."""
    if isinstance(shown, dict) and isinstance(actual, dict):
        if list(shown) != list(actual):
            return f"{at} has {', '.join(actual) or 'nothing'}, the page has {', '.join(shown) or 'nothing'}"
        pairs = ((f"{at}.{key}", shown[key], actual[key]) for key in shown)
        return _first(pairs, ids)
    if isinstance(shown, list) and isinstance(actual, list):
        if len(shown) != len(actual):
            return f"{at} has {len(actual)} entries, the page has {len(shown)}"
        return _first(((f"{at}[{i}]", *pair) for i, pair in enumerate(zip(shown, actual, strict=True))), ids)
    if isinstance(shown, str) and isinstance(actual, str):
        same = _same_text(shown, actual, ids, at=at)
    else:
        same = type(shown) is type(actual) and shown == actual
    if same:
        return None
    return f"{at} is {actual!r}, the page has {shown!r}"


def whole(answer: dict[str, Any], *, like: dict[str, Any]) -> dict[str, Any]:
    """The answer without what pages leave out: `extensions` of the whole answer, unless this page shows them."""
    return {key: value for key, value in answer.items() if key != "extensions" or "extensions" in like}


def shown_json(answer: Any, ids: Ids) -> str:
    """An answer as a page shows it."""
    return ids.to_shown(layout(_with_fixed_request_id(answer))) + "\n"


def layout(value: Any, *, indent: int = 0, before: int = 0) -> str:
    """JSON with what fits on a line on one line. before: how many characters stand in front of it."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return flat
    if indent and len(flat) + indent + before <= _WIDTH:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        lines = [
            f"{pad}{json.dumps(key)}: {layout(inner, indent=indent + 2, before=len(key) + 4)}"
            for key, inner in value.items()
        ]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    lines = [f"{pad}{layout(inner, indent=indent + 2)}" for inner in value]
    return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"


def _first(pairs: Any, ids: Ids) -> str | None:
    return next((found for at, left, right in pairs if (found := difference(left, right, ids, at=at))), None)


def _same_text(shown: str, actual: str, ids: Ids, *, at: str) -> bool:
    if shown == ANYTHING or at.endswith(".requestId"):
        return True
    if _ID.sub("", shown) != _ID.sub("", actual):
        return False
    pairs = zip(_ID.findall(shown), _ID.findall(actual), strict=True)
    return all(ids.bind(left, right) for left, right in pairs)


def _prefix(text: str) -> str:
    return text.partition("_")[0]


def _with_fixed_request_id(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: REQUEST_ID if k == "requestId" else _with_fixed_request_id(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_fixed_request_id(item) for item in value]
    return value
