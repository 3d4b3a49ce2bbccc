"""Guessing credentials: ten wrong tries a minute from an address or for a key, and no way to lock anybody else out."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from typing import Any

import pytest

from patron_core.access.authentication import Authenticator
from patron_core.access.keys import KeyText, new_secret
from patron_core.errors import RateLimited, Unauthenticated
from patron_core.plugins import Plugins
from patron_schema.addresses import client_address
from patron_schema.authentication import Authentication
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.wrong_tries import MOST_TRIES, WINDOW_SECONDS, WrongTries

pytestmark = pytest.mark.security


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({})


class Counting(Authenticator):
    """Counts what is looked up."""

    looked_up = 0

    async def authenticate(self, text: str, *, address: str | None = None) -> Any:
        self.looked_up += 1
        return await super().authenticate(text, address=address)


class Door:
    """The way in, with a clock that is set by hand."""

    def __init__(self, database: PreparedDatabase) -> None:
        self.seconds = 0.0
        self.keys = Counting(database.database, clock=database.clock)
        self.authentication = Authentication(self.keys, tries=WrongTries(now=lambda: self.seconds))

    async def outcome(self, text: str, *, address: str | None = "203.0.113.7") -> str:
        headers = [(b"authorization", f"Bearer {text}".encode())]
        try:
            await self.authentication(headers, address=address)
        except (Unauthenticated, RateLimited) as error:
            return error.code
        return "OK"


def wrong(database: PreparedDatabase, key_id: uuid.UUID | None = None) -> str:
    return KeyText(database.tenant_id, key_id or uuid.uuid4(), new_secret()).text()


async def test_c9_of_ten_thousand_wrong_keys_ten_a_minute_are_looked_at(
    database: PreparedDatabase, record_property: Any
) -> None:
    door = Door(database)

    outcomes = [await door.outcome(wrong(database)) for _ in range(10_000)]

    assert outcomes.count("UNAUTHENTICATED") == door.keys.looked_up == MOST_TRIES
    assert outcomes[MOST_TRIES:] == ["RATE_LIMITED"] * (10_000 - MOST_TRIES)
    door.seconds = WINDOW_SECONDS
    assert await door.outcome(wrong(database)) == "UNAUTHENTICATED"
    record_property("figure", f"{MOST_TRIES} of 10,000 tries in a minute were looked at")


async def test_c9_at_once_they_are_as_few_as_one_by_one(database: PreparedDatabase) -> None:
    door = Door(database)

    outcomes = await asyncio.gather(*(door.outcome(wrong(database)) for _ in range(1_000)))

    assert outcomes.count("UNAUTHENTICATED") == door.keys.looked_up == MOST_TRIES


async def test_c9_one_key_is_guessed_no_faster_from_many_addresses(database: PreparedDatabase) -> None:
    door, key = Door(database), KeyText.parse(await database.key())
    assert key is not None

    outcomes = [
        await door.outcome(wrong(database, key.key_id), address=f"198.51.{n // 250}.{n % 250}") for n in range(500)
    ]

    assert outcomes.count("UNAUTHENTICATED") == MOST_TRIES


async def test_c9_a_network_of_ipv6_is_one_address(database: PreparedDatabase) -> None:
    door = Door(database)

    outcomes = [await door.outcome(wrong(database), address=f"2001:db8::{n:x}") for n in range(100)]

    assert outcomes.count("UNAUTHENTICATED") == MOST_TRIES
    assert await door.outcome(wrong(database), address="2001:db8:0:1::1") == "UNAUTHENTICATED"


async def test_c9_nobody_is_locked_out_by_the_tries_of_others(database: PreparedDatabase) -> None:
    door, text = Door(database), await database.key()
    key = KeyText.parse(text)
    assert key is not None
    assert await door.outcome(text) == "OK"

    for _ in range(50):
        await door.outcome(wrong(database, key.key_id))

    assert await door.outcome(wrong(database, key.key_id)) == "RATE_LIMITED"
    assert await door.outcome(text) == "OK"
    assert await door.outcome(await database.key(), address="198.51.100.1") == "OK"


async def test_many_good_keys_that_come_at_once_are_all_let_in(database: PreparedDatabase) -> None:
    door = Door(database)
    texts = [await database.key() for _ in range(3 * MOST_TRIES)]

    assert await asyncio.gather(*(door.outcome(text) for text in texts)) == ["OK"] * len(texts)


async def test_a_refusal_says_when_to_come_back(database: PreparedDatabase) -> None:
    door = Door(database)
    for _ in range(MOST_TRIES):
        await door.outcome(wrong(database))
    door.seconds = 20.0

    with pytest.raises(RateLimited) as refused:
        await door.authentication([(b"authorization", f"Bearer {wrong(database)}".encode())], address="203.0.113.7")

    assert refused.value.details["retryAfterMs"] == 40_000


async def test_c9_an_unknown_key_and_a_wrong_secret_take_the_same_time(
    database: PreparedDatabase, record_property: Any
) -> None:
    keys = Authenticator(database.database, clock=database.clock)
    known = KeyText.parse(await database.key())
    assert known is not None

    async def seconds(text: str) -> float:
        began = time.perf_counter()
        with pytest.raises(Unauthenticated):
            await keys.authenticate(text)
        return time.perf_counter() - began

    # in turns, so that whatever else the machine does meets both alike
    pairs = [(await seconds(wrong(database)), await seconds(wrong(database, known.key_id))) for _ in range(60)]
    unknown, wrong_secret = (statistics.median(times) for times in zip(*pairs, strict=True))

    assert abs(unknown - wrong_secret) < 0.005
    record_property("figure", f"{abs(unknown - wrong_secret) * 1000:.2f} ms apart (median)")


# ------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("peer", "sent", "trusted", "found"),
    [
        ("198.51.100.1", None, (), "198.51.100.1"),
        ("198.51.100.1", "203.0.113.7", (), "198.51.100.1"),
        ("198.51.100.1", "203.0.113.7", ("10.0.0.0/8",), "198.51.100.1"),
        ("10.0.0.1", "203.0.113.7", ("10.0.0.0/8",), "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.7", ("10.0.0.0/8",), "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.9", ("10.0.0.0/8",), "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4, nonsense", ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", None, ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", "", ("10.0.0.0/8",), "10.0.0.1"),
        ("::ffff:10.0.0.1", "203.0.113.7", ("10.0.0.0/8",), "203.0.113.7"),
        (None, "203.0.113.7", ("10.0.0.0/8",), None),
    ],
)
def test_a_forwarded_address_is_believed_from_trusted_proxies_only(
    peer: str | None, sent: str | None, trusted: tuple[str, ...], found: str | None
) -> None:
    headers = [] if sent is None else [(b"x-forwarded-for", sent.encode())]
    scope = {"client": None if peer is None else (peer, 4_000), "headers": headers}

    assert client_address(scope, trusted) == found
