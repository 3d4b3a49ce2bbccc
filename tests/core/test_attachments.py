"""Files that belong to rows: which are taken, who reads them, and that they are encrypted and go with their party."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from patron_core.attachments.commands import AddAttachment, RemoveAttachment
from patron_core.attachments.models import Attachment, AttachmentContent
from patron_core.channels.commands import DefineChannel
from patron_core.channels.models import Channel
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.parties.commands import NewOrganization
from patron_core.privacy.commands import EraseParty
from patron_schema.testing.databases import PreparedDatabase

PDF = b"%PDF-1.7 a contract"
PNG = b"\x89PNG\r\n\x1a\n picture"


def add(**given: Any) -> AddAttachment:
    content = given.pop("file", PDF)
    values = {"file_name": "contract.pdf", "content_type": "application/pdf", "about_id": f"cus_{uuid.uuid4()}"}
    return AddAttachment(**{"content": base64.b64encode(content).decode(), **values, **given})


async def customer(database: PreparedDatabase) -> Customer:
    made: Customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    return made


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"content": "no base64!"}, "content"),
        ({"file": b""}, "content"),
        ({"file": PNG}, "content"),
        ({"file": b"%PDF-" + b"x" * 500_000}, "content"),
        ({"content": "A" * 1_000_000}, "content"),
        ({"file": b"\xff\xfe", "content_type": "text/plain"}, "content"),
        ({"file": b"4111 1111 1111 1111", "content_type": "text/plain"}, "content"),
        ({"content_type": "text/html"}, "content_type"),
        ({"content_type": "image/svg+xml"}, "content_type"),
        ({"file_name": "../contract.pdf"}, "file_name"),
        ({"file_name": "a\\b.pdf"}, "file_name"),
    ],
)
def test_a_file_that_is_too_long_or_not_what_it_says_is_refused(given: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(**given)

    assert refused.value.path == (path,)


async def test_a_file_is_kept_encrypted_with_its_hash(database: PreparedDatabase) -> None:
    theirs = await customer(database)

    made: Attachment = await database.do(add(about_id=f"cus_{theirs.id}"))

    assert (made.party_id, made.size_bytes, made.sha256) == (theirs.party_id, len(PDF), hashlib.sha256(PDF).hexdigest())
    raw = await database.do(
        lambda uow: uow.session.connection().execute(text("SELECT content FROM attachment")).scalar()
    )
    assert raw.startswith("v1.")
    found = await database.do(lambda uow: uow.get(Attachment, made.id).content)
    assert base64.b64decode(found) == PDF


async def test_a_file_of_health_leaves_nothing_for_who_sees_no_health(database: PreparedDatabase) -> None:
    theirs = await customer(database)

    made: Attachment = await database.do(
        add(about_id=f"pty_{theirs.party_id}", holds=AttachmentContent.HEALTH, file=PNG, content_type="image/png")
    )

    assert (made.file_name, made.content, made.sha256) == (None, None, None)
    assert (made.health_file_name, made.health_content) == ("contract.pdf", base64.b64encode(PNG).decode())


async def test_a_file_belongs_to_a_row_about_somebody(database: PreparedDatabase) -> None:
    line = await database.do(DefineChannel(code="HOTLINE", kind=Channel.PHONE, name="Hot line"))

    with pytest.raises(InvalidInput) as refused:
        await database.do(add(about_id=f"chn_{line.id}"))

    assert refused.value.path == ("about_id",)


async def test_a_file_is_taken_away_and_goes_with_its_party(database: PreparedDatabase) -> None:
    theirs = await customer(database)
    first = await database.do(add(about_id=f"cus_{theirs.id}"))
    with pytest.raises(Conflict):
        await database.do(RemoveAttachment(id=first.id, version=2))
    await database.do(RemoveAttachment(id=first.id, version=1))
    await database.do(add(about_id=f"cus_{theirs.id}"))

    await database.do(EraseParty(party_id=theirs.party_id, reason="art. 17"))

    left = await database.do(
        lambda uow: uow.session.connection().execute(text("SELECT count(*) FROM attachment")).scalar()
    )
    assert left == 0
