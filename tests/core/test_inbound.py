"""Whose push it is: addresses taken apart, signatures by Standard Webhooks checked, and nothing told to who is wrong."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

import pytest
from standardwebhooks import Webhook

from patron_core.errors import Unauthenticated
from patron_core.inbound.addresses import SourceAddress, new_address_part
from patron_core.inbound.verification import verify
from patron_core.webhooks.signing import new_webhook_secret
from patron_schema.testing.databases import NOON

SECRET, OLD = new_webhook_secret(), new_webhook_secret()


def signed(
    body: bytes = b"{}", *, secret: str = SECRET, id: str = "msg_1", at: dt.datetime = NOON, **other: str
) -> Mapping[str, str]:
    signature = Webhook(secret).sign(id, at, body.decode())
    headers = {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return {**headers, **{name.replace("_", "-"): value for name, value in other.items()}}


def test_a_signature_of_another_library_is_known_by_either_secret() -> None:
    for secrets, by in (([SECRET], SECRET), ([SECRET, OLD], SECRET), ([SECRET, OLD], OLD)):
        assert verify(secrets, headers=signed(secret=by), body=b"{}", now=NOON) == "msg_1"
    both = f"{signed(secret=OLD)['webhook-signature']} {signed()['webhook-signature']}"
    assert verify([SECRET], headers=signed(webhook_signature=both), body=b"{}", now=NOON) == "msg_1"


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        (signed(), [OLD]),
        (signed(), []),
        (signed(b"[]"), [SECRET]),
        (signed(webhook_id="msg_2"), [SECRET]),
        (signed(webhook_id=""), [SECRET]),
        (signed(webhook_id="x" * 300), [SECRET]),
        (signed(webhook_timestamp="soon"), [SECRET]),
        (signed(webhook_timestamp="9" * 12), [SECRET]),
        (signed(webhook_timestamp="-1"), [SECRET]),
        (signed(webhook_timestamp="\u0661"), [SECRET]),
        (signed(webhook_signature=""), [SECRET]),
        (signed(webhook_signature="v1a,xyz \u00e4 v1,"), [SECRET]),
        (signed(webhook_signature=" ".join(["v1,AAAA"] * 10) + " " + signed()["webhook-signature"]), [SECRET]),
        (signed(at=NOON - dt.timedelta(minutes=5, seconds=1)), [SECRET]),
        (signed(at=NOON + dt.timedelta(minutes=5, seconds=1)), [SECRET]),
        ({}, [SECRET]),
    ],
)
def test_whatever_is_wrong_is_refused_in_the_same_words(headers: Mapping[str, str], secrets: list[str]) -> None:
    with pytest.raises(Unauthenticated) as refused:
        verify(secrets, headers=headers, body=b"{}", now=NOON)

    assert refused.value.message.startswith("The message is not accepted.")


def test_an_address_carries_its_tenant_and_nothing_else_is_one() -> None:
    address = SourceAddress(uuid.UUID(int=0xABC), uuid.UUID(int=2), new_address_part())

    assert SourceAddress.parse(address.text()) == address
    assert address.random not in repr(address)
    assert (address.is_of(address.random), address.is_of(new_address_part())) == (True, False)
    for wrong in ("", "x", address.text() + "x", address.text().upper(), address.text().replace("_", "-")):
        assert SourceAddress.parse(wrong) is None
