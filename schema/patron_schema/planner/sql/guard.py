"""The net under the writer: a statement whose every table is not held to the tenant is refused before it is kept.

In comes a finished text and what its places bind, nothing of how it was written, so that a predicate forgotten anywhere,
a vendor's template included, is noticed. It runs once for each plan, when the statement is written; a request pays nothing.
On SQLite there is no row-level security: this is what stands between a forgotten predicate and another tenant's rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

__all__ = ["UnownedTable", "refuse_unowned"]

_TENANT: Final = 1  # the number of the tenant's parameter in every plan
_WRITTEN: Final = re.compile(r"t\d+")  # how the writer names what it selects from

#: `FROM name alias`; not a function's rows, and not the FROM inside IS DISTINCT FROM.
_SOURCE: Final = re.compile(r'(?<!DISTINCT )\b(?:FROM|JOIN)\s+"?(\w+)"?(?P<next>[.(])?(?:\s+(?:AS\s+)?"?(\w+)"?)?')
#: A tenant's condition that holds for the whole WHERE or ON: joined by AND and by no OR.
_PIN: Final = re.compile(
    r"(?:\bWHERE|\bAND|\bON) (\w+)\.tenant_id = (?:[$?](\d+)(?:::uuid)?|(\w+)\.tenant_id)(?!\w)(?! OR )"
)


class UnownedTable(TypeError):
    """A statement was written that reads a table without its tenant: a defect of the writer or of a declaration."""


def refuse_unowned(sql: str, binds: Sequence[int]) -> None:
    """Raises UnownedTable unless each table the text reads has the tenant's condition on its alias.

    binds: the numbers of the plan's parameters in the order of their places.
    """
    sources: Counter[str] = Counter()
    tables: dict[str, str] = {}
    for found in _SOURCE.finditer(sql):
        name, after, alias = found.group(1), found.group("next"), found.group(3)
        if after == "(" or _WRITTEN.fullmatch(name) or (after == "." and name in sources):
            continue
        key = alias or name
        sources[key] += 1
        tables[key] = name
    pinned = Counter(alias for alias, place, other in _PIN.findall(sql) if _is_tenant(alias, place, other, binds))
    for alias, count in sources.items():
        if pinned[alias] < count:
            raise UnownedTable(
                f"A statement reads {tables[alias]} without the tenant's condition. Its alias is {alias}. "
                "Write it by Scope.owned or Scope.rows_of."
            )


def _is_tenant(alias: str, place: str, other: str, binds: Sequence[int]) -> bool:
    """Whether what an alias is compared with is the tenant's parameter, or the tenant of the row around it."""
    return other != alias if other else int(place) <= len(binds) and binds[int(place) - 1] == _TENANT
