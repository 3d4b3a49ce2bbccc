"""Plans what `where` says: a tree of conditions over the row's fields and over rows at the other end of relations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from patron_core.errors import LimitExceeded

from .catalog import (
    Catalog,
    ColumnField,
    ExpressionField,
    Field,
    RelationField,
    ScalarField,
    Shape,
    TypeEntry,
    ValueField,
)
from .parameters import Parameters
from .plan import AllOf, AnyOf, Condition, Listed, Matches, Negation, Presence, Test
from .selection import Slot

__all__ = ["DEEPEST", "WherePlanner"]

#: Through how many relations a filter may reach.
DEEPEST: Final = 6


class WherePlanner:
    """Plans the conditions of one root field. use: checks and notes a scalar. maximum: of conditions."""

    def __init__(
        self,
        catalog: Catalog,
        parameters: Parameters,
        use: Callable[[str, ScalarField, str], object],
        *,
        maximum: int,
    ) -> None:
        self.catalog = catalog
        self.parameters = parameters
        self.use = use
        self.maximum = maximum
        self.count = 0
        self.depth = 0

    def of_list(self, target: TypeEntry, slot: Slot | None) -> Condition | None:
        """The condition of a list at the root: `where`, and of types whose rows may be taken out of lists that they were not.

        Who asks about the column that says so, anywhere but behind a relation, sees those rows too.
        """
        given = None if slot is None else self.condition(target.name, target.fields, slot)
        hidden = None if target.model is None else target.model.hidden_by
        fields = (f for f in target.fields.values() if isinstance(f, ColumnField) and f.column == hidden)
        field = next(fields, None) if hidden is not None else None
        if field is None or (slot is not None and _asks(slot, field.name)):
            return given
        listed = Listed(field.name, field.column)
        return listed if given is None else AllOf((given, listed))

    def condition(self, type_name: str, fields: Mapping[str, Field], slot: Slot) -> Condition:
        """The condition of a where input over the fields of a type."""
        conditions: list[Condition] = []
        for name, inner in slot.fields():
            if inner.is_null:
                continue
            self.counted(1)
            if name in ("and", "or"):
                elements = inner.elements()
                self.counted(len(elements))
                listed = tuple(
                    self.condition(type_name, fields, element) for element in elements if not element.is_null
                )
                conditions.append(AllOf(listed) if name == "and" else AnyOf(listed))
            elif name == "not":
                conditions.append(Negation(self.condition(type_name, fields, inner)))
            else:
                conditions.append(self._filter(type_name, fields[name], inner))
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def _filter(self, type_name: str, field: Field, slot: Slot) -> Condition:
        match field:
            case ColumnField() | ExpressionField():
                self.use(type_name, field, "filter")
                tests: list[Condition] = [
                    self._test(field, word, value) for word, value in slot.fields() if not value.is_null
                ]
                return tests[0] if len(tests) == 1 else AllOf(tuple(tests))
            case ValueField():
                inside = self.condition(f"{type_name}.{field.name}", field.fields, slot)
                return AllOf((Presence(field), inside)) if field.nullable else inside
            case RelationField():
                return self._matches(field, slot)
            case _:
                raise AssertionError(f"{type_name}.{field.name} has no filter")

    def counted(self, more: int) -> None:
        """Counts conditions, and stops where there are too many."""
        self.count += more
        if self.count > self.maximum:
            advice = "Ask with fewer conditions."
            raise LimitExceeded(limit="filter nodes", value=self.count, maximum=self.maximum, advice=advice)

    def _matches(self, field: RelationField, slot: Slot) -> Condition:
        target = self.catalog.types[field.target]
        if field.shape is Shape.ONE:
            return Matches(field, target, "one", self._inside(target, slot))
        found: list[Condition] = [
            Matches(field, target, word, self._inside(target, inner))
            for word, inner in slot.fields()
            if not inner.is_null
        ]
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def _inside(self, target: TypeEntry, slot: Slot) -> Condition:
        """The condition on rows one relation away."""
        if self.depth == DEEPEST:
            advice = "Ask through fewer relations."
            raise LimitExceeded(limit="depth of filters", value=DEEPEST + 1, maximum=DEEPEST, advice=advice)
        self.depth += 1
        condition = self.condition(target.name, target.fields, slot)
        self.depth -= 1
        return condition

    def _test(self, field: ScalarField, word: str, slot: Slot) -> Test:
        if word == "isNull":
            return Test(field, word, (self.parameters.flag(slot.source),))
        if word in ("in", "notIn"):
            return Test(field, word, (self.parameters.many(field, slot.scalars()),))
        return Test(field, word, self.parameters.operands(field, word, slot.source))


def _asks(slot: Slot, name: str) -> bool:
    """Whether a where input asks about a field of the rows themselves."""
    for given, inner in slot.fields():
        if inner.is_null:
            continue
        if given == name or (given == "not" and _asks(inner, name)):
            return True
        if given in ("and", "or") and any(_asks(e, name) for e in inner.elements() if not e.is_null):
            return True
    return False
