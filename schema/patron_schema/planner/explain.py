"""Says in text what a plan does: which rows are read and why, what of them is shown, what is bound, what it may cost.

A plan comes in, lines go out, the same for the same plan. Values of a request never stand there, for a plan holds none:
only the document's own constants. The SQL and its price in one database are left to `sql` and to the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .catalog import ColumnField, RelationField, ScalarField, ValueField
from .explain_groups import aggregate_lines, aggregate_title
from .groups import Aggregate
from .parameters import EXPONENTS
from .plan import (
    AllOf,
    AnyOf,
    Branch,
    ById,
    Choice,
    Condition,
    Cost,
    Edges,
    Group,
    Info,
    Leaf,
    Listed,
    Matches,
    Negation,
    Nodes,
    Nothing,
    Object,
    One,
    OrderKey,
    Page,
    PageEntry,
    Param,
    Part,
    PlanNode,
    Presence,
    Python,
    RootPlan,
    Rows,
    Several,
    Source,
    Test,
    Total,
    Typename,
    Union,
)

__all__ = ["describe"]


def describe(plan: RootPlan, *, constants: bool = True) -> str:
    """The plan of one root field as lines of text, ended by a line break. constants: whether those of the document are shown."""
    lines = [
        *_titled(plan.key, plan.node),
        "parameters",
        *_inside(_param(param, constants=constants) for param in plan.params),
        f"cost: {_cost(plan.cost)}",
        f"reads: {', '.join(sorted(plan.reads)) or 'no scalar'}",
    ]
    if plan.customer is not None:
        lines.append(f"follows the customer {_source(plan.customer, constants=constants)}")
    return "\n".join(lines) + "\n"


def _inside(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _titled(key: str, node: PlanNode) -> list[str]:
    title, lines = _node(node)
    return [f"{key}: {title}", *_inside(lines)]


# -- what stands in the answer


def _node(node: PlanNode) -> tuple[str, Iterable[str]]:
    """A node in one phrase, and the lines of what is inside."""
    match node:
        case Typename():
            return f'"{node.name}"', ()
        case Leaf():
            return _value(node.field), ()
        case Python():
            return f"Python {node.field.name} of {_listed(_value(field) for _, field in node.requires)}", ()
        case Object():
            return node.entry.name, _object(node)
        case Choice():
            return f"{node.entry.name} by {node.entry.discriminator}", _choice(node.branches)
        case Part():
            return f"{node.node.entry.name} of the same row{_or_null(node.field)}", _object(node.node)
        case One():
            return f"one {_joined(node.field, node.node)}", _rows(node.node)
        case Rows():
            return f"up to {node.maximum} {_joined(node.field, node.node)}", _rows(node.node)
        case Page():
            return _page_title(node), _page(node)
        case Union():
            return f"page of {node.target.name}, of all its types", _union(node)
        case Aggregate():
            return aggregate_title(node, _link), aggregate_lines(node, _condition)
        case ById():
            return f"one {_node(node.node)[0]}, id = ${node.id.index}", _by_id(node)
        case Several():
            return f"the rows of the ids ${node.wanted.index}, in their order", _groups(node.groups)
        case Nothing():
            return "null: the id names no type", ()


def _object(node: Object) -> Iterator[str]:
    for key, inner in node.entries:
        yield from _titled(key, inner)


def _choice(branches: Sequence[Object]) -> Iterator[str]:
    for branch in branches:
        yield f"{branch.entry.tag}: {branch.entry.name}"
        yield from _inside(_object(branch))


def _rows(node: Object | Choice) -> Iterator[str]:
    return _object(node) if isinstance(node, Object) else _choice(node.branches)


def _by_id(node: ById) -> Iterator[str]:
    if node.where is not None:
        yield "where"
        yield from _inside(_condition(node.where))
    yield from _rows(node.node)


def _groups(groups: Sequence[Group]) -> Iterator[str]:
    for group in groups:
        yield f"{_node(group.node)[0]}, id in ${group.ids.index}"
        yield from _inside(_rows(group.node))


def _joined(field: RelationField, node: Object | Choice) -> str:
    return f"{_node(node)[0]}, {_link(field)}"


def _link(field: RelationField) -> str:
    there = f"{field.there} or {field.also}" if field.also else field.there
    return f"{there} = {field.here} of this row"


def _or_null(field: ValueField) -> str:
    if not field.nullable:
        return ""
    where = f"{field.present_table} has none" if field.present_table else f"{field.present_column} is null"
    return f", null where {where}"


def _value(field: ScalarField) -> str:
    if isinstance(field, ColumnField):
        beside = f" with {field.companion}" if field.companion else ""
        return f"{field.column}{beside}"
    via = f" of {field.via_table} at {field.via}" if field.via else ""
    return f"expression over {_listed(dict.fromkeys(field.reads))}{via}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts) or "nothing"


# -- pages


def _page_title(node: Page) -> str:
    return f"page of {node.target.name}" + (f", {_link(node.field)}" if node.field else "")


def _page(node: Page) -> Iterator[str]:
    if node.where is not None:
        yield "where"
        yield from _inside(_condition(node.where))
    yield f"order by {_order(node.order)}"
    yield _range(node)
    rows = [_titled("row", inner) for inner in node.nodes]
    for key, entry in node.entries:
        yield from _page_entry(key, entry, rows)


def _union(node: Union) -> Iterator[str]:
    yield f"order by {node.field.order} descending, outer id descending"
    yield _range(node)
    width = len(node.branches[0].nodes) if node.branches else 0
    rows = [[f"row: {node.target.name}", *_inside(_members(node.branches, index))] for index in range(width)]
    for key, entry in node.entries:
        yield from _page_entry(key, entry, rows)


def _members(branches: Sequence[Branch], index: int) -> Iterator[str]:
    for branch in branches:
        steps = " -> ".join(f"{column} in {table}" if table else column for column, table in branch.path)
        yield f"{branch.entry.name} through {steps}"
        yield from _inside(_object(branch.nodes[index]))


def _order(keys: Sequence[OrderKey]) -> str:
    steps = [f"{'.'.join(f.name for f in key.path)} {'descending' if key.descending else 'ascending'}" for key in keys]
    return ", ".join([*steps, "id ascending"])


def _range(node: Page | Union) -> str:
    ends = [f"{word} ${param.index}" for word, param in (("after", node.after), ("before", node.before)) if param]
    return ", ".join([f"{'last' if node.backward else 'first'} ${node.size.index}", *ends])


def _page_entry(key: str, entry: PageEntry, rows: Sequence[list[str]]) -> Iterator[str]:
    match entry:
        case Nodes():
            yield f"{key}: of each row"
            yield from _inside(rows[entry.index])
        case Edges():
            yield f"{key}: of each row"
            for name, part in entry.entries:
                if isinstance(part, int):
                    yield from _inside([f"{name}: {rows[part][0].removeprefix('row: ')}", *rows[part][1:]])
                else:
                    yield f"  {name}: {_told(part)}"
        case Info():
            yield f"{key}: {_listed(name if name == what else f'{name}: {_told(what)}' for name, what in entry.entries)}"
        case Total():
            yield f"{key}: number of rows on all pages"
        case Typename():
            yield f"{key}: {_told(entry)}"


def _told(part: str | Typename) -> str:
    return part if isinstance(part, str) else f'"{part.name}"'


# -- conditions


def _condition(condition: Condition) -> Iterator[str]:
    match condition:
        case Test():
            yield _test(condition)
        case AllOf() | AnyOf():
            yield "all of" if isinstance(condition, AllOf) else "any of"
            for inner in condition.conditions:
                yield from _inside(_condition(inner))
        case Negation():
            yield "not"
            yield from _inside(_condition(condition.condition))
        case Presence():
            yield f"{condition.field.name} is there"
        case Listed():
            yield f"{condition.name} is null"
        case Matches():
            yield f"{condition.quantifier} {condition.target.name}, {_link(condition.field)}"
            if condition.condition is not None:
                yield from _inside(_condition(condition.condition))


def _test(test: Test) -> str:
    if len(test.params) == len(EXPONENTS):
        operands = ", ".join(f"${p.index} at {e} decimals" for p, e in zip(test.params, EXPONENTS, strict=True))
        return f"{_value(test.field)} {test.operator} {operands}"
    return f"{_value(test.field)} {test.operator} ${test.params[0].index}"


# -- what is bound, and the price


def _param(param: Param, *, constants: bool) -> str:
    kind = f"{param.type.value}{' list' if param.many else ''}"
    origin = "the tenant" if param.index == 1 else _source(param.source, constants=constants)
    return f"${param.index} {kind}: {origin}"


def _source(source: Source, *, constants: bool) -> str:
    if source.items is not None:
        return f"[{', '.join(_source(item, constants=constants) for item in source.items)}]"
    if source.variable is None and not constants:
        return "of the document"
    if source.variable is None:
        return str(source.value) if isinstance(source.value, int) else repr(str(source.value))
    if not source.variable.isidentifier():
        return "the row's id"
    return ".".join([f"${source.variable}", *map(str, source.path)])


def _cost(cost: Cost) -> str:
    """The rows as a sum, such as `1 + $2 x 3`: rows known beforehand, and those inside for each row of a page."""
    fixed, terms = _rows_of(cost)
    return " + ".join([*([str(fixed)] if fixed or not terms else []), *terms])


def _rows_of(cost: Cost) -> tuple[int, list[str]]:
    parts = [_rows_of(child) for child in cost.children]
    if cost.dearest:
        parts = [_dearest(parts)]
    fixed, terms = sum(part[0] for part in parts), [term for part in parts for term in part[1]]
    if cost.size is None:
        return cost.own + fixed, terms
    if not fixed and not terms:
        return cost.own, []
    inside = " + ".join([str(fixed), *terms]) if fixed else " + ".join(terms)
    return cost.own, [f"${cost.size.index} x {inside}" if not terms else f"${cost.size.index} x ({inside})"]


def _dearest(parts: Sequence[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """The most that children who exclude each other may cost: a number where pages do not decide it."""
    most = max((fixed for fixed, _ in parts), default=0)
    if not any(terms for _, terms in parts):
        return most, []
    sums = dict.fromkeys(" + ".join([*([str(fixed)] if fixed or not terms else []), *terms]) for fixed, terms in parts)
    return 0, [f"max({', '.join(sums)})" if len(sums) > 1 else next(iter(sums))]
