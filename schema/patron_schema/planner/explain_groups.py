"""Says in text how a plan groups rows: the part of `explain` that is about aggregates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .catalog import OrderPath, RelationField
from .groups import Aggregate, Figure, Figures, FigureTest, GroupEntry, GroupKey, Having, Keys, Moneys
from .plan import Condition, Typename

__all__ = ["aggregate_lines", "aggregate_title"]


def aggregate_title(node: Aggregate, link: Callable[[RelationField], str]) -> str:
    """An aggregate in one phrase. link: says how rows are found at a relation."""
    return f"groups of {node.target.name}" + (f", {link(node.field)}" if node.field else "")


def aggregate_lines(node: Aggregate, condition: Callable[[Condition], Iterator[str]]) -> Iterator[str]:
    """What an aggregate reads, groups, keeps, orders and shows. condition: the lines of a condition on rows."""
    if node.where is not None:
        yield "where"
        yield from _inside(condition(node.where))
    for key in node.keys:
        yield f"group by {_key(key)}"
    if node.having is not None:
        yield "having"
        yield from _inside(_having(node.having))
    steps = [
        f"{node.keys[s.by].name if isinstance(s.by, int) else _figure(s.by)} {'descending' if s.descending else 'ascending'}"
        for s in node.order
    ]
    if steps:
        yield f"order by {', '.join(steps)}"
    yield f"first ${node.size.index}" if node.keys else "one group"
    for name, entry in node.entries:
        yield from _entry(name, entry, node)


def _inside(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _path(path: OrderPath) -> str:
    return ".".join(field.name for field in path)


def _key(key: GroupKey) -> str:
    zone = f" in the time zone ${key.timezone.index}" if key.timezone is not None else ""
    return f"{_path(key.path)}{f' by {key.bucket}{zone}' if key.bucket else ''}"


def _figure(figure: Figure) -> str:
    if figure.function == "count":
        return "number of rows"
    decimals = f" at {figure.shown.scale} decimals" if figure.function == "average" and figure.shown.scale else ""
    currency = f" in the currency ${figure.currency.index}" if figure.currency is not None else ""
    return f"{figure.function} of {_path(figure.path)}{decimals}{currency}"


def _having(having: Having) -> Iterator[str]:
    if isinstance(having, FigureTest):
        yield f"{_figure(having.figure)} {having.operator} ${having.param.index}"
    else:
        yield {"and": "all of", "or": "any of", "not": "not"}[having.word]
        for inner in having.conditions:
            yield from _inside(_having(inner))


def _entry(name: str, entry: GroupEntry | Typename, node: Aggregate) -> Iterator[str]:
    match entry:
        case None:
            yield f"{name}: null"
        case Typename():
            yield f'{name}: "{entry.name}"'
        case Figure():
            yield f"{name}: {_figure(entry)}"
        case Keys():
            yield f"{name}: what the group has in common"
            for inner, part in entry.entries:
                if isinstance(part, int):
                    yield f"  {inner}: {node.keys[part].name}"
                else:
                    yield f"  {inner}: {'null' if part is None else _quoted(part)}"
        case Figures():
            yield f"{name}: figures"
            for inner, shown in entry.entries:
                yield f"  {inner}: {_shown(shown)}"


def _shown(part: Figure | Moneys | Typename) -> str:
    match part:
        case Figure():
            return _figure(part)
        case Typename():
            return _quoted(part)
        case Moneys():
            named = [key if key == what else f"{key}: {_told(what)}" for key, what in part.entries]
            return f"{_figure(part.figure)} for each currency: {', '.join(named)}"


def _told(what: str | Typename) -> str:
    return what if isinstance(what, str) else _quoted(what)


def _quoted(typename: Typename) -> str:
    return f'"{typename.name}"'
