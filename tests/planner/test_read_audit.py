"""Bar E1: what random questions show of health and money is in the audit, with the actor, the parties, classes and fields.

Expected is worked out without the planner: the document is walked with the schema and the models' declarations, and plain
Python answers it again with the id of every row, from which the parties follow by the rows' references.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NameNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    Visitor,
    get_named_type,
    is_abstract_type,
    parse,
    print_ast,
    value_from_ast_untyped,
    visit,
)
from sqlalchemy import select
from tests.planner.conftest import Twins, _rows_of_all
from tests.planner.questions import Question
from tests.planner.rows import Row, Rows

from patron_core.audit.models import AuditRead
from patron_core.errors import PublicError
from patron_core.parties.models import Party
from patron_core.records import FINANCIAL, PHI, subject_paths
from patron_schema.planner.catalog import Catalog, ColumnField, ExpressionField, ValueField
from patron_schema.testing.service import Patron

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.security]

SENSITIVE = {FINANCIAL, PHI}


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be in the audit: at least these fields, classes and parties. most: parties that may be in it."""

    fields: frozenset[str]
    classes: frozenset[str]
    parties: frozenset[str]
    most: frozenset[str]


class Names(Visitor):
    """Adds type and id to every selection of something that has an id."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        kind = get_named_type(self.info.get_type()) if self.info.get_type() else None
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or "id" not in kind.fields:
            return None
        added = [
            FieldNode(alias=NameNode(value=alias), name=NameNode(value=name), arguments=(), directives=())
            for alias, name in (("row_id", "id"), ("row_type", "__typename"))
        ]
        return SelectionSetNode(selections=(*node.selections, *added))


class Walk:
    """The fields a document uses, by root field, as the schema and the models have them."""

    def __init__(self, schema: GraphQLSchema, catalog: Catalog, document: DocumentNode, question: Question) -> None:
        self.schema, self.catalog = schema, catalog
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.operation: Any = next(d for d in document.definitions if not isinstance(d, FragmentDefinitionNode))
        defaults = {
            d.variable.name.value: value_from_ast_untyped(d.default_value)
            for d in self.operation.variable_definitions or ()
            if d.default_value is not None
        }
        self.variables = {**defaults, **question.variables}

    def roots(self, shown: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
        """Response key and used fields of each root field, by what an answer shows."""
        kind = self.schema.query_type
        assert kind is not None
        for node in self.selected(self.operation.selection_set, kind):
            used: set[str] = set()
            self.field(node, kind, shown, used)
            yield (node.alias or node.name).value, used

    def rows(self, selections: SelectionSetNode, kind: Any, value: Any, used: set[str], owner: str = "") -> None:
        """The fields of what stands in one place of an answer."""
        if isinstance(value, list):
            for each in value:
                self.rows(selections, kind, each, used, owner)
        elif value is not None:
            concrete = self.schema.type_map[value["row_type"]] if "row_type" in value else kind
            for node in self.selected(selections, concrete):
                self.field(node, concrete, value, used, owner)

    def selected(self, selections: SelectionSetNode, concrete: Any) -> Iterator[FieldNode]:
        """The fields that are asked of an object of a type."""
        for node in selections.selections:
            if not self.included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            inner: Any = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            condition = inner.type_condition
            named = concrete if condition is None else self.schema.type_map[condition.name.value]
            if named is concrete or (is_abstract_type(named) and self.schema.is_sub_type(named, concrete)):
                yield from self.selected(inner.selection_set, concrete)

    def included(self, node: Any) -> bool:
        for directive in node.directives or ():
            value = value_from_ast_untyped(directive.arguments[0].value, self.variables)
            if (directive.name.value == "skip") == bool(value):
                return False
        return True

    def field(self, node: FieldNode, parent: Any, shown: Mapping[str, Any], used: set[str], owner: str = "") -> None:
        name = node.name.value
        if name.startswith("__"):
            return
        field = parent.fields[name]
        kind: Any = get_named_type(field.type)
        place = f"{owner or parent.name}.{name}"
        for argument in node.arguments or ():
            if argument.name.value == "where" and "where" in field.args:
                given = value_from_ast_untyped(argument.value, self.variables)
                self.where(get_named_type(field.args["where"].type), given, used)
        if node.selection_set is None:
            used.add(place)
            return
        is_value = isinstance(self.declared(place), ValueField)
        self.rows(node.selection_set, kind, shown[(node.alias or node.name).value], used, place if is_value else "")

    def where(self, kind: Any, given: Any, used: set[str], owner: str = "") -> None:
        """The fields of a filter. A part of a value is named by where it is."""
        if not isinstance(kind, GraphQLInputObjectType) or not isinstance(given, Mapping):
            return
        own = owner or kind.name.removesuffix("Where")
        for key, value in given.items():
            if value is None or value is Undefined or key not in kind.fields:
                continue
            inner: Any = get_named_type(kind.fields[key].type)
            place = f"{own}.{key}"
            if key in ("and", "or", "not", "some", "every", "none"):
                for each in value if isinstance(value, list) else [value]:
                    self.where(inner, each, used, owner if inner is kind else "")
            elif inner.name.endswith("Comparator"):
                if any(v is not None and v is not Undefined for v in value.values()):
                    used.add(place)
            elif isinstance(self.declared(place), ValueField):
                self.where(inner, value, used, place)
            else:
                self.where(inner, value, used)

    def declared(self, place: str) -> Any:
        name, *path = place.split(".")
        entry = self.catalog.types.get(name)
        fields: Any = entry.fields if entry is not None else {}
        found = None
        for step in path:
            found = fields.get(step)
            fields = found.fields if isinstance(found, ValueField) else {}
        return found

    def sensitive(self, used: set[str]) -> dict[str, set[Any]]:
        """Of the used fields those of health and money, with their classes."""
        out = {}
        for place in used:
            field = self.declared(place)
            of = set()
            if isinstance(field, ColumnField):
                of = {field.classification}
            elif isinstance(field, ExpressionField):
                of = {c for _, c in field.sources}
            if of & SENSITIVE:
                out[place] = of & SENSITIVE
        return out


class People:
    """Whose a row is, by following its references."""

    def __init__(self, rows: Rows, catalog: Catalog) -> None:
        self.rows = {
            (rows.models[name].__table__.name, row["id"]): (rows.models[name], row)  # type: ignore[attr-defined]
            for name, made in rows.by_model.items()
            for row in made
        }
        self.tables = {prefix: {catalog.types[n].table for n in names} for prefix, names in catalog.by_prefix.items()}

    def of(self, id: str) -> set[str]:
        prefix, _, text = id.rpartition("_")
        found: set[str] = set()
        for table in self.tables[prefix]:
            entry = self.rows.get((str(table), uuid.UUID(text)))
            if entry is not None:
                model, row = entry
                for path in subject_paths(model, Party):
                    party = self.follow(model, row, path)
                    found |= {str(party)} if party is not None else set()
        return found

    def follow(self, model: Any, row: Row, path: tuple[str, ...]) -> uuid.UUID | None:
        for name in path:
            target = model.__mapper__.relationships[name].mapper.class_
            id = row[f"{name}_id"]
            if id is None:
                return None
            entry = self.rows.get((target.__table__.name, id))
            if entry is None:
                return id if issubclass(target, Party) else None
            model, row = entry
        id = row["id"]
        assert isinstance(id, uuid.UUID)
        return id


def ids_in(value: Any) -> Iterator[str]:
    """Every id that was added to an answer."""
    waiting = deque([value])
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if each.get("row_id") is not None:
                yield each["row_id"]
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def expected(
    twins: Twins, people: People, schema: GraphQLSchema, catalog: Catalog, question: Question
) -> Expected | None:
    document = parse(question.query)
    info = TypeInfo(schema)
    named = print_ast(visit(document, TypeInfoVisitor(info, Names(info))))
    shown = twins.naive.answer(named, question.variables)
    walk = Walk(schema, catalog, parse(named), question)
    fields: dict[str, set[Any]] = {}
    parties: set[str] = set()
    for key, used in walk.roots(shown):
        found = walk.sensitive(used)
        if found:
            fields.update(found)
            for id in ids_in(shown.get(key)):
                parties |= people.of(id)
    most = {party for id in ids_in(shown) for party in people.of(id)}
    if not fields:
        return None
    classes = {each.name for of in fields.values() for each in of}
    return Expected(frozenset(fields), frozenset(classes), frozenset(parties), frozenset(most))


async def last_read(patron: Patron, request_id: str) -> AuditRead | None:
    found = await patron.prepared.do(
        lambda uow: uow.select(select(AuditRead).where(AuditRead.request_id == request_id)),
    )
    assert len(found) < 2
    return found[0] if found else None


async def check(house: Twins, seeds: range) -> tuple[int, int]:
    """Asks the question of each seed on one of the databases; how many had to be in the audit, and how many were asked."""
    composed = (await house.sqlite.gateway.schemas.seen_by(house.sqlite.prepared.actor)).composed
    people = People(_rows_of_all(house.sqlite.prepared.plugins, 1), composed.catalog)
    due = asked = 0
    for seed in seeds:
        patron = (house.sqlite, house.postgresql)[seed % 2]
        question = house.maker.question(seed)
        request_id = f"e1 {uuid.uuid4()}"
        request = patron.request(question.query, question.variables)
        object.__setattr__(request, "request_id", request_id)
        try:
            await patron.gateway.execute(request)
        except PublicError:
            continue
        asked += 1
        wanted = expected(house, people, composed.graphql, composed.catalog, question)
        read = await last_read(patron, request_id)
        text = f"\nseed {seed}\n{question.query}\n{orjson.dumps(question.variables).decode()}"
        if wanted is None:
            continue
        due += 1
        assert read is not None, f"not in the audit{text}"
        kept = set(read.subjects.split())
        assert read.actor == patron.prepared.actor.subject
        assert wanted.fields <= set(read.fields.split()), f"{wanted.fields - set(read.fields.split())}{text}"
        assert wanted.classes <= set(read.classes.split()), text
        assert wanted.parties <= kept, f"missing {wanted.parties - kept}{text}"
        assert kept <= wanted.most, f"not shown {kept - wanted.most}{text}"
    return due, asked


@pytest.mark.parametrize("count", [pytest.param(200, id="ci"), pytest.param(10_000, id="real", marks=pytest.mark.soak)])
async def test_e1_what_random_questions_show_is_in_the_audit(
    house: Twins, count: int, record_property: Callable[[str, object], None]
) -> None:
    due, asked = await check(house, range(count))

    record_property("figure", f"{due} of {due} reads of health or money in the audit, {asked} random questions")
    assert due > asked / 10
