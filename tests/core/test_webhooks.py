"""Decisions of webhooks on values: signatures, waits, pauses, patterns, conditions."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import uuid

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.values import SystemClock
from patron_core.webhooks.commands import CreateWebhook, ReplayWebhook, RotateWebhookSecret
from patron_core.webhooks.conditions import condition_text, where_of
from patron_core.webhooks.endpoints import matches
from patron_core.webhooks.retries import MOST_FAILURES, TRIED_FOR, WAITS, Circuit, next_try, read_retry_after
from patron_core.webhooks.signing import new_webhook_secret, signed_headers

NOON = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)
BODY = b'{"type":"customer.created","timestamp":"2026-03-14T12:00:00.000000Z","data":{"customerId":"cus_1"}}'


def signed(*keys: str, at: dt.datetime | None = None, body: bytes = BODY) -> dict[str, str]:
    return dict(signed_headers(keys, message_id="evt_1", at=at or SystemClock().now(), body=body))


@pytest.mark.faults
def test_d3_another_library_verifies_the_signature(record_property: pytest.RecordProperty) -> None:
    secrets = [new_webhook_secret() for _ in range(200)]

    verified = [Webhook(secret).verify(BODY, signed(secret)) for secret in secrets]

    assert all(each == json.loads(BODY) for each in verified)
    record_property("figure", f"{len(verified)} of {len(secrets)} verified by standardwebhooks")


@pytest.mark.faults
def test_d3_a_body_with_one_changed_bit_is_refused(record_property: pytest.RecordProperty) -> None:
    secret = new_webhook_secret()
    headers, accepted = signed(secret), 0

    for bit in range(len(BODY) * 8):
        changed = bytearray(BODY)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            Webhook(secret).verify(bytes(changed), headers)
            accepted += 1
        except (WebhookVerificationError, UnicodeDecodeError):  # its own decoding of bytes that are no text
            pass

    assert accepted == 0
    record_property("figure", f"{accepted} of {len(BODY) * 8} changed bodies accepted")


@pytest.mark.faults
@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_d3_a_changed_header_is_refused(header: str) -> None:
    secret = new_webhook_secret()
    headers = signed(secret)
    middle = len(headers[header]) // 2
    other = "1" if headers[header][middle] != "1" else "2"

    headers[header] = f"{headers[header][:middle]}{other}{headers[header][middle + 1 :]}"

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.faults
@pytest.mark.parametrize("minutes", [-10, 10])
def test_d3_an_old_or_future_timestamp_is_refused(minutes: int) -> None:
    secret = new_webhook_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed(secret, at=SystemClock().now() + dt.timedelta(minutes=minutes)))


@pytest.mark.faults
def test_d3_while_secrets_overlap_either_verifies_and_no_third() -> None:
    new, old, other = (new_webhook_secret() for _ in range(3))
    headers = signed(new, old)

    assert Webhook(new).verify(BODY, headers) == Webhook(old).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, headers)


def test_a_secret_has_32_random_bytes_and_the_prefix_receivers_know() -> None:
    first, second = new_webhook_secret(), new_webhook_secret()

    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    assert first != second


def test_the_waits_grow_from_5_seconds_and_end_after_72_hours() -> None:
    now, tries, attempts = NOON, [NOON], 0
    while True:
        attempts += 1
        again = next_try(attempts=attempts, queued_at=NOON, now=now, drawn=0)
        if again is None:
            break
        tries.append(again)
        now = again

    assert tries[1] - NOON == dt.timedelta(seconds=5)
    assert [b - a for a, b in itertools.pairwise(tries)][:8] == list(WAITS[:8])
    assert tries[-1] == NOON + TRIED_FOR
    assert len(tries) == 10


@pytest.mark.parametrize("drawn", [0, 0.5, 1])
def test_a_wait_is_lengthened_by_up_to_a_fifth(drawn: float) -> None:
    again = next_try(attempts=2, queued_at=NOON, now=NOON, drawn=drawn)

    assert again == NOON + WAITS[1] * (1 + 0.2 * drawn)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (dt.timedelta(seconds=1), WAITS[0]),
        (dt.timedelta(hours=1), dt.timedelta(hours=1)),
        (dt.timedelta(days=30), dt.timedelta(hours=24)),
    ],
)
def test_retry_after_lengthens_a_wait_up_to_a_day_and_never_shortens_it(
    asked: dt.timedelta, waited: dt.timedelta
) -> None:
    assert next_try(attempts=1, queued_at=NOON, now=NOON, drawn=0, asked=asked) == NOON + waited


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("120", dt.timedelta(minutes=2)),
        ("Sat, 14 Mar 2026 12:05:00 GMT", dt.timedelta(minutes=5)),
        ("Sat, 14 Mar 2020 12:05:00 GMT", dt.timedelta(0)),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 30, None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_both_of_its_forms(value: str | None, span: dt.timedelta | None) -> None:
    assert read_retry_after(value, now=NOON) == span


def test_an_endpoint_that_fails_again_and_again_is_paused_and_asked_with_one() -> None:
    stands = Circuit()
    for _ in range(MOST_FAILURES):
        assert stands.room(16, now=NOON) == 16
        stands = stands.after(delivered=0, failed=1, now=NOON, drawn=0)

    assert stands.room(16, now=NOON) == 0
    assert stands.paused_until == NOON + dt.timedelta(seconds=30)
    assert stands.room(16, now=NOON + dt.timedelta(seconds=30)) == 1


def test_pauses_grow_to_an_hour_and_end_with_one_success() -> None:
    now, stands, pauses = NOON, Circuit(failures=MOST_FAILURES - 1), []
    for _ in range(10):
        stands = stands.after(delivered=0, failed=1, now=now, drawn=0)
        assert stands.paused_until is not None
        pauses.append((stands.paused_until - now).total_seconds())
        now = stands.paused_until

    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert stands.after(delivered=1, failed=3, now=now, drawn=0) == Circuit()


def test_what_was_under_way_when_a_pause_began_does_not_lengthen_it() -> None:
    paused = Circuit(failures=MOST_FAILURES - 1).after(delivered=0, failed=1, now=NOON, drawn=0)

    later = paused.after(delivered=0, failed=5, now=NOON + dt.timedelta(seconds=1), drawn=0)

    assert (later.pauses, later.paused_until) == (paused.pauses, paused.paused_until)


@pytest.mark.parametrize(
    ("pattern", "event_type", "fits"),
    [
        ("*", "customer.created", True),
        ("customer.*", "customer.created", True),
        ("customer.*", "customers.taken_in", False),
        ("customer.created", "customer.created", True),
        ("customer.created", "customer.created_again", False),
        ("customer", "customer.created", False),
    ],
)
def test_patterns_name_types_whole_or_by_the_words_before_a_point(pattern: str, event_type: str, fits: bool) -> None:
    assert matches((pattern,), event_type) is fits


def test_a_condition_is_stored_with_a_version_and_comes_back_the_same() -> None:
    where = {"kind": {"eq": "B2B"}, "not": {"owner": {"isNull": True}}}

    text = condition_text(where)

    assert json.loads(text)["version"] == 1
    assert condition_text(where_of(text)) == text


@pytest.mark.parametrize("where", [{"kind": {}}, {"kind": "B2B"}, {"kind": {"eq": None}}, {"and": {}}])
def test_a_condition_that_is_none_is_refused_at_its_place(where: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        condition_text(where)

    assert refused.value.path[0] == "filter"


def test_a_condition_has_at_most_50_nodes() -> None:
    with pytest.raises(LimitExceeded):
        condition_text({"or": [{"kind": {"eq": "B2B"}}] * 60})


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://hooks.example.com:22/"}, "url"),
        ({"event_types": ()}, "event_types"),
        ({"event_types": ("Customer.Created",)}, "event_types"),
        ({"event_types": ("*.created",)}, "event_types"),
        ({"event_types": ("a",) * 101}, "event_types"),
        ({"scopes": ("party read",)}, "scopes"),
        ({"filter": {"kind": {}}}, "filter"),
    ],
)
def test_an_endpoint_that_is_none_is_refused_at_its_place(given: dict[str, object], path: str) -> None:
    good = {"url": "https://hooks.example.com/", "event_types": ("*",), "scopes": ("customer:read",)}

    with pytest.raises(InvalidInput) as refused:
        CreateWebhook(**{**good, **given})  # type: ignore[arg-type]

    assert refused.value.path[0] == path


def test_a_replay_begins_in_one_place() -> None:
    for given in ({}, {"after_position": 1, "since": NOON}, {"after_position": -1}):
        with pytest.raises(InvalidInput):
            ReplayWebhook(id=uuid.UUID(int=1), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("hours", [-1, 169])
def test_secrets_overlap_for_a_week_at_most(hours: int) -> None:
    with pytest.raises(InvalidInput):
        RotateWebhookSecret(id=uuid.UUID(int=1), overlap_hours=hours)
