"""Segments: one statement for a refresh, who came and left, what is refused; conditions that do not fit any more."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer, UpdateCustomer
from patron_core.errors import Conflict, Forbidden, InvalidInput, LimitExceeded
from patron_core.messages import Actor
from patron_core.parties.commands import NewOrganization
from patron_core.plugins import Plugins
from patron_core.segments.commands import CreateSegment, RefreshSegment, RetireSegment, UpdateSegment
from patron_core.segments.mixing import mix
from patron_core.segments.models import Segment, SegmentMembership, SegmentStatus
from patron_core.unit_of_work import UnitOfWork
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase

from .statements import counted_statements

ADA = {"owner": {"eq": "ada"}}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """All of them, with the planner that the API lends."""
    return load_plugins()


async def customers(database: PreparedDatabase, *owners: str) -> list[Any]:
    """A customer for each owner."""

    def work(uow: UnitOfWork) -> list[Any]:
        made = (
            CreateCustomer(organization=NewOrganization(legal_name=f"{o} {n}"), owner=o) for n, o in enumerate(owners)
        )
        return [uow.handle(command) for command in made]

    found: list[Any] = await database.do(work)
    return found


async def memberships(database: PreparedDatabase) -> list[SegmentMembership]:
    """All of them, in the order in which they began."""
    row = SegmentMembership
    found: list[SegmentMembership] = await database.do(
        lambda uow: uow.select(select(row).order_by(row.entered_at, row.id))
    )
    return found


async def test_a_refresh_is_one_statement_however_many_come_and_leave(database: PreparedDatabase) -> None:
    made = await customers(database, *["ada"] * 30, *["ben"] * 30)
    segment = await database.do(
        CreateSegment(
            name="Ada's", customers={**ADA, "loyalty": {"points": {"isNull": True}}, "not": {"purchases": {"some": {}}}}
        )
    )
    members = await database.do(CreateSegment(name="All of Ada's", customers=ADA))

    for id_ in (segment.id, members.id):
        with counted_statements() as statements:
            await database.do(RefreshSegment(id=id_))
        assert len([text for text in statements if "segment_membership" in text]) == 1
    assert len([row for row in await memberships(database) if row.segment_id == members.id]) == 30

    for customer in made[:10]:
        await database.do(UpdateCustomer(id=customer.id, version=customer.version, owner="ben"))
    database.clock.advance(dt.timedelta(hours=1))
    with counted_statements() as statements:
        outcome = await database.execute(RefreshSegment(id=members.id))
    assert len([text for text in statements if "segment_membership" in text]) == 1
    assert sorted({event.event.type for event in outcome.events}) == ["segment.left", "segment.refreshed"]
    left = [row for row in await memberships(database) if row.left_at is not None]
    assert (len(left), {row.left_at for row in left}, {row.version for row in left}) == (
        10,
        {database.clock.now()},
        {2},
    )


async def test_many_who_come_are_told_together(database: PreparedDatabase) -> None:
    await customers(database, *["ada"] * 101)
    segment = await database.do(CreateSegment(name="Ada's", customers=ADA))

    outcome = await database.execute(RefreshSegment(id=segment.id))

    (told,) = [event.event for event in outcome.events]
    assert (told.type, told.entered, told.left, told.members) == ("segment.refreshed", 101, 0, 101)


async def test_ids_of_memberships_are_made_by_the_database_and_begin_with_their_time(
    database: PreparedDatabase,
) -> None:
    await customers(database, "ada", "ada")
    segment = await database.do(CreateSegment(name="Ada's", customers=ADA))
    await database.do(RefreshSegment(id=segment.id))

    rows = await memberships(database)

    assert {(row.id.version, row.id.variant) for row in rows} == {(7, "specified in RFC 4122")}
    assert [row.id for row in rows] == sorted({row.id for row in rows})
    assert {int(str(row.id).replace("-", "")[:12], 16) for row in rows} == {
        int(database.clock.now().timestamp() * 1000)
    }


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ({"nobody": {"eq": "ada"}}, ("customers",)),
        ({"owner": {"like": "ada"}}, ("customers", "owner", "like")),
        ({"owner": {"lt": 5}}, ("customers",)),
        ({"owner": {"eq": ["ada"]}}, ("customers", "owner", "eq")),
    ],
)
async def test_a_condition_that_does_not_fit_is_refused_at_its_place(
    database: PreparedDatabase, where: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await database.do(CreateSegment(name="Ada's", customers=where))

    assert refused.value.path == path
    assert "ada" not in str(refused.value)


async def test_a_condition_has_at_most_fifty_nodes(database: PreparedDatabase) -> None:
    with pytest.raises(LimitExceeded):
        await database.do(CreateSegment(name="Ada's", customers={"or": [ADA] * 51}))


async def test_nobody_segments_by_what_they_may_not_filter_by(database: PreparedDatabase) -> None:
    clerk = Actor(database.tenant_id, "cleo", "user", scopes=("segment:write", "customer:read", "read:internal"))
    rich = {"transactions": {"some": {"amount": {"currencyCode": {"eq": "EUR"}}}}}

    await database.do(CreateSegment(name="Ada's", customers=ADA), actor=clerk)
    with pytest.raises(Forbidden):
        await database.do(CreateSegment(name="Rich", customers=rich), actor=clerk)
    await database.do(CreateSegment(name="Rich", customers=rich))


@pytest.mark.parametrize(
    "where", [{"patient": {"deceased": {"eq": False}}}, {"patient": {"observations": {"some": {}}}}]
)
async def test_nobody_segments_by_health(database: PreparedDatabase, where: dict[str, Any]) -> None:
    with pytest.raises(Forbidden, match="health"):
        await database.do(
            CreateSegment(name="Patients", customers=where), actor=replace(database.actor, purpose="TREAT")
        )


async def test_a_condition_that_fits_no_more_leaves_the_members_and_says_so(database: PreparedDatabase) -> None:
    await customers(database, "ada")
    segment = await database.do(CreateSegment(name="Ada's", customers=ADA))
    await database.do(RefreshSegment(id=segment.id))

    def spoil(uow: UnitOfWork) -> None:
        row = uow.get(Segment, segment.id)
        row.condition = row.condition.replace("owner", "gone")

    await database.do(spoil)
    broken = await database.do(RefreshSegment(id=segment.id))
    assert (broken.status, broken.problem, broken.member_count) == (SegmentStatus.BROKEN, "INVALID_INPUT", 1)

    mended = await database.do(
        UpdateSegment(id=segment.id, version=broken.version, customers={"owner": {"in": ["ada"]}})
    )
    assert (mended.status, mended.problem, mended.revision) == (SegmentStatus.ACTIVE, None, 2)


async def test_a_retired_segment_has_nobody_and_changes_no_more(database: PreparedDatabase) -> None:
    await customers(database, "ada")
    segment = await database.do(CreateSegment(name="Ada's", customers=ADA))
    segment = await database.do(RefreshSegment(id=segment.id))

    retired = await database.do(RetireSegment(id=segment.id, version=segment.version))

    assert (retired.status, retired.member_count) == (SegmentStatus.RETIRED, 0)
    assert [row.left_at for row in await memberships(database)] == [database.clock.now()]
    with pytest.raises(Conflict):
        await database.do(RefreshSegment(id=segment.id))


async def test_a_mix_is_read_in_two_statements_and_has_limits(database: PreparedDatabase) -> None:
    today = database.clock.now().date()
    await database.do(CreateSegment(name="Ada's", customers=ADA))

    def asked(days: int) -> Any:
        return lambda uow: mix(uow, start=today, end=today + dt.timedelta(days=days))

    with counted_statements() as statements:
        assert len(await database.do(asked(92))) == 92
    assert len([text for text in statements if "FROM segment" in text]) == 2
    for days in (0, 93):
        with pytest.raises(InvalidInput):
            await database.do(asked(days))
