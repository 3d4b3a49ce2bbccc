"""Credentials: one Bearer token in one Authorization header, and nothing is answered without a valid key."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from patron_core.access.authentication import Authenticator
from patron_core.access.commands import RevokeKey
from patron_core.access.keys import KeyText
from patron_core.access.models import ApiKey
from patron_core.access.service import create_key
from patron_core.database import open_database
from patron_core.errors import Unauthenticated, Unavailable
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.authentication import Authentication, bearer_token
from patron_schema.testing.databases import Databases, PreparedDatabase

pytestmark = pytest.mark.security


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({})


def header(value: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"localhost"), (b"authorization", value.encode())]


def authentication(database: PreparedDatabase) -> Authentication:
    return Authentication(Authenticator(database.database, clock=database.clock))


@pytest.mark.parametrize("value", ["Bearer abc", "bearer abc", "BEARER   abc", " Bearer abc "])
def test_a_bearer_token_is_read(value: str) -> None:
    assert bearer_token(header(value)) == "abc"


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ([], "No credential was sent."),
        ([(b"x-api-key", b"abc"), (b"cookie", b"authorization=Bearer abc")], "No credential was sent."),
        ([*header("Bearer abc"), *header("Bearer abc")], "The credential is not clear."),
        (header(""), "The credential cannot be read."),
        (header("Bearer"), "The credential cannot be read."),
        (header("Bearer "), "The credential cannot be read."),
        (header("Basic YWJjOmFiYw=="), "The credential cannot be read."),
        (header("abc"), "The credential cannot be read."),
        (header("Bearer abc def"), "The credential cannot be read."),
        (header("Bearer abc, Bearer def"), "The credential cannot be read."),
        (header("Bearer äöü"), "The credential cannot be read."),
        (header("Bearer " + "a" * 10_000), "The credential cannot be read."),
        ([(b"authorization", b"Bearer \xff\x00")], "The credential cannot be read."),
    ],
)
def test_anything_else_is_no_credential(headers: list[tuple[bytes, bytes]], says: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        bearer_token(headers)

    assert caught.value.message.startswith(says)


async def test_a_valid_key_is_its_tenants_actor(database: PreparedDatabase) -> None:
    text = await database.key(scopes=["party:read"])

    actor = await authentication(database)(header(f"Bearer {text}"))

    assert (actor.tenant_id, actor.kind, actor.scopes, actor.roles) == (database.tenant_id, "app", ("party:read",), ())


async def test_a_key_with_another_secret_or_tenant_is_refused(database: PreparedDatabase) -> None:
    text = await database.key()
    other = await database.tenant("Others")
    key = KeyText.parse(text)
    assert key is not None
    wrong = [
        text[:-1] + ("A" if text[-1] != "A" else "B"),
        KeyText(other.tenant_id, key.key_id, key.secret).text(),
        text.upper(),
        text + "A",
        "patron_",
        "null",
        "' OR 1=1 --",
    ]

    texts = set()
    for credential in wrong:
        with pytest.raises(Unauthenticated) as caught:
            await authentication(database)(header(f"Bearer {credential}"))
        texts.add(caught.value.message.partition(".")[0])
    assert texts <= {"The credential is not valid", "The credential cannot be read"}


async def test_an_expired_or_revoked_key_is_refused(database: PreparedDatabase) -> None:
    arguments: dict[str, Any] = {"tenant_id": database.tenant_id, "clock": database.clock, "ids": database.ids}
    _, expiring = await create_key(
        database.database, name="soon", expires_at=database.clock.now() + dt.timedelta(minutes=1), **arguments
    )
    key, revoked = await create_key(database.database, name="later revoked", **arguments)
    door = authentication(database)
    for text in (expiring, revoked):
        assert isinstance(key, ApiKey)
        await door(header(f"Bearer {text}"))

    await database.do(RevokeKey(id=key.id))
    database.clock.advance(dt.timedelta(minutes=1))

    for text in (expiring, revoked):
        with pytest.raises(Unauthenticated):
            await door(header(f"Bearer {text}"))


async def test_a_database_without_tables_is_unavailable_and_says_what_to_run(
    database: PreparedDatabase, databases: Databases, tmp_path: Path
) -> None:
    text = await database.key()
    empty = f"sqlite:///{tmp_path}/empty.db"
    if database.dialect == "postgresql":
        assert databases.server is not None
        empty = databases.server.create_database()
    opened = open_database(Settings(database_url=empty))

    try:
        with pytest.raises(Unavailable, match="Run `patron migrate`") as caught:
            await Authentication(Authenticator(opened, clock=database.clock))(header(f"Bearer {text}"))
    finally:
        await opened.close()
        databases.drop(empty)

    assert caught.value.status == 503
