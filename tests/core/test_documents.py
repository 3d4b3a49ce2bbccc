"""Trusted documents: registered once, never changed, removed again, and seen by their own tenant alone."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from sqlalchemy import select

from patron_core.audit.models import AuditEntry
from patron_core.documents.commands import NewDocument, RegisterDocuments, RemoveDocuments
from patron_core.documents.models import TrustedDocument
from patron_core.documents.registry import TrustedDocuments
from patron_core.documents.service import Registered
from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound
from patron_core.messages import Actor
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase

TEXT = "query Viewer { viewer { id } }"
SHA = hashlib.sha256(TEXT.encode()).hexdigest()


def registration(*documents: tuple[str, str]) -> RegisterDocuments:
    return RegisterDocuments(documents=tuple(NewDocument(id, text, ("Viewer",), "v.graphql") for id, text in documents))


def registry(database: PreparedDatabase) -> TrustedDocuments:
    return TrustedDocuments(database.database, clock=database.clock)


async def test_a_registered_document_is_found_by_its_id_and_by_its_hash(database: PreparedDatabase) -> None:
    assert await database.do(registration(("own", TEXT))) == Registered(1, 0)

    for document_id in ("own", SHA, f"sha256:{SHA}"):
        assert await registry(database).text(database.tenant_id, document_id) == TEXT
    for unknown in ("", "Own", "sha256:", "sha256:own", "0" * 64, f"sha256:{'0' * 64}"):
        assert await registry(database).text(database.tenant_id, unknown) is None


async def test_a_bare_hash_of_the_text_is_kept_with_its_prefix() -> None:
    assert NewDocument(SHA, TEXT).document_id == NewDocument(f"sha256:{SHA}", TEXT).document_id == f"sha256:{SHA}"


@pytest.mark.parametrize(
    "document_id", ["", f"sha256:{'0' * 64}", "0" * 64, "md5:abc", "a b", "ä", "x" * 129, "a:b", "x-y:", "\n"]
)
def test_ids_that_requests_could_not_name_are_refused(document_id: str) -> None:
    with pytest.raises(InvalidInput):
        NewDocument(document_id, TEXT)


@pytest.mark.parametrize("document_id", ["a", "0123456789abcdef0123456789abcdef", "x-relay:ab.c_~-1", "x" * 128])
def test_own_ids_are_letters_and_digits(document_id: str) -> None:
    assert NewDocument(document_id, TEXT).document_id == document_id


async def test_registering_again_changes_nothing(database: PreparedDatabase) -> None:
    await database.do(registration(("a", TEXT), ("b", TEXT)))

    again = await database.execute(registration(("a", TEXT), ("a", TEXT), ("b", TEXT), ("c", "{ viewer { name } }")))
    third = await database.execute(registration(("a", TEXT)))

    assert again.value == Registered(1, 2)
    assert [event.event.type for event in again.events] == ["documents.registered"]
    assert (third.value, third.events) == (Registered(0, 1), ())


async def test_an_id_keeps_its_text(database: PreparedDatabase) -> None:
    await database.do(registration(("a", TEXT)))

    with pytest.raises(Conflict):
        await database.do(registration(("new", TEXT), ("a", "{ other }")))

    assert await registry(database).text(database.tenant_id, "a") == TEXT
    assert await registry(database).text(database.tenant_id, "new") is None
    with pytest.raises(InvalidInput):
        registration(("b", "{ one }"), ("b", "{ two }"))


async def test_a_removed_document_is_gone(database: PreparedDatabase) -> None:
    await database.do(registration(("a", TEXT), (f"sha256:{SHA}", TEXT)))

    assert await database.do(RemoveDocuments(document_ids=(SHA,))) == 1
    assert await registry(database).text(database.tenant_id, SHA) == TEXT  # `a` has that text still
    assert await database.do(RemoveDocuments(document_ids=("a", "a"))) == 1

    assert await registry(database).text(database.tenant_id, SHA) is None
    with pytest.raises(NotFound):
        await database.do(RemoveDocuments(document_ids=("a",)))


async def test_another_tenant_knows_none_of_them(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Cushions")
    await database.do(registration(("a", TEXT)))

    found = registry(database)
    assert await found.text(database.tenant_id, "a") == TEXT
    assert await found.text(stranger.tenant_id, "a") is None
    assert await found.text(stranger.tenant_id, SHA) is None
    with pytest.raises(NotFound):
        await database.do(RemoveDocuments(document_ids=("a",)), actor=stranger)
    assert await database.do(registration(("a", "{ their own }")), actor=stranger) == Registered(1, 0)


async def test_registering_needs_its_scope_and_is_audited(database: PreparedDatabase) -> None:
    visitor = Actor(database.tenant_id, "key_x", "app", scopes=("customer:read",))
    with pytest.raises(Forbidden):
        await database.do(registration(("a", TEXT)), actor=visitor)

    await database.do(
        registration(("a", TEXT)), actor=Actor(database.tenant_id, "ci", "app", scopes=("document:register",))
    )

    def audited(uow: UnitOfWork) -> int:
        row = uow.find(TrustedDocument, document_id="a")
        assert row is not None
        return len(uow.rows(select(AuditEntry.id).where(AuditEntry.record_id == row.id)))

    assert await database.do(audited) == 1


async def test_a_registration_is_seen_a_second_later_and_a_removal_five(database: PreparedDatabase) -> None:
    found = registry(database)
    assert await found.text(database.tenant_id, "a") is None

    await database.do(registration(("a", TEXT)))
    assert await found.text(database.tenant_id, "a") is None
    database.clock.advance(dt.timedelta(seconds=1))
    assert await found.text(database.tenant_id, "a") == TEXT

    await database.do(RemoveDocuments(document_ids=("a",)))
    database.clock.advance(dt.timedelta(seconds=4))
    assert await found.text(database.tenant_id, "a") == TEXT
    database.clock.advance(dt.timedelta(seconds=1))
    assert await found.text(database.tenant_id, "a") is None
    assert (found.figures.hits, found.figures.misses) == (2, 3)
