"""Two customers become one and two again, with rows of every kind the core and all plugins have, on both databases."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select
from tests.plugins.canaries import Maker, Subject

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.duplicates.commands import MergeCustomers, UndoMerge
from patron_core.duplicates.merging import Merged, preview_merge
from patron_core.duplicates.models import MatchKey, MergedRow
from patron_core.duplicates.survivorship import FieldChoice, MergeField, MergeSide
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.parties.commands import NewContactMedium, NewOrganization, NewPerson, SetParent
from patron_core.parties.models import ContactKind, ContactMedium, Organization, Party, Person
from patron_core.privacy.commands import EraseParty, PlaceLegalHold
from patron_core.privacy.subjects import kinds_here, rows_about
from patron_core.records import table_of
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase

_BOOKKEEPING = {"audit_entry", "outbox_event", "event_counter", "idempotency_record", "match_key", "audit_seal"}
_RECEIPTS = {"party_merge", "party_merge_undo", "merged_row"}
_MOVING = {"version", "updated_at"}


def both(uow: UnitOfWork) -> tuple[Subject, Subject]:
    """Two persons with a row of every kind each, who may be merged."""
    maker = Maker(uow)
    made = maker.subject("A", Person), maker.subject("B", Person)
    uow.update_rows(Customer, values={"deleted_at": None})
    uow.update_rows(Party, values={"deleted_at": None})
    return made


def everything(uow: UnitOfWork) -> dict[str, dict[uuid.UUID, dict[str, Any]]]:
    """All rows of all tables, without what a change and its undoing leave behind: versions, receipts, the audit."""
    found: dict[str, dict[uuid.UUID, dict[str, Any]]] = {}
    for model in kinds_here(uow):
        table = table_of(model)
        if table.name in _BOOKKEEPING | _RECEIPTS:
            continue
        blind = {column.name for column in table.columns if column.name.endswith("_bidx")}
        rows = uow.rows(select(table).where(table.c.tenant_id == uow.tenant_id))
        found[table.name] = {
            row.id: {n: _plain(uow, table, n, row.id, v) for n, v in row._mapping.items() if n not in _MOVING | blind}
            for row in rows
        }
    return found


def _plain(uow: UnitOfWork, table: Any, name: str, id_: uuid.UUID, value: Any) -> Any:
    if type(value).__name__ == "Ciphertext":
        return uow.session.sealer.text_at(table, name, id_, value)
    return value


async def merged(database: PreparedDatabase, a: Subject, b: Subject) -> Merged:
    done: Merged = await database.do(MergeCustomers(source_id=a.rows[Customer], target_id=b.rows[Customer]))
    return done


async def test_a_merge_moves_every_row_of_every_plugin_and_an_undo_brings_all_back(database: PreparedDatabase) -> None:
    a, b = await database.do(both)
    before = await database.do(everything)
    ids = {"source_id": a.rows[Customer], "target_id": b.rows[Customer]}
    preview = await database.do(lambda uow: preview_merge(uow, **ids))
    assert await database.do(everything) == before

    done = await merged(database, a, b)

    left = await database.do(lambda uow: rows_about(uow, a.party_id))
    assert left == {Party: {a.party_id}}
    assert {m.outcome for m in preview.moved.meetings} == {"both", "dropped"}
    kinds = {m.record_type for m in preview.moved.meetings} | preview.moved.counts.keys()
    assert {"Customer", "LoyaltyMember", "Guest", "Patient", "KycProfile", "AccountParty", "PointsEntry"} <= kinds
    moved = await database.do(
        lambda uow: uow.select(select(MergedRow.table_name).where(MergedRow.merge_id == done.merge.id))
    )
    assert len(moved) == done.merge.rows

    undone = await database.do(UndoMerge(id=done.merge.id))

    after = await database.do(everything)
    assert undone.restored.id == a.rows[Customer]
    assert after == before


async def test_a_preview_counts_what_the_merge_does(database: PreparedDatabase) -> None:
    a, b = await database.do(both)
    ids = {"source_id": a.rows[Customer], "target_id": b.rows[Customer]}
    preview = await database.do(lambda uow: preview_merge(uow, **ids))

    done = await merged(database, a, b)

    rows = await database.do(lambda uow: uow.rows(select(MergedRow.change, MergedRow.table_name, MergedRow.record_id)))
    dropped = {(r.table_name, r.record_id) for r in rows if r.change.name == "DROPPED" and r.record_id != a.party_id}
    names = {model.__name__: table_of(model).name for model in await database.do(kinds_here)}
    told = {(names[m.record_type], m.other) for m in preview.moved.meetings if m.outcome == "dropped"}
    assert told - dropped == {(table_of(MatchKey).name, id_) for table, id_ in told if table == "match_key"}
    assert dropped <= told
    assert done.merge.rows > len(dropped)


async def test_the_party_that_goes_says_what_it_became_and_holds_nothing_of_its_own(database: PreparedDatabase) -> None:
    a, b = await database.do(both)

    await merged(database, a, b)

    party = await database.do(lambda uow: uow.get(Person, a.party_id))
    assert (party.merged_into_id, party.display_name, party.family_name) == (b.party_id, "Merged", None)
    assert party.deleted_at is not None


async def test_who_forgets_the_one_that_stayed_forgets_the_journal_and_then_nothing_is_undone(
    database: PreparedDatabase,
) -> None:
    a, b = await database.do(both)
    done = await merged(database, a, b)

    await database.do(EraseParty(party_id=b.party_id, reason="A letter of 14 March."))

    left = await database.do(lambda uow: uow.select(select(MergedRow.id).where(MergedRow.merge_id == done.merge.id)))
    assert left == []
    with pytest.raises(Conflict, match="not known any more"):
        await database.do(UndoMerge(id=done.merge.id))


async def test_an_undo_is_refused_with_the_rows_that_changed_since(database: PreparedDatabase) -> None:
    a, b = await database.do(both)
    done = await merged(database, a, b)
    medium = a.rows[ContactMedium]
    await database.do(
        lambda uow: uow.update_rows(ContactMedium, ContactMedium.id == medium, values={"preferred": False})
    )

    with pytest.raises(Conflict, match=f"ContactMedium ctm_{medium} changed since"):
        await database.do(UndoMerge(id=done.merge.id))


async def person(database: PreparedDatabase, name: str, **more: Any) -> Customer:
    made: Customer = await database.do(CreateCustomer(person=NewPerson(given_name=name, **more)))
    return made


async def test_what_is_chosen_stays_and_what_is_missing_is_filled(database: PreparedDatabase) -> None:
    source = await person(database, "Ada", family_name="Birch", language="de-CH")
    target = await person(database, "Adah")
    chosen = FieldChoice(field=MergeField.GIVEN_NAME, side=MergeSide.SOURCE)

    done = await database.do(MergeCustomers(source_id=source.id, target_id=target.id, survivors=(chosen,)))

    party = await database.do(lambda uow: uow.get(Person, done.customer.party_id))
    assert (party.given_name, party.family_name, party.language) == ("Ada", "Birch", "de-CH")
    assert party.display_name == "Adah"


async def test_merges_that_make_no_sense_are_refused(database: PreparedDatabase) -> None:
    ada, bob = await person(database, "Ada"), await person(database, "Bob")
    firm = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Birch Ltd")))
    stranger = await database.tenant("Curtains")
    theirs = await database.do(CreateCustomer(person=NewPerson(given_name="Ada")), actor=stranger)

    async def merge(source: Customer, target: Customer) -> None:
        await database.do(MergeCustomers(source_id=source.id, target_id=target.id))

    with pytest.raises(InvalidInput, match="itself"):
        await merge(ada, ada)
    with pytest.raises(InvalidInput, match="cannot become"):
        await merge(ada, firm)
    with pytest.raises(NotFound):
        await merge(ada, theirs)
    await database.do(PlaceLegalHold(party_id=bob.party_id, reason="A lawsuit."))
    for pair in ((ada, bob), (bob, ada)):
        with pytest.raises(Conflict, match="legal hold"):
            await merge(*pair)


async def test_a_merge_on_a_merge_is_taken_back_in_the_reverse_order(database: PreparedDatabase) -> None:
    a, b, c = [await person(database, name) for name in ("Ada", "Bob", "Cara")]
    first = await database.do(MergeCustomers(source_id=a.id, target_id=b.id))
    second = await database.do(MergeCustomers(source_id=b.id, target_id=c.id))
    chain = await database.do(lambda uow: uow.get(Party, a.party_id))

    assert chain.merged_into_id == c.party_id
    with pytest.raises(Conflict):
        await database.do(UndoMerge(id=first.merge.id))
    await database.do(UndoMerge(id=second.merge.id))
    await database.do(UndoMerge(id=first.merge.id))
    names = await database.do(lambda uow: uow.select(select(Party.display_name).order_by(Party.display_name)))
    again = await database.do(MergeCustomers(source_id=a.id, target_id=b.id))

    assert names == ["Ada", "Bob", "Cara"]
    assert again.customer.id == b.id


async def test_organizations_are_not_merged_into_a_circle(database: PreparedDatabase) -> None:
    top, middle, low = [
        await database.do(CreateCustomer(organization=NewOrganization(legal_name=name))) for name in ("T", "M", "L")
    ]
    for child, parent in ((middle, top), (low, middle)):
        await database.do(SetParent(id=child.party_id, version=1, parent_id=parent.party_id))

    with pytest.raises(InvalidInput, match="part of itself"):
        await database.do(MergeCustomers(source_id=top.id, target_id=low.id))
    await database.do(MergeCustomers(source_id=middle.id, target_id=low.id))

    place = await database.do(lambda uow: uow.get(Organization, low.party_id))
    assert place.parent_id is None


async def test_of_two_preferred_addresses_one_stays_preferred_after_a_merge(database: PreparedDatabase) -> None:
    made = []
    for name in ("ada", "bob"):
        mail = NewContactMedium(kind=ContactKind.EMAIL, value=f"{name}@example.com", preferred=True)
        command = CreateCustomer(person=NewPerson(given_name=name), contact_media=(mail,))
        made.append(await database.do(command))

    await database.do(MergeCustomers(source_id=made[0].id, target_id=made[1].id))

    media = await database.do(lambda uow: uow.select(select(ContactMedium).where(ContactMedium.preferred.is_(True))))
    assert [medium.value for medium in media] == ["bob@example.com"]
