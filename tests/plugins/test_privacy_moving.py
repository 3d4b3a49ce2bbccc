"""All rows of one party become another's, in the core and in every plugin, and rows that meet are settled and reported."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from tests.plugins.canaries import Maker, Subject

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput, NotFound
from patron_core.parties.commands import AddContactMedium, NewContactMedium, NewPerson
from patron_core.parties.models import ContactKind, ContactMedium, Party, Person
from patron_core.privacy.moving import Moved, move_subject
from patron_core.privacy.subjects import rows_about
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Period
from patron_retail.models import LoyaltyMember, PointsEntry
from patron_schema.testing.databases import PreparedDatabase


async def move(database: PreparedDatabase, source: Subject, target: Subject) -> Moved:
    moved: Moved = await database.do(lambda uow: move_subject(uow, source.party_id, target.party_id))
    return moved


async def test_every_row_of_every_kind_moves_to_a_party_that_has_none(database: PreparedDatabase) -> None:
    async def made() -> tuple[Subject, Party]:
        def make(uow: UnitOfWork) -> tuple[Subject, Party]:
            return Maker(uow).subject("A", Person), uow.add(Person(display_name="Empty"))

        both: tuple[Subject, Party] = await database.do(make)
        return both

    source, target = await made()

    moved = await database.do(lambda uow: move_subject(uow, source.party_id, target.id))

    left = await database.do(lambda uow: rows_about(uow, source.party_id))
    came = await database.do(lambda uow: rows_about(uow, target.id))
    assert moved.meetings == ()
    assert left == {Party: {source.party_id}}
    assert {model: ids for model, ids in came.items() if model is not Party} == {
        model: {id_} for model, id_ in source.rows.items() if model is not Party
    }
    assert moved.counts["Customer"] == 1


async def test_where_only_one_row_may_stay_the_targets_stays_and_the_others_rows_move(
    database: PreparedDatabase,
) -> None:
    def make(uow: UnitOfWork) -> tuple[Subject, Subject]:
        maker = Maker(uow)
        return maker.subject("A", Person), maker.subject("B", Person)

    a, b = await database.do(make)

    moved = await move(database, a, b)

    met = {meeting.record_type: meeting for meeting in moved.meetings}
    left = await database.do(lambda uow: rows_about(uow, a.party_id))
    assert left == {Party: {a.party_id}}
    assert {"Customer", "LoyaltyMember", "Guest", "Patient", "KycProfile", "Practitioner"} <= met.keys()
    assert met["Customer"].stays == b.rows[Customer]
    assert met["Customer"].other == a.rows[Customer]
    assert {meeting.outcome for meeting in moved.meetings} <= {"dropped", "both"}
    entries = await database.do(
        lambda uow: uow.select(select(PointsEntry).where(PointsEntry.member_id == b.rows[LoyaltyMember]))
    )
    member = await database.do(lambda uow: uow.get(LoyaltyMember, b.rows[LoyaltyMember]))
    assert len(entries) == 2
    assert member.points == 2
    assert await database.do(lambda uow: uow.find(Customer, id=a.rows[Customer])) is None


async def test_of_two_preferred_addresses_both_stay_and_the_targets_is_preferred(database: PreparedDatabase) -> None:
    ids = []
    for name in ("Ada", "Bob"):
        made = await database.do(CreateCustomer(person=NewPerson(given_name=name)))
        email = NewContactMedium(kind=ContactKind.EMAIL, value=f"{name.lower()}@canary.example", preferred=True)
        await database.do(AddContactMedium(party_id=made.party_id, medium=email))
        ids.append(made.party_id)

    moved = await database.do(lambda uow: move_subject(uow, ids[0], ids[1]))

    media = await database.do(lambda uow: uow.select(select(ContactMedium).where(ContactMedium.party_id == ids[1])))
    assert {medium.value: medium.preferred for medium in media} == {
        "ada@canary.example": False,
        "bob@canary.example": True,
    }
    assert {(m.record_type, m.outcome) for m in moved.meetings} >= {("ContactMedium", "both"), ("Customer", "dropped")}


async def test_what_related_the_two_to_each_other_is_dropped_and_reported(database: PreparedDatabase) -> None:
    def make(uow: UnitOfWork) -> tuple[Party, Party, Relationship]:
        kind = uow.add(
            RelationshipType(
                code="KNOWS", forward_name="knows", inverse_name="is known by", symmetric=False, reflexive=False
            )
        )
        a, b = uow.add(Person(display_name="A")), uow.add(Person(display_name="B"))
        relation = Relationship(type_id=kind.id, source_id=a.id, target_id=b.id, validity=Period(None, None))
        return a, b, uow.add(relation)

    a, b, relation = await database.do(make)

    moved = await database.do(lambda uow: move_subject(uow, a.id, b.id))

    assert [(m.record_type, m.other, m.outcome) for m in moved.meetings] == [("Relationship", relation.id, "dropped")]
    assert await database.do(lambda uow: uow.find(Relationship, id=relation.id)) is None


async def test_a_party_cannot_be_moved_to_itself_or_to_another_tenants(database: PreparedDatabase) -> None:
    made = await database.do(CreateCustomer(person=NewPerson(given_name="Ada")))
    stranger = await database.tenant("Curtains")
    theirs = await database.do(CreateCustomer(person=NewPerson(given_name="Bob")), actor=stranger)

    with pytest.raises(InvalidInput, match="itself"):
        await database.do(lambda uow: move_subject(uow, made.party_id, made.party_id))
    with pytest.raises(NotFound):
        await database.do(lambda uow: move_subject(uow, made.party_id, theirs.party_id))
