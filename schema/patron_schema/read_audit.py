"""Which operations the audit of reads keeps, and what it says of each: once for a plan, never for a row.

In come plans with the fields they use and the types they show, out comes what a row of the audit says: classes, types and
fields. Health and financial information counts wherever it is used, in a filter as in the answer, and so do rows whose mere
existence tells of it; who reads the audit of reads is in it too. Writing rows is left to `patron_core.audit.reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any, Final

from sqlalchemy import inspect

from patron_core.audit.models import AuditRead
from patron_core.audit.reading import Disclosed
from patron_core.customers.models import Customer
from patron_core.parties.models import Party
from patron_core.records import FINANCIAL, META, PHI, Classification, ColumnMeta, Record

from .planner.catalog import Catalog, ColumnField, ExpressionField, RelationField, TypeEntry, ValueField
from .planner.plan import Param, RootPlan

__all__ = ["AUDITED", "disclosed_by", "is_health", "read_by_python", "together"]

#: Classes whose every use is kept.
AUDITED: Final = frozenset({FINANCIAL, PHI})
#: Nothing stands below these in a plan that is a type of its own.
_LEAVES: Final = (ColumnField, ExpressionField, RelationField, Param)


def disclosed_by(plan: RootPlan, catalog: Catalog, *, everything: bool = False) -> Disclosed | None:
    """What an answer of a plan discloses; None where nothing that is kept. everything: of any class, as in an emergency."""
    classes: set[Classification] = set()
    types: set[str] = set()
    fields: set[str] = set()
    for name in plan.reads:
        found = _classes(name, catalog)
        if everything or found & AUDITED:
            classes |= found if everything else found & AUDITED
            fields.add(name)
            types.add(name.partition(".")[0])
    for entry in _entries(plan, catalog):
        if everything or entry.existence in AUDITED or entry.model is AuditRead:
            types.add(entry.name)
            classes |= {entry.existence} if everything or entry.existence in AUDITED else set()
    return _disclosed(classes, types, fields)


def together(parts: Iterable[Disclosed | None]) -> Disclosed | None:
    """What several parts of one operation disclose."""
    found = [part for part in parts if part is not None]
    if len(found) < 2:
        return found[0] if found else None
    classes, types, fields = (
        " ".join(sorted({word for part in found for word in getattr(part, name).split()}))
        for name in ("classes", "types", "fields")
    )
    return Disclosed(classes, types, fields)


def is_health(disclosed: Disclosed) -> bool:
    """Whether health information is among it, which is shown for a purpose of use only."""
    return PHI.name in disclosed.classes.split()


def read_by_python(models: Iterable[type[Any]], loaded: Sequence[object]) -> tuple[Disclosed | None, set[str]]:
    """What a function on a session may have disclosed, by the models its statements read, and the parties it loaded."""
    classes: set[Classification] = set()
    types: set[str] = set()
    for model in models:
        if not issubclass(model, Record):
            continue  # the tenant's own row
        found = AUDITED & {model.existence, *_columns(model)}
        if found or (model is AuditRead and loaded):  # a number of its rows tells of nobody
            classes |= found
            types.add(model.__name__)
    disclosed = _disclosed(classes, types, {f"{name}.*" for name in types})
    return disclosed, set() if disclosed is None else _parties(loaded)


def _disclosed(classes: set[Classification], types: set[str], fields: set[str]) -> Disclosed | None:
    if not types:
        return None
    return Disclosed(" ".join(sorted(c.name for c in classes)), " ".join(sorted(types)), " ".join(sorted(fields)))


def _classes(name: str, catalog: Catalog) -> set[Classification]:
    """The classes of what a field reads. name: Type.field, or Type.field.part for the parts of a value."""
    type_name, *path = name.split(".")
    entry = catalog.types.get(type_name)
    fields = entry.fields if entry is not None else {}
    for step in path[:-1]:
        value = fields.get(step)
        fields = value.fields if isinstance(value, ValueField) else {}
    field = fields.get(path[-1])
    if isinstance(field, ExpressionField):
        return {field.classification, *(of for _, of in field.sources)}
    classification = getattr(field, "classification", None)
    if classification is None:
        # What cannot be found is taken for the worst: it is kept rather than forgotten.
        return set() if isinstance(field, RelationField) else set(AUDITED)
    return {classification}


def _entries(plan: RootPlan, catalog: Catalog) -> list[TypeEntry]:
    """Every type whose rows a plan shows, counts or filters through: all there is of them in its tree."""
    found: dict[int, TypeEntry] = {}
    waiting: list[Any] = [plan.node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, TypeEntry):
            found[id(node)] = node
        elif isinstance(node, ValueField):
            of_table = [e for e in catalog.types.values() if e.table is not None and e.table == node.present_table]
            found.update((id(entry), entry) for entry in of_table)
        elif isinstance(node, tuple):
            waiting += node
        elif is_dataclass(node) and not isinstance(node, _LEAVES):
            waiting += [getattr(node, each.name) for each in dataclass_fields(node)]
    return list(found.values())


def _columns(model: type[Record]) -> set[Classification]:
    metas: list[ColumnMeta] = [column.info[META] for column in inspect(model).columns if META in column.info]
    return {meta.classification for meta in metas}.union(*(meta.keys.values() for meta in metas))


def _parties(loaded: Iterable[object]) -> set[str]:
    found: set[str] = set()
    for record in loaded:
        if isinstance(record, Party):
            found.add(str(record.id))
        elif isinstance(record, Customer):
            found.add(str(record.party_id))
    return found
