"""Accounts are opened for customers whom the bank knows, with numbers and shares that are right."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from patron_banking.commands import NewAccountParty, OpenAccount, normal_iban
from patron_banking.models import AccountParty, AccountRole, FinancialAccount, FinancialAccountKind, RiskRating
from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound, PublicError
from patron_core.messages import Actor
from patron_schema.testing.databases import PreparedDatabase

from .bank import all_of, approved, counted, customer

DEPOSIT = FinancialAccountKind.DEPOSIT
IBAN = "DE89370400440532013000"


def opening(customer_id: uuid.UUID, **values: Any) -> OpenAccount:
    return OpenAccount(**{"customer_id": customer_id, "kind": DEPOSIT, "currency": "EUR", **values})


async def test_an_account_of_a_known_customer_opens_with_its_owner(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)

    outcome = await database.execute(opening(ada, iban="de89 3704 0044 0532 0130 00"))

    [party] = await all_of(database, AccountParty)
    assert (outcome.value.iban, outcome.value.opened_on) == (IBAN, dt.date(2026, 3, 14))
    assert (party.customer_id, party.role, party.share, party.kind) == (ada, AccountRole.OWNER, Decimal(100), DEPOSIT)
    assert [committed.event.type for committed in outcome.events] == ["banking.account_opened"]


async def test_an_unknown_customer_opens_nothing(database: PreparedDatabase) -> None:
    ada = await customer(database)

    with pytest.raises(PublicError) as refused:
        await database.do(opening(ada))

    assert (refused.value.public_code, refused.value.path) == ("KYC_REQUIRED", ("customer_id",))
    assert await counted(database, FinancialAccount) == 0


async def test_every_joint_owner_is_known_but_a_signatory_need_not_be(database: PreparedDatabase) -> None:
    ada, bob = await customer(database), await customer(database, "Bob")
    await approved(database, ada)

    with pytest.raises(PublicError) as refused:
        await database.do(opening(ada, parties=(NewAccountParty(customer_id=bob, role=AccountRole.JOINT),)))
    await database.do(opening(ada, parties=(NewAccountParty(customer_id=bob, role=AccountRole.SIGNATORY),)))

    assert (refused.value.public_code, refused.value.path) == ("KYC_REQUIRED", ("parties",))
    roles = {(party.customer_id, party.role) for party in await all_of(database, AccountParty)}
    assert roles == {(ada, AccountRole.OWNER), (bob, AccountRole.SIGNATORY)}


async def test_an_approval_counts_through_its_review_day_and_not_longer(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada, RiskRating.HIGH)

    database.clock.instant = dt.datetime(2027, 3, 14, 23, 0, tzinfo=dt.UTC)
    await database.do(opening(ada))
    database.clock.advance(dt.timedelta(hours=2))

    with pytest.raises(PublicError) as refused:
        await database.do(opening(ada))
    assert refused.value.public_code == "KYC_REQUIRED"


async def test_joint_owners_hold_shares_that_make_100(database: PreparedDatabase) -> None:
    ada, bob = await customer(database), await customer(database, "Bob")
    await approved(database, ada)
    await approved(database, bob)
    joint = NewAccountParty(customer_id=bob, role=AccountRole.JOINT, share=Decimal("33.33"))

    await database.do(opening(ada, share=Decimal("66.67"), parties=(joint,)))

    assert sorted(party.share for party in await all_of(database, AccountParty)) == [Decimal("33.33"), Decimal("66.67")]


@pytest.mark.parametrize(
    ("owner", "other"), [("50", "40"), ("50", None), (None, "50"), ("100", "0"), ("0.001", "99.999")]
)
def test_shares_that_make_no_100_are_refused(owner: str | None, other: str | None) -> None:
    share = None if other is None else Decimal(other)
    joint = NewAccountParty(customer_id=uuid.uuid4(), role=AccountRole.JOINT, share=share)

    with pytest.raises(InvalidInput) as refused:
        opening(uuid.uuid4(), share=None if owner is None else Decimal(owner), parties=(joint,))

    assert refused.value.path == ("share",)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"currency": "XYZ"}, ("currency",)),
        ({"currency": "eur"}, ("currency",)),
        ({"iban": "DE88370400440532013000"}, ("iban",)),
        ({"iban": "1" * 10_000}, ("iban",)),
        ({"iban": ""}, ("iban",)),
        ({"number": " "}, ("number",)),
        ({"idempotency_key": ""}, ("idempotency_key",)),
        (
            {"parties": (NewAccountParty(customer_id=uuid.uuid4(), role=AccountRole.OWNER),)},
            ("parties", 0, "role"),
        ),
        (
            {"parties": (NewAccountParty(customer_id=uuid.uuid4(), role=AccountRole.GUARANTOR, share=Decimal(1)),)},
            ("parties", 0, "share"),
        ),
    ],
)
def test_a_malformed_account_is_refused_with_its_place(values: dict[str, Any], path: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        opening(uuid.uuid4(), **values)

    assert refused.value.path == path


def test_a_customer_takes_part_once() -> None:
    ada = uuid.uuid4()

    with pytest.raises(InvalidInput) as refused:
        opening(ada, parties=(NewAccountParty(customer_id=ada, role=AccountRole.JOINT),))

    assert refused.value.path == ("parties", 0, "customer_id")


@pytest.mark.parametrize("iban", ["CZ6508000000192000145399", "CH93 0076 2011 6238 5295 7", "no9386011117947"])
def test_an_iban_is_kept_in_its_normal_form(iban: str) -> None:
    assert normal_iban(iban) == iban.replace(" ", "").upper()


async def test_an_iban_is_given_once_and_only_within_its_tenant(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)
    await database.do(opening(ada, iban=IBAN))

    with pytest.raises(Conflict) as refused:
        await database.do(opening(ada, iban=IBAN))

    assert refused.value.path == ("iban",)


async def test_an_account_opens_today_or_earlier_and_for_somebody(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)

    with pytest.raises(InvalidInput) as tomorrow:
        await database.do(opening(ada, opened_on=dt.date(2026, 3, 15)))
    with pytest.raises(NotFound) as nobody:
        await database.do(opening(uuid.uuid4()))

    assert (tomorrow.value.path, nobody.value.path) == (("opened_on",), ("customer_id",))


async def test_the_same_idempotency_key_opens_one_account(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)

    first = await database.execute(opening(ada), idempotency_key="k")
    second = await database.execute(opening(ada), idempotency_key="k")

    assert second.replayed
    assert second.value.id == first.value.id
    assert await counted(database, FinancialAccount) == 1


async def test_a_reader_opens_nothing(database: PreparedDatabase) -> None:
    reader = Actor(database.tenant_id, "reader", "app", scopes=("customer:read",))

    with pytest.raises(Forbidden) as refused:
        await database.do(opening(uuid.uuid4()), actor=reader)

    assert refused.value.extensions["scope"] == "banking:open"
