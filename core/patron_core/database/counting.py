"""Numbers from counters, given in the statement that writes the rows: 1, 2, 3 … for each counter, in the order of the commits.

In come the counters' names that rows bear, out come the texts that add to the counters and the distance of each row from
its counter's last number. A counter's row is held until the commit, so that whoever comes next waits and gets the next
numbers. Counters are held in the order of their names: two transactions cannot wait for each other.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table

__all__ = ["Counting", "adding_text", "amounts", "behind", "numbers"]

Names = Sequence[uuid.UUID | None]


@dataclass(frozen=True, slots=True)
class Counting:
    """Which rows get numbers from which counters.

    table: of the counters, with tenant_id, id and last beside the standard columns. by: the column that names a row's
    counter by its id; a row without one gets no number. into: the column that gets the number.
    """

    table: Table
    by: str
    into: str


def amounts(names: Names) -> tuple[list[uuid.UUID], list[int]]:
    """The counters and how many numbers each is to give, in the order in which they are held."""
    wanted = Counter(name for name in names if name is not None)
    ids = sorted(wanted)
    return ids, [wanted[id_] for id_ in ids]


def behind(names: Names) -> list[int]:
    """How far each row's number is behind the last one its counter gives to these rows; 0 for a row without a counter."""
    left = Counter(names)
    out = []
    for name in names:
        left[name] -= 1
        out.append(left[name] if name is not None else 0)
    return out


def adding_text(counting: Counting, tenant: str, ids: str, gives: str, now: str, *, gate: str) -> str:
    """The statement that adds to the counters and returns their ids and last numbers, from parameters (PostgreSQL)."""
    name = counting.table.name
    return (
        f"INSERT INTO {name} AS counter (tenant_id, id, last, version, created_at, updated_at)"
        f" SELECT {tenant}::uuid, n.id, n.gives, 1, {now}::timestamptz, {now}::timestamptz"
        f" FROM unnest({ids}::uuid[], {gives}::bigint[]) AS n (id, gives){gate} ORDER BY n.id"
        " ON CONFLICT (tenant_id, id) DO UPDATE SET last = counter.last + excluded.last RETURNING id, last"
    )


def numbers(connection: Connection, counting: Counting, names: Names, *, tenant: Any, now: Any) -> list[int | None]:
    """Adds to the counters in a statement of its own and returns each row's number (SQLite)."""
    ids, gives = amounts(names)
    given = json.dumps([[str(id_), number] for id_, number in zip(ids, gives, strict=True)])
    found = connection.exec_driver_sql(_sqlite_text(counting), (tenant, now, now, given))
    last = {uuid.UUID(id_): number for id_, number in found.all()}
    return [None if name is None else last[name] - back for name, back in zip(names, behind(names), strict=True)]


@cache
def _sqlite_text(counting: Counting) -> str:
    name = counting.table.name
    return (
        f"INSERT INTO {name} (tenant_id, id, last, version, created_at, updated_at)"
        " SELECT ?, value ->> 0, value ->> 1, 1, ?, ? FROM json_each(?) WHERE true"
        f" ON CONFLICT (tenant_id, id) DO UPDATE SET last = {name}.last + excluded.last RETURNING id, last"
    )
