"""The rules of service that need no database: promises over a floor, channels, and what may be said in commands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from patron_core.errors import InvalidInput
from patron_core.privacy.consent import Standing
from patron_core.privacy.models import ConsentPurpose
from patron_core.service_levels.channels import ChannelOrigin, decide
from patron_core.service_levels.commands import NewEntitlement, NewTarget, check_threshold
from patron_core.service_levels.models import CaseSeverity, RuleMetric
from patron_core.service_levels.promises import Promises, below
from patron_core.touchpoints.models import Channel
from patron_core.values import Money
from patron_schema.testing.databases import NOON

LOW, HIGH = CaseSeverity.LOW, CaseSeverity.HIGH
FLOOR = Promises({LOW: (60, 120)}, {"HELP": None, "VISITS": Decimal(2)})


@pytest.mark.parametrize(
    ("targets", "entitlements", "expected"),
    [
        ({LOW: (60, 120)}, {"HELP": None, "VISITS": Decimal(2)}, []),
        ({LOW: (1, 2), HIGH: (900, 900)}, {"HELP": None, "VISITS": None, "MORE": Decimal(1)}, []),
        ({LOW: (61, 120)}, {"HELP": None, "VISITS": Decimal(2)}, ["first response LOW"]),
        ({LOW: (60, 121)}, {"HELP": Decimal(9), "VISITS": Decimal(2)}, ["entitlement HELP", "resolution LOW"]),
        ({}, {"HELP": None, "VISITS": Decimal("1.999")}, ["entitlement VISITS", "targets LOW"]),
    ],
)
def test_what_is_below_the_floor_is_named(targets: Any, entitlements: Any, expected: list[str]) -> None:
    assert below(Promises(targets, entitlements), FLOOR) == expected


@pytest.mark.parametrize(
    ("wish", "offered", "refused", "chosen", "origin"),
    [
        (Channel.FIELD, [Channel.CHAT], set(), Channel.FIELD, ChannelOrigin.WISH),
        (Channel.FIELD, [Channel.CHAT], {Channel.FIELD}, Channel.CHAT, ChannelOrigin.POLICY),
        (None, [Channel.CHAT, Channel.PHONE], {Channel.CHAT}, Channel.PHONE, ChannelOrigin.POLICY),
        (None, [Channel.CHAT], {Channel.CHAT}, None, None),
        (None, [], set(), None, None),
    ],
)
def test_a_wish_comes_before_policies_and_consent_before_both(
    wish: Channel | None, offered: list[Channel], refused: set[Channel], chosen: Channel | None, origin: Any
) -> None:
    consent = {
        channel: Standing(NOON_ID, ConsentPurpose.MARKETING, channel, None, channel not in refused, "Said so.")
        for channel in Channel
    }

    choice = decide(wish, [(channel, "Cheap.") for channel in offered], consent)

    assert (choice.channel, choice.origin) == (chosen, origin)


NOON_ID: Any = NOON


@pytest.mark.parametrize("minutes", [(0, 1), (5, 4), (1, 60 * 24 * 366)])
def test_a_target_of_no_time_or_in_the_wrong_order_is_refused(minutes: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput):
        NewTarget(severity=LOW, first_response_minutes=minutes[0], resolution_minutes=minutes[1])


def test_a_benefit_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        NewEntitlement(code="VISITS", name="Visits", quantity=Decimal(0))


@pytest.mark.parametrize(
    ("metric", "given"),
    [
        (RuleMetric.VOLUME, {"count": 3}),
        (RuleMetric.VOLUME, {"amount": Money(0, "EUR")}),
        (RuleMetric.PURCHASES, {"amount": Money(5, "EUR")}),
        (RuleMetric.PURCHASES, {"count": 0}),
        (RuleMetric.PURCHASES, {"count": 3, "amount": Money(5, "EUR")}),
        (RuleMetric.SEGMENT, {}),
    ],
)
def test_a_threshold_goes_with_what_a_rule_looks_at(metric: RuleMetric, given: Any) -> None:
    whole = {"amount": None, "count": None, "segment_id": None, **given}

    with pytest.raises(InvalidInput) as refused:
        check_threshold(metric, **whole)

    assert refused.value.path in (("amount",), ("count",), ("segment_id",))
