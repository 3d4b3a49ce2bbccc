"""Persons, organizations, how to reach them and what other systems call them."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.errors import Conflict, InvalidInput, NotFound, PublicError
from patron_core.parties.commands import (
    AddContactMedium,
    AddExternalIdentifier,
    CreateOrganization,
    CreatePerson,
    NewContactMedium,
    NewExternalIdentifier,
    NewOrganization,
    NewPerson,
    SetParent,
    UpdateOrganization,
    UpdatePerson,
)
from patron_core.parties.models import ContactKind, ContactMedium, Organization, PartyKind, UnitKind
from patron_schema.testing.databases import PreparedDatabase

ADA = NewPerson(given_name="Ada", family_name="Lovelace", birth_date=dt.date(1815, 12, 10), language="en-GB")


async def company(database: PreparedDatabase, name: str, *, parent: uuid.UUID | None = None) -> Organization:
    new = NewOrganization(legal_name=name, parent_id=parent)
    organization: Organization = await database.do(CreateOrganization(organization=new))
    return organization


async def test_a_person_is_made_with_media_and_identifiers(database: PreparedDatabase) -> None:
    command = CreatePerson(
        person=ADA,
        contact_media=(NewContactMedium(kind=ContactKind.EMAIL, value=" Ada@Example.ORG ", preferred=True),),
        external_identifiers=(NewExternalIdentifier(system="crm", value="17"),),
    )

    outcome = await database.execute(command)

    person = outcome.value
    assert (person.kind, person.display_name, person.version) == (PartyKind.PERSON, "Ada Lovelace", 1)
    assert [committed.event.type for committed in outcome.events] == ["person.created"]
    media = await database.do(lambda uow: uow.select(select(ContactMedium)))
    assert [(medium.value, medium.preferred) for medium in media] == [("Ada@example.org", True)]


async def test_a_person_born_tomorrow_is_refused(database: PreparedDatabase) -> None:
    tomorrow = database.clock.now().date() + dt.timedelta(days=1)

    with pytest.raises(InvalidInput) as refused:
        await database.do(CreatePerson(person=NewPerson(given_name="Ada", birth_date=tomorrow)))

    assert refused.value.path == ("person", "birth_date")


async def test_an_identifier_names_one_party_of_a_tenant(database: PreparedDatabase) -> None:
    identifier = NewExternalIdentifier(system="crm", value="17")
    ada = await database.do(CreatePerson(person=ADA, external_identifiers=(identifier,)))
    bob = await database.do(CreatePerson(person=NewPerson(display_name="Bob")))
    stranger = await database.tenant("Duvets")

    with pytest.raises(Conflict):
        await database.do(AddExternalIdentifier(party_id=bob.id, identifier=identifier))
    with pytest.raises(NotFound):
        await database.do(AddExternalIdentifier(party_id=ada.id, identifier=identifier), actor=stranger)
    await database.do(CreatePerson(person=ADA, external_identifiers=(identifier,)), actor=stranger)


async def test_an_update_tells_absent_from_null(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=ADA))

    outcome = await database.execute(UpdatePerson(id=person.id, version=1, language=None))

    changed = outcome.value
    assert (changed.language, changed.birth_date, changed.version) == (None, dt.date(1815, 12, 10), 2)
    assert [committed.event.payload()["fields"] for committed in outcome.events] == [["language"]]


async def test_a_display_name_follows_the_names_it_was_made_of_and_no_others(database: PreparedDatabase) -> None:
    made = await database.do(CreatePerson(person=ADA))
    chosen = await database.do(CreatePerson(person=NewPerson(given_name="Ada", display_name="Countess")))

    made = await database.do(UpdatePerson(id=made.id, version=1, family_name="Byron"))
    chosen = await database.do(UpdatePerson(id=chosen.id, version=1, family_name="Byron"))

    assert (made.display_name, chosen.display_name) == ("Ada Byron", "Countess")


async def test_an_update_from_an_older_version_is_a_conflict(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=ADA))
    await database.do(UpdatePerson(id=person.id, version=1, given_name="Augusta"))

    with pytest.raises(Conflict) as refused:
        await database.do(UpdatePerson(id=person.id, version=1, given_name="Ada"))

    assert refused.value.path == ("version",)


async def test_an_update_that_changes_nothing_keeps_the_version_and_tells_nobody(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=ADA))

    outcome = await database.execute(UpdatePerson(id=person.id, version=1, given_name="Ada"))

    assert (outcome.value.version, outcome.events) == (1, ())


async def test_a_person_is_no_organization(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=ADA))

    with pytest.raises(NotFound):
        await database.do(UpdateOrganization(id=person.id, version=1, legal_name="Ada Ltd"))


async def test_the_new_preferred_medium_takes_the_place_of_the_old_one(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=ADA))
    for value in ("a@example.org", "b@example.org"):
        medium = NewContactMedium(kind=ContactKind.EMAIL, value=value, preferred=True)
        await database.do(AddContactMedium(party_id=person.id, medium=medium))
    phone = NewContactMedium(kind=ContactKind.PHONE, value="+41 44 668 18 00", preferred=True)
    await database.do(AddContactMedium(party_id=person.id, medium=phone))

    media = await database.do(lambda uow: uow.select(select(ContactMedium).order_by(ContactMedium.value)))

    assert [(medium.value, medium.preferred) for medium in media] == [
        ("+41446681800", True),
        ("a@example.org", False),
        ("b@example.org", True),
    ]


async def test_the_same_address_written_otherwise_is_the_same(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=ADA))
    medium = NewContactMedium(kind=ContactKind.PHONE, value="+41 44 668 18 00")
    await database.do(AddContactMedium(party_id=person.id, medium=medium))

    again = NewContactMedium(kind=ContactKind.PHONE, value="+41446681800")
    with pytest.raises(Conflict):
        await database.do(AddContactMedium(party_id=person.id, medium=again))


async def test_an_organization_is_placed_and_taken_to_the_top(database: PreparedDatabase) -> None:
    group = await company(database, "Group")
    division = await company(database, "Division")

    placed = await database.execute(SetParent(id=division.id, version=1, parent_id=group.id))
    at_top = await database.do(SetParent(id=division.id, version=2, parent_id=None))

    assert [committed.event.type for committed in placed.events] == ["organization.placed"]
    assert (at_top.parent_id, at_top.version) == (None, 3)


async def test_a_hierarchy_has_no_circle(database: PreparedDatabase) -> None:
    top = await company(database, "Top")
    middle = await company(database, "Middle", parent=top.id)
    bottom = await company(database, "Bottom", parent=middle.id)

    for below in (top, middle, bottom):
        with pytest.raises(InvalidInput) as refused:
            await database.do(SetParent(id=top.id, version=1, parent_id=below.id))
        assert refused.value.path == ("parent_id",)


async def test_a_hierarchy_has_at_most_twenty_levels(database: PreparedDatabase) -> None:
    parent: uuid.UUID | None = None
    for level in range(20):
        parent = (await company(database, f"Level {level}", parent=parent)).id

    with pytest.raises(InvalidInput) as made:
        await company(database, "Too deep", parent=parent)
    top = await company(database, "Top")
    await company(database, "Below", parent=top.id)
    nineteenth = await database.do(lambda uow: uow.find(Organization, display_name="Level 18"))
    with pytest.raises(InvalidInput) as moved:
        await database.do(SetParent(id=top.id, version=1, parent_id=nineteenth.id))

    assert made.value.path == ("organization", "parent_id")
    assert moved.value.path == ("parent_id",)


async def test_two_moves_at_once_make_no_circle(database: PreparedDatabase) -> None:
    left, right = await company(database, "Left"), await company(database, "Right")

    results = await asyncio.gather(
        database.do(SetParent(id=left.id, version=1, parent_id=right.id)),
        database.do(SetParent(id=right.id, version=1, parent_id=left.id)),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["InvalidInput", "Organization"]


async def test_a_parent_of_another_tenant_is_not_found(database: PreparedDatabase) -> None:
    own = await company(database, "Own")
    stranger = await database.tenant("Duvets")
    new = CreateOrganization(organization=NewOrganization(legal_name="Theirs"))
    theirs = await database.do(new, actor=stranger)

    for parent_id in (theirs.id, uuid.uuid4()):
        with pytest.raises(NotFound) as refused:
            await database.do(SetParent(id=own.id, version=1, parent_id=parent_id))
        assert refused.value.path == ("parent_id",)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (ContactKind.EMAIL, "Ada.Lovelace@EXAMPLE.org", "Ada.Lovelace@example.org"),
        (ContactKind.EMAIL, "info@bücher.example", "info@bücher.example"),
        (ContactKind.PHONE, "+1 (202) 456-1111", "+12024561111"),
        (ContactKind.PHONE, "+41 44 668 18 00", "+41446681800"),
        (ContactKind.ADDRESS, " Bahnhofstrasse 1\n8001  Zürich ", "Bahnhofstrasse 1 8001 Zürich"),
    ],
)
def test_a_contact_medium_is_kept_in_normal_form(kind: ContactKind, value: str, kept: str) -> None:
    assert NewContactMedium(kind=kind, value=value).value == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ContactKind.EMAIL, "ada"),
        (ContactKind.EMAIL, "ada@example.org\x00"),
        (ContactKind.PHONE, "044 668 18 00"),
        (ContactKind.PHONE, "+41 1"),
        (ContactKind.PHONE, "no number"),
        (ContactKind.ADDRESS, "  "),
        (ContactKind.ADDRESS, "a\x00b"),
        (ContactKind.ADDRESS, "x" * 501),
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(kind: ContactKind, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        NewContactMedium(kind=kind, value=value)

    assert refused.value.path == ("value",)
    assert value.strip() == "" or value not in refused.value.message


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: NewPerson(), ("display_name",)),
        (lambda: NewPerson(given_name=" "), ("given_name",)),
        (lambda: NewPerson(given_name="A\x00"), ("given_name",)),
        (lambda: NewPerson(given_name="\ud800"), ("given_name",)),
        (lambda: NewPerson(given_name="A" * 201), ("given_name",)),
        (lambda: NewPerson(given_name="Ada", language="english"), ("language",)),
        (lambda: NewOrganization(), ("display_name",)),
        (lambda: NewOrganization(legal_name="Ada Ltd", industry="62.01"), ("industry",)),
        (lambda: NewExternalIdentifier(system="", value="1"), ("system",)),
        (lambda: UpdatePerson(id=uuid.uuid4(), version=1, display_name=None), ("display_name",)),  # type: ignore[arg-type]
        (
            lambda: CreatePerson(
                person=ADA,
                contact_media=tuple(
                    NewContactMedium(kind=ContactKind.EMAIL, value=f"{name}@example.org", preferred=True)
                    for name in "ab"
                ),
            ),
            ("contact_media", 0, "preferred"),
        ),
    ],
)
def test_a_command_checks_its_form_when_it_is_made(make: Any, path: tuple[str | int, ...]) -> None:
    with pytest.raises(PublicError) as refused:
        make()

    assert (refused.value.public_code, refused.value.path) == ("INVALID_INPUT", path)


def test_texts_are_stripped() -> None:
    assert NewPerson(given_name=" Ada ", family_name="Lovelace ").shown_name == "Ada Lovelace"
    assert NewOrganization(legal_name="Ada Ltd", unit_kind=UnitKind.COMPANY, industry="J62").shown_name == "Ada Ltd"
