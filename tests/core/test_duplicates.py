"""Who is twice in the books: sounds, keys and points are decisions on values; the job finds pairs and keeps what was decided."""

from __future__ import annotations

import datetime as dt
import random
import time
import uuid
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.duplicates.finding import duplicates_of, find_duplicates
from patron_core.duplicates.models import DuplicateCandidate, MatchKey
from patron_core.duplicates.scoring import DuplicateReason, Facts, compare, keys_of, sound
from patron_core.hookspecs import Step
from patron_core.parties.commands import NewContactMedium, NewPerson, UpdatePerson
from patron_core.parties.models import ContactKind, ContactMedium, PartyKind, Person
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Period
from patron_schema.testing.databases import PreparedDatabase

BORN = dt.date(1980, 2, 1)


def person(name: str, **more: Any) -> Facts:
    return Facts(uuid.uuid4(), PartyKind.PERSON, (name,), **more)


@pytest.mark.parametrize(
    ("word", "code"),
    # The examples of the US National Archives.
    [("Washington", "w252"), ("Lee", "l000"), ("Gutierrez", "g362"), ("Pfister", "p236"), ("Jackson", "j250"),
     ("Tymczak", "t522"), ("Ashcraft", "a261"), ("VanDeusen", "v532"), ("Müller", "m460"), ("李小龍", "李小龍")],
)  # fmt: skip
def test_words_that_sound_alike_have_one_code(word: str, code: str) -> None:
    assert sound(word) == code


@pytest.mark.parametrize(
    ("other", "score", "reasons"),
    [
        (person("Birch Ada"), 40, {"SIMILAR_NAME"}),
        (person("Ada Birch", birth_date=BORN), 65, {"SIMILAR_NAME", "SAME_BIRTH_DATE"}),
        (person("Ada Birch", birth_date=dt.date(1990, 1, 1)), 0, {"SIMILAR_NAME"}),
        (person("Zoe Quince", emails=frozenset({"ada@x.example"})), 45, {"SAME_EMAIL"}),
        (person("Ada Birch", emails=frozenset({"ada@x.example"})), 85, {"SIMILAR_NAME", "SAME_EMAIL"}),
        (person("Ada Birch", phones=frozenset({"+41446681800"})), 75, {"SIMILAR_NAME", "SAME_PHONE"}),
        (person("Ada Birch", identifiers=frozenset({("crm", "S-1001")})), 70, {"SIMILAR_NAME", "SAME_IDENTIFIER"}),
        (person("Ada Birch", identifiers=frozenset({("shop", "S-1002")})), 40, {"SIMILAR_NAME"}),
        (person("Ada Birch", addresses=frozenset({"Lakeside 12, Bern"})), 55, {"SIMILAR_NAME", "SIMILAR_ADDRESS"}),
    ],
)
def test_points_say_what_speaks_for_it(other: Facts, score: int, reasons: set[str]) -> None:
    ada = person(
        "Ada Birch",
        birth_date=BORN,
        emails=frozenset({"ada@x.example"}),
        phones=frozenset({"+41446681800"}),
        addresses=frozenset({"lakeside 12 bern"}),
        identifiers=frozenset({("shop", "S-1001")}),
    )

    found = compare(ada, other)

    assert (found.score, {reason.name for reason in found.reasons}) == (score, reasons)
    assert compare(other, ada) == found
    assert {*found.reasons} <= {*DuplicateReason}


def test_a_company_is_compared_without_its_legal_form_and_never_with_a_person() -> None:
    firm = Facts(None, PartyKind.ORGANIZATION, ("Birch Bakery Ltd",))

    assert compare(firm, replace(firm, names=("Birch Bakery GmbH",))).name_similarity == 100
    assert compare(firm, replace(firm, kind=PartyKind.PERSON)).score == 0
    assert keys_of(firm) == keys_of(replace(firm, names=("birch bakery inc.",)))


def test_names_share_a_key_in_any_order_and_when_a_letter_is_wrong() -> None:
    names = ("Ada Birch", "Birch Ada", "Adah Burch", "ADA BIRCH")

    keys = [keys_of(person(name)) for name in names]

    assert keys[0] == keys[1] == keys[2] == keys[3]


async def run(database: PreparedDatabase, **arguments: Any) -> int:
    """The job, all its steps; how many there were."""
    step, steps = Step(arguments=arguments, state={}, done=0), 1
    while (progress := await database.do(lambda uow, step=step: find_duplicates(step, uow))) is not None:
        step, steps = Step(arguments=arguments, state=progress.state, done=progress.done), steps + 1
    return steps


async def candidates(database: PreparedDatabase) -> list[DuplicateCandidate]:
    found: list[DuplicateCandidate] = await database.do(lambda uow: uow.select(select(DuplicateCandidate)))
    return found


def new(name: str, mail: str | None = None) -> CreateCustomer:
    given, family = name.split()
    media = () if mail is None else (NewContactMedium(kind=ContactKind.EMAIL, value=mail),)
    return CreateCustomer(person=NewPerson(given_name=given, family_name=family), contact_media=media)


async def test_the_job_follows_what_becomes_known_and_can_be_run_again(database: PreparedDatabase) -> None:
    one = await database.do(new("Ada Birch", "ada@example.com"))
    await database.do(new("Ada Burch", "ada@example.com"))
    await run(database)
    await run(database)
    (first,) = await candidates(database)

    await database.do(UpdatePerson(id=one.party_id, version=1, given_name="Zoe", family_name="Quince"))
    await run(database)

    assert (first.same_email, first.score, first.first_id) == (True, 74, one.party_id)
    assert await candidates(database) == []


async def test_the_minimum_is_an_argument(database: PreparedDatabase) -> None:
    await database.do(new("Ada Birch"))
    await database.do(new("Ada Birch"))

    await run(database)
    none = await candidates(database)
    await run(database, minimum=40)

    assert (none, [each.score for each in await candidates(database)]) == ([], [40])


async def test_a_number_that_many_share_tells_nothing(database: PreparedDatabase) -> None:
    def many(uow: UnitOfWork) -> None:
        names = [
            f"{first}{second}"
            for first in "BCDFGKLM"
            for second in ("anna", "ella", "irga", "osto", "umbra", "ylda", "acka")
        ]
        people = uow.add_many(Person, [{"display_name": f"{name} {name[::-1]}"} for name in names])
        switchboard = {
            "kind": ContactKind.PHONE,
            "value": "+41446681800",
            "preferred": False,
            "validity": Period(None, None),
        }
        uow.add_many(ContactMedium, [{"party_id": id_, **switchboard} for id_ in people])

    await database.do(many)
    await run(database, minimum=35)

    keys = await database.do(
        lambda uow: uow.select(select(func.count(MatchKey.id)).where(MatchKey.key == "p:+41446681800"))
    )
    assert keys == [56]
    assert all(not each.same_phone or each.name_similarity > 60 for each in await candidates(database))


async def test_a_draft_finds_addresses_before_the_job_has_run(database: PreparedDatabase) -> None:
    made = await database.do(new("Ada Birch", "ada@example.com"))
    draft = Facts(None, PartyKind.PERSON, ("Ada Birch",), emails=frozenset({"ada@example.com"}))

    found = await database.do(lambda uow: duplicates_of(draft, uow, most=5))

    assert [(id_, evidence.score) for id_, evidence in found] == [(made.party_id, 85)]


@pytest.mark.soak
async def test_ten_thousand_parties_take_no_minutes(database: PreparedDatabase) -> None:
    chance = random.Random(6)
    syllables = ["ba", "do", "fi", "gu", "ke", "la", "mo", "ni", "pu", "ra", "so", "ti", "ve", "zu"]

    def word() -> str:
        return "".join(chance.choice(syllables) for _ in range(3)).capitalize()

    people = [(word(), word(), dt.date(1950, 1, 1) + dt.timedelta(days=chance.randrange(20_000))) for _ in range(9_900)]
    people += [(f"{given}h", family, born) for given, family, born in people[:100]]
    for start in range(0, len(people), 1_000):
        rows = [
            {"display_name": f"{given} {family}", "given_name": given, "family_name": family, "birth_date": born}
            for given, family, born in people[start : start + 1_000]
        ]
        await database.do(lambda uow, rows=rows: uow.add_many(Person, rows))

    began = time.perf_counter()
    steps = await run(database)
    seconds = time.perf_counter() - began

    print(f"{len(people)} parties, {steps} steps, {seconds:.1f} s")
    found = await candidates(database)
    assert len(found) >= 100
    assert seconds < 120
