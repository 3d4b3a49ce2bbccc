"""The watch over credentials of sockets: one look for all that sent the same, and each is told what it means to it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from patron_core.errors import Unauthenticated, Unavailable
from patron_core.messages import Actor
from patron_schema.credential_watch import CredentialWatch
from patron_schema.transport import Headers

TENANT = uuid.UUID(int=1)


@dataclass(eq=False)
class Socket:
    """What a socket was told."""

    told: list[str] = field(default_factory=list)

    def credential_ended(self) -> None:
        self.told.append("ended")

    def permissions_changed(self) -> None:
        self.told.append("changed")


@dataclass
class Keys:
    """Knows every key; what is in `answers` is raised or returned instead."""

    asked: Counter[bytes] = field(default_factory=Counter)
    answers: dict[bytes, Actor | Exception] = field(default_factory=dict)
    watch: CredentialWatch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = CredentialWatch(self, interval_seconds=0.005, new_request_id=lambda: "req")

    async def __call__(self, headers: Headers) -> Actor:
        [key] = [value for name, value in headers if name == b"authorization"]
        self.asked[key] += 1
        found = self.answers.get(key, actor())
        if isinstance(found, Exception):
            raise found
        return found

    def join(self, key: bytes, count: int = 1) -> list[Socket]:
        sockets = [Socket() for _ in range(count)]
        for number, socket in enumerate(sockets):
            self.watch.join(socket, headers(key, number), actor())
        return sockets

    async def looked(self, key: bytes, times: int) -> None:
        """Until a key was looked at so many times from now on."""
        wanted = self.asked[key] + times
        async with asyncio.timeout(5):
            while self.asked[key] < wanted:  # noqa: ASYNC110 (the count is what is waited for)
                await asyncio.sleep(0)


def actor(*roles: str, tenant: uuid.UUID = TENANT) -> Actor:
    return Actor(tenant_id=tenant, subject="key", kind="app", roles=roles or ("admin",))


def headers(key: bytes, number: int = 0) -> Headers:
    return [(b"host", b"crm.example.com"), (b"x-number", str(number).encode()), (b"authorization", key)]


def watching() -> int:
    return sum(task.get_name() == "patron-credential-watch" for task in asyncio.all_tasks())


async def test_a_thousand_sockets_of_two_keys_are_two_looks_an_interval_by_one_task() -> None:
    keys = Keys()
    sockets = [(key, socket) for key in (b"a", b"b") for socket in keys.join(key, 500)]

    await keys.looked(b"a", 4)

    assert abs(keys.asked[b"a"] - keys.asked[b"b"]) <= 1
    assert sum(keys.asked.values()) <= 10
    assert (keys.watch.credentials, watching()) == (2, 1)
    for key, socket in sockets:
        keys.watch.leave(socket, headers(key))
    await asyncio.sleep(0)
    assert (keys.watch.credentials, watching()) == (0, 0)


@pytest.mark.security
async def test_a_revoked_key_ends_all_its_sockets_and_no_other() -> None:
    keys = Keys()
    mine, theirs = keys.join(b"a", 3), keys.join(b"b", 3)

    keys.answers[b"a"] = Unauthenticated("The key was revoked. It is known no more. Send another.")
    await keys.looked(b"b", 2)

    assert all("ended" in socket.told for socket in mine)
    assert not any(socket.told for socket in theirs)


@pytest.mark.security
@pytest.mark.parametrize("now", [actor("agent"), actor(tenant=uuid.UUID(int=2))], ids=["roles", "tenant"])
async def test_other_permissions_and_another_tenant_are_told(now: Actor) -> None:
    keys = Keys()
    [before] = keys.join(b"a")

    keys.answers[b"a"] = now
    await keys.looked(b"a", 1)
    after = Socket()
    keys.watch.join(after, headers(b"a"), now)
    await keys.looked(b"a", 2)

    assert set(before.told) == {"changed"}
    assert after.told == []  # it began with what the key may now


async def test_a_database_that_is_away_ends_nobody_and_a_fault_is_logged() -> None:
    keys = Keys()
    [socket] = keys.join(b"a")

    keys.answers[b"a"] = Unavailable("The database is away. It did not answer. Try again.")
    with capture_logs() as quiet:
        await keys.looked(b"a", 2)
    keys.answers[b"a"] = RuntimeError("secret")
    with capture_logs() as logs:
        await keys.looked(b"a", 2)

    assert socket.told == []
    assert quiet == []
    shown = [line for line in logs if line["log_level"] != "debug"]
    assert {line["event"] for line in shown} == {"socket.recheck_failed"}
    assert "secret" not in str(shown)


async def test_a_watch_begins_again_after_everybody_left() -> None:
    keys = Keys()
    [socket] = keys.join(b"a")
    keys.watch.leave(socket, headers(b"a"))
    keys.watch.leave(socket, headers(b"a"))
    keys.watch.leave(Socket(), headers(b"unknown"))

    keys.join(b"a")

    await keys.looked(b"a", 2)
    assert watching() == 1


async def test_many_credentials_are_looked_up_together_before_each_is_asked_for() -> None:
    keys = Keys()
    together: list[list[bytes]] = []

    async def refresh(several: Sequence[Headers]) -> None:
        together.append([value for each in several for name, value in each if name == b"authorization"])

    keys.watch = CredentialWatch(keys, refresh=refresh, interval_seconds=0.2, new_request_id=lambda: "req")
    for number in range(300):
        keys.join(str(number).encode())

    await keys.looked(b"299", 1)

    assert sum(len(each) for each in together) == 300 == sum(keys.asked.values())
    assert len(together) <= 5  # two, where the machine makes 300 sockets without a pause
    assert max(len(each) for each in together) <= 256
