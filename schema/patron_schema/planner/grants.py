"""What an actor may do with each type and field of a schema; asked for every field a plan reads, filters or orders by.

In come an actor's scopes and grants and the catalog, out come yes or no: `sees` a type, `shows` a field, `check` a use. A
scope opens a type and a grant its columns; what we pay and earn by something is opened to outsiders by its name alone.
Nothing is filtered, ordered, grouped or measured by that may not be read, for an answer's order, count or cursor would
tell it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from patron_core.access.grants import Grant, Use, opens
from patron_core.access.kept_back import is_outside
from patron_core.errors import Forbidden
from patron_core.messages import Actor
from patron_core.records import SECRET, Classification

from .catalog import (
    AbstractField,
    AggregateField,
    Catalog,
    ColumnField,
    ExpressionField,
    Field,
    GatheredField,
    OrderPath,
    PythonField,
    RelationField,
    ScalarField,
    ValueField,
)

__all__ = ["Grants"]

_USES: Final[Mapping[str, Use]] = {
    "read": Use.READ,
    "filter": Use.FILTER,
    "order": Use.ORDER,
    "group": Use.AGGREGATE,
    "aggregate": Use.AGGREGATE,
    "having": Use.AGGREGATE,
}


class Grants:
    """The grants of an actor over one catalog. An owner of a field is a type, or `Type.field` for the parts of a value."""

    def __init__(self, actor: Actor, catalog: Catalog) -> None:
        self._permissions = actor.permissions
        self._grants = actor.opened
        self._catalog = catalog
        self._outside = is_outside(actor)
        self._interfaces = _interfaces(catalog)
        self._by_table: dict[str, list[str]] = {}
        for name, entry in catalog.types.items():
            self._by_table.setdefault(entry.table or "", []).append(name)
        self._seen: dict[str, bool] = {}
        self._opened: dict[tuple[str, Use], tuple[frozenset[Classification], frozenset[str]]] = {}

    def sees(self, type_name: str) -> bool:
        """Whether the type exists for the actor: its scope is held, and that there is a row may be known."""
        found = self._seen.get(type_name)
        if found is None:
            found = self._seen[type_name] = self._sees(type_name)
        return found

    def shows(self, owner: str, field: Field) -> bool:
        """Whether a field exists for the actor."""
        match field:
            case ColumnField() | ExpressionField():
                return self._allows(owner, field, Use.READ)
            case ValueField():
                return any(self.shows(f"{owner}.{field.name}", part) for part in field.fields.values())
            case RelationField():
                return self.sees(field.target)
            case AggregateField():
                return self.sees(field.relation.target)
            case GatheredField():
                return any(self.sees(name) for name, _ in field.branches)
            case PythonField():
                fields = self._catalog.types[owner].fields if owner in self._catalog.types else {}
                return all(name not in fields or self.shows(owner, fields[name]) for _, name in field.requires)
            case AbstractField():
                members = [name for name in self._catalog.types[owner].members if self.sees(name)]
                return bool(members) and all(
                    self.shows(name, self._catalog.types[name].fields[field.name]) for name in members
                )

    def reaches(self, type_name: str, path: OrderPath) -> bool:
        """Whether everything along a path from a type to a scalar exists for the actor."""
        owner = type_name
        for field in path:
            if not self.shows(owner, field):
                return False
            owner = field.target if isinstance(field, RelationField) else f"{owner}.{field.name}"
        return True

    def check(self, owner: str, field: ScalarField, use: str) -> None:
        """Raises FORBIDDEN where a field may not be used this way: read, filter, order, group, aggregate, having."""
        wanted = _USES[use]
        type_name = owner.partition(".")[0]
        seen = type_name not in self._catalog.types or self.sees(type_name)
        if seen and self._allows(owner, field, Use.READ) and (wanted is Use.READ or self._allows(owner, field, wanted)):
            return
        coordinate = f"{owner}.{field.name}"
        raise Forbidden(
            f"{coordinate} may not be used to {use}. It is {field.classification.name}, and no role or scope of the "
            f"caller opens that to {wanted.value}. Leave it out, or ask for a role that does.",
            coordinate=coordinate,
            scope=f"{wanted.value}:{field.classification.name.lower()}",
        )

    def hidden(self, type_names: Iterable[str]) -> tuple[str, ...]:
        """The fields of some types that do not exist for the actor, each as `Type.field` with the class that keeps it."""
        found = []
        for name in sorted(set(type_names) & self._catalog.types.keys()):
            for field in self._catalog.types[name].fields.values():
                if not self.shows(name, field):
                    kept = field.classification.name if isinstance(field, ColumnField | ExpressionField) else "a type"
                    found.append(f"{name}.{field.name}: {kept}")
        return tuple(found)

    # -- one type, one field

    def _sees(self, type_name: str) -> bool:
        entry = self._catalog.types.get(type_name)
        if entry is None:
            return True
        if entry.table is None:
            return any(self.sees(name) for name in entry.members)
        if entry.scope is not None and not opens(self._permissions, entry.scope):
            return False
        classes, fields = self._open(type_name, Use.READ)
        return entry.existence in classes or bool(fields)

    def _open(self, type_name: str, use: Use) -> tuple[frozenset[Classification], frozenset[str]]:
        """The classes and the single fields of a type that are open for a use."""
        found = self._opened.get((type_name, use))
        if found is None:
            names = {"*", type_name, *self._interfaces.get(type_name, ())}
            mine: list[Grant] = [grant for grant in self._grants if grant.type in names and use in grant.uses]
            classes = frozenset[Classification]().union(*(grant.classes for grant in mine)) - {SECRET}
            found = classes, frozenset[str]().union(*(grant.fields for grant in mine))
            self._opened[type_name, use] = found
        return found

    def _allows(self, owner: str, field: ScalarField, use: Use) -> bool:
        if field.classification is SECRET:
            return False
        type_name, _, part = owner.partition(".")
        classes, fields = self._open(type_name, use)
        if (part.partition(".")[0] or field.name) in fields:
            return True
        if field.ours and self._outside:
            return False
        if isinstance(field, ColumnField):
            return field.classification in classes
        entry = self._catalog.types.get(type_name)
        own = entry.table if entry is not None else None
        return all(self._reads(table, of, classes if table == own else None, use) for table, of in field.sources)

    def _reads(
        self, table: str, classification: Classification, own: frozenset[Classification] | None, use: Use
    ) -> bool:
        """Whether a class of a table's columns is open: of the row itself, or of a type that shows that table."""
        if own is not None:
            return classification in own
        shown = self._by_table.get(table, [])
        if not shown:  # no type shows the table: its columns are opened like any column
            return any(
                classification in grant.classes for grant in self._grants if grant.type == "*" and use in grant.uses
            )
        return any(self.sees(name) and classification in self._open(name, use)[0] for name in shown)


def _interfaces(catalog: Catalog) -> dict[str, set[str]]:
    """The interfaces of each type."""
    found: dict[str, set[str]] = {}
    for name, entry in catalog.types.items():
        for member in entry.members:
            found.setdefault(member, set()).add(name)
    return found
