"""Whether two answers say the same, field by field after parsing. Cursors are opaque and left out.

Two parsed answers in the common shape come in, the first difference goes out in words, or None.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["difference"]

_OPAQUE: Final = frozenset({"cursor", "startCursor", "endCursor"})


def difference(ours: Any, theirs: Any, *, at: str = "data") -> str | None:
    """Where the answers differ first, with both values. The order of an object's fields does not count, a list's does."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        left, right = ours.keys() - _OPAQUE, theirs.keys() - _OPAQUE
        if left != right:
            return f"{at}: only one side has {', '.join(sorted(left ^ right))}"
        pairs = [(f"{at}.{key}", ours[key], theirs[key]) for key in ours if key in left]
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{at}: {len(ours)} entries beside {len(theirs)}"
        pairs = [(f"{at}[{i}]", *both) for i, both in enumerate(zip(ours, theirs, strict=True))]
    else:
        same = ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)
        return None if same else f"{at}: {ours!r:.200} beside {theirs!r:.200}"
    return next((found for where, a, b in pairs if (found := difference(a, b, at=where))), None)
