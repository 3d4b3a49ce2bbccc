"""Reads what a database says it will do, and finds in it what reads a large table through where an index could lead.

The lines of `planner.database_plan` come in, out come the tables of which all rows of a tenant are read: scanned, or walked
through by the tenant alone while rows are filtered, sorted or grouped. A page in the order of an index stops where it is
full, so that such a walk reads through nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

__all__ = ["read_through"]

_OF = re.compile(r"\b(?:FROM|JOIN) (\w+) (t\d+)\b")


@dataclass(slots=True)
class _Node:
    depth: int
    kind: str
    table: str
    above: list[str]
    conditions: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)


def read_through(dialect: str, lines: Sequence[str], sql: str, large: frozenset[str]) -> set[str]:
    """The large tables that a statement reads through."""
    found = _postgresql(lines) if dialect == "postgresql" else _sqlite(lines, dict(_aliases(sql)))
    return set(found) & large


# -- PostgreSQL


def _postgresql(lines: Sequence[str]) -> Iterator[str]:
    for node in _nodes(lines):
        if not node.kind.endswith("Scan") or node.kind == "Bitmap Index Scan":
            continue
        beyond_tenant = [c for c in node.conditions if _beyond_tenant(c)]
        if node.kind != "Seq Scan" and beyond_tenant:
            continue
        stops = _stops(node.above)
        if node.kind == "Seq Scan" or any(_beyond_tenant(f) for f in node.filters) or not stops:
            yield node.table


def _stops(above: Sequence[str]) -> bool:
    """Whether a limit stops the walk before anything has to see all rows."""
    for kind in reversed(above):
        if kind == "Limit":
            return True
        if kind in (
            "SubPlan",
            "Sort",
            "Incremental Sort",
            "Aggregate",
            "WindowAgg",
            "GroupAggregate",
            "HashAggregate",
            "Hash",
        ):
            return False
    return False


def _nodes(lines: Sequence[str]) -> list[_Node]:
    nodes: list[_Node] = []
    path: list[_Node] = []
    for line in lines:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text.startswith(("Index Cond:", "Recheck Cond:")):
            path[-1].conditions.append(text)
        elif text.startswith(("Filter:", "Join Filter:")):
            path[-1].filters.append(text)
        elif "(cost=" in text:
            kind, _, rest = text.partition("  (cost=")[0].removeprefix("->  ").partition(" on ")
            while path and path[-1].depth >= depth:
                path.pop()
            node = _Node(depth, kind.partition(" using ")[0], rest.partition(" ")[0], [each.kind for each in path])
            nodes.append(node)
            path.append(node)
        elif text.startswith(("SubPlan", "InitPlan", "CTE ")):
            while path and path[-1].depth >= depth:
                path.pop()
            path.append(_Node(depth, "SubPlan", "", []))
    return nodes


def _beyond_tenant(condition: str) -> bool:
    """Whether a condition speaks of anything but the tenant, and that a row was not deleted, which nearly all rows pass."""
    body = condition.partition(": ")[2]
    parts = re.split(r" (?:AND|OR) ", body)
    return any("tenant_id" not in part and "deleted_at IS NULL" not in part for part in parts)


# -- SQLite


def _aliases(sql: str) -> Iterator[tuple[str, str]]:
    for table, alias in _OF.findall(sql):
        yield alias, table


def _sqlite(lines: Sequence[str], tables: dict[str, str]) -> Iterator[str]:
    for place, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        match = re.match(r"(SCAN|SEARCH) (t\d+)(.*)", line.strip())
        if match is None or match[2] not in tables:
            continue
        by_tenant = match[3].endswith("(tenant_id=?)")
        if match[1] == "SCAN" or (by_tenant and _sorted_after(lines, place, depth)):
            yield tables[match[2]]


def _sorted_after(lines: Sequence[str], place: int, depth: int) -> bool:
    """Whether the rows found at a place are sorted by their own select."""
    for line in lines[place + 1 :]:
        at = len(line) - len(line.lstrip())
        if at < depth:
            return False
        if at == depth and line.strip() == "USE TEMP B-TREE FOR ORDER BY":
            return True
    return False
