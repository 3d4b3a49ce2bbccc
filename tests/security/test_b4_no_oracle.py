"""B4 and failures 1 to 4: what an actor may not read changes no byte of any answer, and no use of it is accepted.

Two data sets differ in every column of the classes that are closed to a role, in nothing else; the role's questions are
answered alike by both. And each closed column is asked for in every way there is, read off the catalog: selected, under an
alias, filtered, ordered, grouped, measured and filtered by figures, from the root and through every reference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson
import pytest
import pytest_asyncio
from graphql import GraphQLInputObjectType, get_named_type, parse, validate
from tests.planner.questions import QuestionMaker, Samples
from tests.security.realm import rows_of_tenant
from tests.security.twins import changed, class_of, opened

from patron_core.access.grants import Grant, Use
from patron_core.address import Dialect
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.records import FINANCIAL, INTERNAL, PHI, PII, PUBLIC, SECRET, Classification
from patron_schema.compose import Composed
from patron_schema.planner.catalog import (
    ColumnField,
    ExpressionField,
    RelationField,
    Shape,
    TypeEntry,
    ValueField,
    is_amount,
)
from patron_schema.planner.grants import Grants
from patron_schema.testing.databases import Databases
from patron_schema.testing.service import Patron

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="session")]

QUESTIONS: Final = 60  # random ones for each role on each database
USUAL: Final = 7  # of the uses of closed columns, which one is tried on every change
ROLES: Final = {
    "agent": {"roles": ("agent",)},
    "analyst": {"roles": ("analyst",)},
    "clinician": {"roles": ("clinician",)},
    "receptionist": {"roles": ("receptionist",)},
    "compliance_officer": {"roles": ("compliance_officer",)},
    "a key without classes": {
        "scopes": ("*:read", "healthcare:read", "banking:read", "retail:read", "hospitality:read")
    },
}
CLOSED: Final = {
    "agent": {PHI},
    "analyst": {PII, PHI},
    "clinician": {FINANCIAL},
    "receptionist": {FINANCIAL, PHI},
    "compliance_officer": {PHI},
    "a key without classes": {PII, FINANCIAL, PHI},
}


def name_of(closed: set[Classification]) -> str:
    return "+".join(sorted(each.name for each in closed))


@dataclass(slots=True)
class Twins:
    """By database: the data set as it is, and its twins by the classes in which they differ."""

    patrons: dict[str, dict[str, Patron]]
    differing: dict[str, int]
    composed: Composed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def twins(databases: Databases, postgres_server: Any, loaded_plugins: Plugins) -> AsyncIterator[Twins]:
    """The same rows again and again, each time with other values in some classes of columns."""
    databases.server = postgres_server
    rows = rows_of_tenant(loaded_plugins, ids=0, flavour=1)
    variants, differing = {"": rows}, {}
    for closed in CLOSED.values():
        hidden = closed | {SECRET}
        variants[name_of(closed)], differing[name_of(closed)] = changed(
            rows, lambda model, _row, column, hidden=hidden: class_of(model, column) in hidden
        )
    async with (
        opened(databases, "sqlite", loaded_plugins, variants) as small,
        opened(databases, "postgresql", loaded_plugins, variants) as large,
    ):
        composed = (await small[""].gateway.schemas.of(small[""].prepared.tenant_id)).composed
        yield Twins({"sqlite": small, "postgresql": large}, differing, composed)


def actor_of(role: str, patron: Patron) -> Actor:
    return Actor(patron.prepared.tenant_id, "somebody", "user", purpose="TREAT", **ROLES[role])  # type: ignore[arg-type]


def values(composed: Composed) -> Samples:
    ids = [
        f"{entry.id_prefix}_00000000-0000-7000-8000-00000000000{n}"
        for entry in composed.catalog.types.values()
        for n in "12"
    ]
    return Samples({}, ids)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("role", ROLES)
async def test_b4_twins_that_differ_in_what_is_closed_are_answered_alike(
    twins: Twins, role: str, dialect: Dialect, record_property: pytest.RecordProperty
) -> None:
    first, second = twins.patrons[dialect][""], twins.patrons[dialect][name_of(CLOSED[role])]
    seen = (await first.gateway.schemas.seen_by(actor_of(role, first))).composed
    assert seen.graphql.query_type is not None
    shown_roots = set(seen.graphql.query_type.fields) & set(seen.catalog.roots)
    roots = sorted(name for name in shown_roots if not name.startswith("audit"))  # asking itself adds to the audit
    maker = QuestionMaker(seen.graphql, values(seen), roots=roots)
    answered = 0
    for seed in range(QUESTIONS):
        question = maker.question(seed)
        answers = [
            await each.raw(question.query, question.variables, actor=actor_of(role, each)) for each in (first, second)
        ]
        assert answers[0] == answers[1], f"{role} hears of a closed column\n{question.query}\n{question.variables}"
        answered += b'"data":{' in answers[0]
    assert answered > QUESTIONS // 3
    record_property(
        "figure",
        f"{role}: {QUESTIONS} questions, {twins.differing[name_of(CLOSED[role])]} closed values differ, 0 bytes of the answers do",
    )


async def test_b4_whoever_may_read_everything_sees_that_twins_differ(twins: Twins) -> None:
    maker = QuestionMaker(twins.composed.graphql, values(twins.composed), roots=sorted(twins.composed.catalog.roots))
    different: set[str] = set()
    for seed in range(600):
        if different == {name_of(closed) for closed in CLOSED.values()}:
            break
        question = maker.question(seed)
        texts = {}
        for name, patron in twins.patrons["sqlite"].items():
            actor = dataclasses.replace(patron.prepared.actor, purpose="TREAT")
            texts[name] = await patron.raw(question.query, question.variables, actor=actor)
        different |= {name for name, text in texts.items() if text != texts[""]}
    assert different == {name_of(closed) for closed in CLOSED.values()}


# -- every closed column in every way


@dataclass(frozen=True, slots=True)
class Attempt:
    """One use of a column: what for, and the document."""

    coordinate: str
    use: str
    query: str


def attempts(composed: Composed, hidden: Any) -> Iterator[Attempt]:
    """Every use of every field that `hidden` names, from the root of its type and one reference away.

    hidden: tells for a type and the path from it to a scalar whether something on the way is closed.
    """
    catalog, schema = composed.catalog, composed.graphql
    connections = {root.target: name for name, root in catalog.roots.items() if root.by == "connection"}
    aggregates = {root.target: name for name, root in catalog.roots.items() if root.by == "aggregate"}
    for entry in catalog.types.values():
        root = connections.get(entry.name)
        if root is None:
            continue
        for path, selected in _paths(composed, entry):
            if hidden(entry.name, path):
                coordinate = f"{entry.name}.{'.'.join(field.name for field in path)}"
                yield Attempt(coordinate, "select", f"{{ {root} {{ nodes {{ {selected} }} }} }}")
                yield Attempt(coordinate, "alias", f"{{ {root} {{ edges {{ node {{ x: {selected} }} }} }} }}")
                for test in _tests(schema.type_map.get(f"{entry.name}Where"), [field.name for field in path]):
                    yield Attempt(coordinate, "filter", f"{{ {root}(where: {test}) {{ totalCount }} }}")
                    if entry.name in aggregates:
                        yield Attempt(
                            coordinate,
                            "filter of figures",
                            f"{{ {aggregates[entry.name]}(where: {test}) {{ count }} }}",
                        )
        for key, path in catalog.orders.get(entry.name, {}).items():
            if hidden(entry.name, path):
                yield Attempt(
                    f"{entry.name} {key}",
                    "order",
                    f"{{ {root}(orderBy: [{{field: {key}}}]) {{ edges {{ cursor }} }} }}",
                )
        figures = aggregates.get(entry.name)
        for key, path in catalog.groups.get(entry.name, {}).items():
            if figures and hidden(entry.name, path):
                yield Attempt(
                    f"{entry.name} {key}", "group", f"{{ {figures}(groupBy: [{{field: {key}}}]) {{ count }} }}"
                )
        for key, path in catalog.measures.get(entry.name, {}).items():
            if figures and hidden(entry.name, path):
                currency = ', currencyCode: "EUR"' if is_amount(path) else ""
                step = f"{{figure: MAX, measure: {key}{currency}}}"
                yield Attempt(f"{entry.name} {key}", "measure", f"{{ {figures}(orderBy: [{step}]) {{ count }} }}")
                name = _figure(schema, entry.name, path)
                if name:
                    yield Attempt(f"{entry.name} {key}", "figure", f"{{ {figures} {{ m: max {{ {name} }} }} }}")
                    yield Attempt(
                        f"{entry.name} {key}",
                        "having",
                        f"{{ {figures}(having: {{max: {{{name}: {{isNull: true}}}}}}) {{ count }} }}",
                    )


def _paths(composed: Composed, entry: TypeEntry) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The scalars of a type, of its values, and of the rows one reference away, with how each is selected."""
    for field in entry.fields.values():
        match field:
            case ColumnField() | ExpressionField():
                yield (field,), field.name
            case ValueField():
                for part in field.fields.values():
                    if isinstance(part, ColumnField | ExpressionField):
                        yield (field, part), f"{field.name} {{ {part.name} }}"
            case RelationField(shape=Shape.ONE):
                for part in composed.catalog.types[field.target].fields.values():
                    if isinstance(part, ColumnField | ExpressionField):
                        yield (field, part), f"{field.name} {{ {part.name} }}"


def _tests(kind: Any, names: list[str]) -> Iterator[str]:
    """A filter on a field, by its first operator and by whether it is null."""
    opened, closed = "", ""
    for name in names:
        if not isinstance(kind, GraphQLInputObjectType) or name not in kind.fields:
            return
        kind = get_named_type(kind.fields[name].type)
        opened, closed = f"{opened}{{{name}: ", f"}}{closed}"
    if isinstance(kind, GraphQLInputObjectType) and "isNull" in kind.fields:
        yield f"{opened}{{isNull: false}}{closed}"
        yield f"{{not: {opened}{{isNull: true}}{closed}}}"


def _figure(schema: Any, target: str, path: Any) -> str:
    kind = schema.type_map.get(f"{target}Extremes")
    wanted = ".".join(field.name for field in path)
    shown = (n for n, f in (kind.fields if kind else {}).items() if str(f.description) == f"Of {wanted}.")
    return next(
        (n for n in shown if get_named_type(kind.fields[n].type).name in ("Int", "Decimal", "Date", "DateTime")), ""
    )


@pytest.mark.parametrize("role", ROLES)
async def test_b4_no_use_of_a_closed_column_is_accepted(
    twins: Twins, role: str, one_of: Callable[[int], int], record_property: pytest.RecordProperty
) -> None:
    patron = twins.patrons["sqlite"][""]
    actor = actor_of(role, patron)
    grants = Grants(actor, twins.composed.catalog)
    tried, coordinates, uses = 0, set(), {}
    every = attempts(twins.composed, lambda owner, path: not grants.reaches(owner, path))
    for attempt in islice(every, 0, None, one_of(USUAL)):
        answer = orjson.loads(await patron.raw(attempt.query, actor=actor))
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes in ({"GRAPHQL_VALIDATION_FAILED"}, {"FORBIDDEN"}), f"{role} {attempt}: {answer}"
        assert not patron.statements, attempt
        tried += 1
        coordinates.add(attempt.coordinate)
        uses[attempt.use] = uses.get(attempt.use, 0) + 1
    assert len(uses) >= 6, uses
    record_property("figure", f"{role}: {tried} uses of {len(coordinates)} closed columns, 0 accepted, 0 statements")


async def test_b4_the_matrix_knows_every_closed_column(twins: Twins) -> None:
    """What a role may not read is judged here by classes alone, and by the planner's own rule above: they agree."""
    catalog = twins.composed.catalog
    for role, closed in CLOSED.items():
        grants = Grants(actor_of(role, twins.patrons["sqlite"][""]), catalog)
        for entry in catalog.types.values():
            for field in entry.fields.values():
                if isinstance(field, ColumnField) and field.classification in closed | {SECRET}:
                    assert not (grants.sees(entry.name) and grants.shows(entry.name, field)), (
                        role,
                        entry.name,
                        field.name,
                    )


@pytest.mark.parametrize("use", [Use.FILTER, Use.ORDER, Use.AGGREGATE])
async def test_b4_what_may_be_read_and_no_more_is_refused_by_name_before_any_statement(
    twins: Twins, use: Use, one_of: Callable[[int], int], record_property: pytest.RecordProperty
) -> None:
    patron = twins.patrons["sqlite"][""]
    everything = frozenset({PUBLIC, INTERNAL, PII, FINANCIAL, PHI})
    actor = Actor(
        patron.prepared.tenant_id, "reader", "user", purpose="TREAT", scopes=("*",),
        grants=(Grant(classes=everything, uses=frozenset({Use.READ}) | (frozenset(Use) - {use})),),
    )  # fmt: skip
    words = {
        Use.FILTER: {"filter", "filter of figures"},
        Use.ORDER: {"order"},
        Use.AGGREGATE: {"group", "measure", "figure", "having"},
    }
    tried = 0
    every = attempts(twins.composed, lambda _owner, path: path[-1].name not in ("id",))
    for attempt in islice((each for each in every if each.use in words[use]), 0, None, one_of(USUAL)):
        if validate(twins.composed.graphql, parse(attempt.query)):
            continue
        answer = orjson.loads(await patron.raw(attempt.query, actor=actor))
        assert answer.get("errors"), f"accepted: {attempt}"
        error = answer["errors"][0]["extensions"]
        assert error["code"] == "FORBIDDEN", f"{attempt}: {answer}"
        assert error["scope"].startswith(f"{use.value}:"), answer
        assert "." in error["coordinate"], answer
        assert not patron.statements, attempt
        tried += 1
    assert tried > 100
    record_property(
        "figure",
        f"{tried} uses to {use.value} what may only be read: FORBIDDEN with coordinate and scope, 0 statements",
    )
