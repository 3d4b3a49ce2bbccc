"""A connection's own fields: its lists, page info and total, and what the page costs.

Comes in: the selection of a connection. Goes out: its entries in the order of the selection. Rows, conditions and orders are left to
`planner`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from graphql import FieldNode

from .plan import Cost, Edges, Info, Nodes, PageEntry, Param, Total, Typename
from .selection import Selection

__all__ = ["page_cost", "page_entries"]

_PAGE_PARTS: Final = frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"})


def page_entries(
    selection: Selection, type_name: str, nodes: Sequence[FieldNode], want: Callable[[Sequence[FieldNode]], object]
) -> tuple[tuple[str, PageEntry], ...]:
    """The entries; `want` is called once for each selection of rows, in order."""
    wanted = 0
    entries: list[tuple[str, PageEntry]] = []
    for key, merged in selection.fields(nodes, f"{type_name}Connection").items():
        match merged[0].name.value:
            case "nodes":
                want(merged)
                entries.append((key, Nodes(wanted)))
                wanted += 1
            case "edges":
                edges, rows = _edges(selection, type_name, merged, wanted)
                for each in rows:
                    want(each)
                wanted += len(rows)
                entries.append((key, edges))
            case "pageInfo":
                entries.append((key, _info(selection, merged)))
            case "totalCount":
                entries.append((key, Total()))
            case _:
                entries.append((key, Typename(f"{type_name}Connection")))
    return tuple(entries)


def page_cost(entries: Sequence[tuple[str, PageEntry]], selected: Sequence[Cost], size: Param) -> Cost:
    """A page: itself, and for each row what every selection of it costs; a row shown by its cursor alone is a row too."""
    bare = sum(isinstance(entry, Edges) and not entry.has_node for _, entry in entries)
    return Cost(1, (Cost(0, (Cost(bare, tuple(selected)),), size),) if selected or bare else ())


def _edges(
    selection: Selection, type_name: str, nodes: Sequence[FieldNode], first: int
) -> tuple[Edges, list[Sequence[FieldNode]]]:
    """The entry, and the selections of rows in it, which are numbered from `first` on."""
    parts: list[tuple[str, int | str | Typename]] = []
    rows: list[Sequence[FieldNode]] = []
    for key, merged in selection.fields(nodes, f"{type_name}Edge").items():
        match merged[0].name.value:
            case "node":
                parts.append((key, first + len(rows)))
                rows.append(merged)
            case "cursor":
                parts.append((key, "cursor"))
            case _:
                parts.append((key, Typename(f"{type_name}Edge")))
    return Edges(tuple(parts)), rows


def _info(selection: Selection, nodes: Sequence[FieldNode]) -> Info:
    shown = ((key, merged[0].name.value) for key, merged in selection.fields(nodes, "PageInfo").items())
    return Info(tuple((key, name if name in _PAGE_PARTS else Typename("PageInfo")) for key, name in shown))
