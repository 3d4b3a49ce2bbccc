"""Relationships: types, kinds of parties, numbers at an instant, symmetric pairs, periods."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.messages import Actor
from patron_core.parties.commands import CreateOrganization, CreatePerson, NewOrganization, NewPerson
from patron_core.parties.models import PartyKind
from patron_core.relationships.catalogue import DEFAULT_TYPES
from patron_core.relationships.commands import CreateRelationship, DefineRelationshipType, EndRelationship
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.relationships.rules import most_at_once
from patron_core.relationships.service import seed_relationship_types
from patron_core.values import Period
from patron_schema.testing.databases import NOON, PreparedDatabase


def day(number: int) -> dt.datetime:
    return NOON + dt.timedelta(days=number)


async def person(database: PreparedDatabase, name: str, *, actor: Actor | None = None) -> uuid.UUID:
    made = await database.do(CreatePerson(person=NewPerson(display_name=name)), actor=actor)
    return uuid.UUID(str(made.id))


async def company(database: PreparedDatabase, name: str) -> uuid.UUID:
    made = await database.do(CreateOrganization(organization=NewOrganization(legal_name=name)))
    return uuid.UUID(str(made.id))


async def test_an_employer_employs_a_person(database: PreparedDatabase) -> None:
    employer, ada = await company(database, "Engines"), await person(database, "Ada")

    outcome = await database.execute(
        CreateRelationship(type_code="EMPLOYS", source_id=employer, target_id=ada, role_title="Analyst", influence=80)
    )

    made = outcome.value
    assert (made.source_id, made.target_id, made.validity) == (employer, ada, Period(None, None))
    assert [committed.event.type for committed in outcome.events] == [
        "relationship_type.defined",
        "relationship.created",
    ]


@pytest.mark.parametrize("turned", [False, True])
async def test_a_party_of_the_wrong_kind_is_refused(database: PreparedDatabase, turned: bool) -> None:
    ada, bob = await person(database, "Ada"), await company(database, "Bob Ltd")
    source, target = (ada, bob) if turned else (bob, bob)

    with pytest.raises(InvalidInput) as refused:
        await database.do(CreateRelationship(type_code="EMPLOYS", source_id=source, target_id=target))

    assert refused.value.path == (("source_id",) if turned else ("target_id",))


async def test_nobody_is_related_to_themselves_unless_the_type_says_so(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    own = DefineRelationshipType(code="COACHES", forward_name="coaches", inverse_name="is coached by", reflexive=True)
    await database.do(own)

    with pytest.raises(InvalidInput):
        await database.do(CreateRelationship(type_code="REFERRED", source_id=ada, target_id=ada))
    coached = await database.do(CreateRelationship(type_code="COACHES", source_id=ada, target_id=ada))

    assert coached.source_id == coached.target_id == ada


async def test_a_symmetric_relationship_is_stored_once(database: PreparedDatabase) -> None:
    ada, bob = await person(database, "Ada"), await person(database, "Bob")

    made = await database.do(CreateRelationship(type_code="KNOWS", source_id=bob, target_id=ada))
    with pytest.raises(Conflict):
        await database.do(CreateRelationship(type_code="KNOWS", source_id=ada, target_id=bob))

    assert (made.source_id, made.target_id) == (min(ada, bob), max(ada, bob))


async def test_the_limit_of_a_symmetric_type_holds_on_both_sides(database: PreparedDatabase) -> None:
    ada, bob, eve = [await person(database, name) for name in ("Ada", "Bob", "Eve")]
    await database.do(CreateRelationship(type_code="SPOUSE_OF", source_id=bob, target_id=ada))

    for source, target in ((ada, eve), (eve, ada), (eve, bob)):
        with pytest.raises(Conflict):
            await database.do(CreateRelationship(type_code="SPOUSE_OF", source_id=source, target_id=target))


async def test_a_limit_counts_what_holds_at_the_same_instant(database: PreparedDatabase) -> None:
    child, first, second = [await company(database, name) for name in ("Child", "First", "Second")]

    def owned(by: uuid.UUID, start: int | None, end: int | None) -> CreateRelationship:
        return CreateRelationship(
            type_code="SUBSIDIARY_OF",
            source_id=child,
            target_id=by,
            valid_from=None if start is None else day(start),
            valid_to=None if end is None else day(end),
        )

    await database.do(owned(first, None, 10))
    await database.do(owned(second, 20, None))
    await database.do(owned(second, 10, 20))  # half-open: it begins as one ends, and ends as the other begins
    for start, end in ((None, None), (9, 11), (19, 21), (15, 16)):
        with pytest.raises(Conflict):
            await database.do(owned(first, start, end))


async def test_of_two_at_once_one_meets_the_limit(database: PreparedDatabase) -> None:
    child, first, second = [await company(database, name) for name in ("Child", "First", "Second")]
    await database.do(seed_relationship_types)

    results = await asyncio.gather(
        *(
            database.do(CreateRelationship(type_code="SUBSIDIARY_OF", source_id=child, target_id=parent))
            for parent in (first, second)
        ),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Relationship"]


async def test_the_same_again_is_a_conflict_but_another_role_or_time_is_not(database: PreparedDatabase) -> None:
    employer, ada = await company(database, "Engines"), await person(database, "Ada")

    def employed(role: str | None, start: int | None = None, end: int | None = None) -> CreateRelationship:
        return CreateRelationship(
            type_code="EMPLOYS",
            source_id=employer,
            target_id=ada,
            role_title=role,
            valid_from=None if start is None else day(start),
            valid_to=None if end is None else day(end),
        )

    await database.do(employed(None, 0, 10))
    await database.do(employed("Analyst", 0, 10))
    await database.do(employed(None, 10, 20))
    for role in (None, "Analyst"):
        with pytest.raises(Conflict):
            await database.do(employed(role, 5, 6))


async def test_a_relationship_ends_once_and_may_begin_again(database: PreparedDatabase) -> None:
    ada, bob = await person(database, "Ada"), await person(database, "Bob")
    married = CreateRelationship(type_code="SPOUSE_OF", source_id=ada, target_id=bob, valid_from=day(-10))
    made = await database.do(married)

    outcome = await database.execute(EndRelationship(id=made.id, version=1))
    with pytest.raises(InvalidInput):
        await database.do(EndRelationship(id=made.id, version=2, ended_at=day(1)))
    again = CreateRelationship(type_code="SPOUSE_OF", source_id=ada, target_id=bob, valid_from=day(0))
    await database.do(again)

    assert (outcome.value.validity, outcome.value.version) == (Period(day(-10), NOON), 2)
    assert [committed.event.type for committed in outcome.events] == ["relationship.ended"]


async def test_an_end_stands_after_the_beginning_and_minds_the_version(database: PreparedDatabase) -> None:
    ada, bob = await person(database, "Ada"), await person(database, "Bob")
    made = await database.do(
        CreateRelationship(type_code="KNOWS", source_id=ada, target_id=bob, valid_from=day(5), valid_to=day(9))
    )

    with pytest.raises(InvalidInput):
        await database.do(EndRelationship(id=made.id, version=1))
    with pytest.raises(Conflict):
        await database.do(EndRelationship(id=made.id, version=2, ended_at=day(6)))
    shortened = await database.do(EndRelationship(id=made.id, version=1, ended_at=day(6)))

    assert shortened.validity == Period(day(5), day(6))


async def test_a_party_of_another_tenant_and_an_unknown_type_are_not_found(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")
    stranger = await database.tenant("Duvets")
    eve = await person(database, "Eve", actor=stranger)

    for source, target, path in ((ada, eve, "target_id"), (eve, ada, "source_id"), (ada, uuid.uuid4(), "target_id")):
        with pytest.raises(NotFound) as refused:
            await database.do(CreateRelationship(type_code="KNOWS", source_id=source, target_id=target))
        assert refused.value.path == (path,)
    with pytest.raises(NotFound) as unknown:
        await database.do(CreateRelationship(type_code="HAUNTS", source_id=ada, target_id=ada))
    assert unknown.value.path == ("type_code",)


async def test_the_default_catalogue_is_seeded_once(database: PreparedDatabase) -> None:
    first, second = await database.do(seed_relationship_types), await database.do(seed_relationship_types)

    codes = await database.do(lambda uow: uow.select(select(RelationshipType.code)))
    assert (first, second) == (len(DEFAULT_TYPES), 0)
    assert sorted(codes) == sorted(DEFAULT_TYPES)


async def test_a_code_of_the_catalogue_or_a_known_one_cannot_be_defined_again(database: PreparedDatabase) -> None:
    own = DefineRelationshipType(code="COACHES", forward_name="coaches", inverse_name="is coached by")
    await database.do(own)

    for code in ("COACHES", "EMPLOYS"):
        with pytest.raises(Conflict) as refused:
            await database.do(DefineRelationshipType(code=code, forward_name="a", inverse_name="b"))
        assert refused.value.path == ("code",)


async def test_refused_relationships_leave_nothing(database: PreparedDatabase) -> None:
    ada = await person(database, "Ada")

    with pytest.raises(InvalidInput):
        await database.do(CreateRelationship(type_code="KNOWS", source_id=ada, target_id=ada))

    assert await database.do(lambda uow: uow.select(select(Relationship.id))) == []
    assert await database.do(lambda uow: uow.select(select(RelationshipType.id))) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"type_code": "employs"}, "type_code"),
        ({"influence": 101}, "influence"),
        ({"valid_from": day(1), "valid_to": day(1)}, "valid_to"),
        ({"valid_from": dt.datetime(2026, 1, 1)}, "valid_from"),  # noqa: DTZ001
        ({"notes": " "}, "notes"),
    ],
)
def test_a_relationship_checks_its_form(fields: dict[str, Any], path: str) -> None:
    whole = {"type_code": "EMPLOYS", "source_id": uuid.uuid4(), "target_id": uuid.uuid4(), **fields}

    with pytest.raises(InvalidInput) as refused:
        CreateRelationship(**whole)

    assert refused.value.path == (path,)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"inverse_name": "is known by"}, "inverse_name"),
        ({"target_kind": PartyKind.PERSON}, "target_kind"),
        ({"max_active_per_target": 1}, "max_active_per_target"),
        ({"max_active_per_source": 0, "max_active_per_target": 0}, "max_active_per_source"),
    ],
)
def test_a_symmetric_type_says_the_same_of_both_sides(fields: dict[str, Any], path: str) -> None:
    whole = {"code": "KNOWS_WELL", "forward_name": "knows", "inverse_name": "knows", "symmetric": True, **fields}

    with pytest.raises(InvalidInput) as refused:
        DefineRelationshipType(**whole)

    assert refused.value.path == (path,)


bounds = st.one_of(st.none(), st.integers(0, 12))
periods = st.tuples(bounds, bounds).filter(lambda b: b[0] is None or b[1] is None or b[0] < b[1])


@given(st.lists(periods, max_size=8), periods)
def test_the_most_at_once_is_what_counting_every_instant_gives(
    pairs: list[tuple[int | None, int | None]], within: tuple[int | None, int | None]
) -> None:
    def period(pair: tuple[int | None, int | None]) -> Period:
        return Period(*(None if bound is None else day(bound) for bound in pair))

    instants = [day(number) for number in range(-1, 14) if period(within).contains(day(number))]
    counted = max((sum(period(pair).contains(instant) for pair in pairs) for instant in instants), default=0)

    assert most_at_once([period(pair) for pair in pairs], within=period(within)) == counted
