"""Aggregates through the gateway on both databases: what frontends ask of them, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

import pytest

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import LifecycleStage
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.touchpoints.models import Channel
from patron_core.transactions.commands import NewLine, RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


@pytest.fixture
async def ada(database: PreparedDatabase) -> Any:
    """A customer."""
    person = NewPerson(given_name="Ada")
    return await database.do(CreateCustomer(person=person, lifecycle_stage=LifecycleStage.ACTIVE))


async def sell(
    database: PreparedDatabase,
    customer: Any,
    amount: str,
    currency: str,
    at: str,
    *,
    kind: str = "SALE",
    lines: Any = (),
    channel: Channel | None = None,
) -> None:
    """Records a transaction."""
    command = RecordTransaction(
        customer_id=None if customer is None else customer.id,
        kind=TransactionKind[kind],
        amount=Money.of(amount, currency),
        occurred_at=dt.datetime.fromisoformat(at),
        lines=lines,
        channel=channel,
    )
    await database.do(command)


async def refused(patron: Patron, query: str, variables: Any = None) -> tuple[str, str]:
    """The code and the text of a refusal."""
    error = (await patron.ask(query, variables))["errors"][0]
    return error["extensions"]["code"], error["message"]


# -- groups


async def test_without_group_by_there_is_one_group_also_over_no_rows(patron: Patron) -> None:
    query = "{ transactionsAggregate { key { kind } count sum { amount { amount } } max { occurredAt } } }"

    groups = (await patron.data(query))["transactionsAggregate"]

    assert groups == [{"key": None, "count": 0, "sum": {"amount": []}, "max": {"occurredAt": None}}]
    assert len(patron.statements) == 1


async def test_without_rows_there_is_no_group_of_a_field(patron: Patron) -> None:
    assert (await patron.data("{ transactionsAggregate(groupBy: {field: KIND}) { count } }")) == {
        "transactionsAggregate": []
    }


async def test_money_is_never_mixed(patron: Patron, database: PreparedDatabase, ada: Any) -> None:
    for amount, currency in (("10.00", "EUR"), ("0.05", "EUR"), ("7", "JPY"), ("1.125", "BHD")):
        await sell(database, ada, amount, currency, "2026-01-10T12:00:00Z")

    query = "{ transactionsAggregate { count sum { amount { amount currencyCode } } average { amount { amount } } } }"
    [group] = (await patron.data(query))["transactionsAggregate"]

    assert group["sum"]["amount"] == [
        {"amount": "1.125", "currencyCode": "BHD"},
        {"amount": "10.05", "currencyCode": "EUR"},
        {"amount": "7", "currencyCode": "JPY"},
    ]
    assert group["average"]["amount"] == [
        {"amount": "1.125"},
        {"amount": "5.02"},
        {"amount": "7"},
    ]  # 5.025, half to even
    assert group["count"] == 4


async def test_an_average_of_money_is_rounded_half_to_even(patron: Patron, database: PreparedDatabase) -> None:
    cases = {
        Channel.STORE: (("0.01", "0.02"), "0.02"),
        Channel.WEB: (("0.02", "0.03"), "0.02"),
        Channel.PHONE: (("-0.01", "-0.02"), "-0.02"),
        Channel.EMAIL: (("-0.02", "-0.03"), "-0.02"),
        Channel.CHAT: (("0.01", "0.01", "0.02"), "0.01"),
        Channel.SOCIAL: (("-0.01", "-0.02", "-0.02"), "-0.02"),
        Channel.MAIL: (("0.01", "-0.01"), "0.00"),
    }
    for channel, (amounts, _) in cases.items():
        for amount in amounts:
            await sell(database, None, amount, "EUR", "2026-01-10T12:00:00Z", kind="ADJUSTMENT", channel=channel)

    query = "{ transactionsAggregate(groupBy: {field: CHANNEL}) { key { channel } average { amount { amount } } } }"
    groups = (await patron.data(query))["transactionsAggregate"]

    found = {group["key"]["channel"]: group["average"]["amount"] for group in groups}
    assert found == {channel.name: [{"amount": average}] for channel, (_, average) in cases.items()}


async def test_an_average_of_numbers_has_six_decimals(patron: Patron, database: PreparedDatabase) -> None:
    units = [
        NewLine(description="a", quantity=Decimal(q), unit_price=Money.of("1.00", "EUR")) for q in ("1", "1", "0.5")
    ]
    await sell(database, None, "2.50", "EUR", "2026-01-10T12:00:00Z", lines=tuple(units))

    query = """{ transactions { nodes { linesAggregate {
        average { quantity number } sum { quantity number unitPrice { amount } } min { number quantity } } } } }"""
    [transaction] = (await patron.data(query))["transactions"]["nodes"]

    [group] = transaction["linesAggregate"]
    assert group["average"] == {"quantity": "0.833333", "number": group["average"]["number"]}
    assert group["average"]["number"].endswith(".000000")
    assert group["sum"]["quantity"] == "2.500"
    assert group["sum"]["unitPrice"] == [{"amount": "3.00"}]
    assert group["min"]["quantity"] == "0.500"


async def test_a_sum_may_exceed_32_bits(patron: Patron, database: PreparedDatabase) -> None:
    for _ in range(3):
        await sell(database, None, "900000000000000.00", "EUR", "2026-01-10T12:00:00Z")

    [group] = (await patron.data("{ transactionsAggregate { sum { amount { amount } } } }"))["transactionsAggregate"]

    assert group["sum"]["amount"] == [{"amount": "2700000000000000.00"}]


async def test_a_sum_beyond_64_bits_is_refused_and_not_rounded(patron: Patron, database: PreparedDatabase) -> None:
    for _ in range(93):
        await sell(database, None, "1000000000000000.00", "EUR", "2026-01-10T12:00:00Z")

    code, message = await refused(patron, "{ transactionsAggregate { sum { amount { amount } } } }")

    assert code == "INVALID_INPUT"
    assert "64 bits" in message
    [group] = (await patron.data("{ transactionsAggregate { count max { amount { amount } } } }"))[
        "transactionsAggregate"
    ]
    assert group == {"count": 93, "max": {"amount": [{"amount": "1000000000000000.00"}]}}


async def test_a_customer_has_groups_of_its_own_rows_in_the_same_statement(
    patron: Patron, database: PreparedDatabase, ada: Any
) -> None:
    await database.do(CreateCustomer(person=NewPerson(given_name="Bob")))
    await sell(database, ada, "10.00", "EUR", "2026-01-10T12:00:00Z")
    await sell(database, ada, "-4.00", "EUR", "2026-01-11T12:00:00Z", kind="REFUND")
    await sell(database, None, "99.00", "EUR", "2026-01-11T12:00:00Z")

    query = """{ customers(orderBy: {field: DISPLAY_NAME}) { nodes { displayName
        transactionsAggregate(groupBy: {field: KIND}) { key { kind } count sum { amount { amount } } } } } }"""
    ada_, bob = (await patron.data(query))["customers"]["nodes"]

    assert [(g["key"]["kind"], g["sum"]["amount"][0]["amount"]) for g in ada_["transactionsAggregate"]] == [
        ("REFUND", "-4.00"),
        ("SALE", "10.00"),
    ]
    assert bob["transactionsAggregate"] == []
    assert len(patron.statements) == 1


async def test_another_tenants_rows_are_in_no_group(patron: Patron, database: PreparedDatabase, ada: Any) -> None:
    await sell(database, ada, "10.00", "EUR", "2026-01-10T12:00:00Z")
    stranger = await database.tenant("Strangers")
    query = "{ transactionsAggregate(groupBy: {field: CUSTOMER_DISPLAY_NAME}) { key { customerDisplayName } count } }"

    assert await patron.data(query, actor=stranger) == {"transactionsAggregate": []}
    assert len((await patron.data(query))["transactionsAggregate"]) == 1


# -- the calendar


async def days(
    patron: Patron, bucket: str, zone: str | None, *, since: str | None = None, until: str | None = None
) -> dict[str, int]:
    """How many transactions begin in each bucket."""
    query = """query ($bucket: DateBucket!, $zone: String, $since: DateTime, $until: DateTime) {
        transactionsAggregate(where: {occurredAt: {gte: $since, lte: $until}}
            groupBy: {field: OCCURRED_AT, bucket: $bucket, timezone: $zone}) { key { occurredAt } count } }"""
    variables = {"bucket": bucket, "zone": zone, "since": since, "until": until}
    groups = (await patron.data(query, variables))["transactionsAggregate"]
    return {group["key"]["occurredAt"]: group["count"] for group in groups}


async def test_a_bucket_is_named_by_the_day_it_starts_on(patron: Patron, database: PreparedDatabase) -> None:
    for at in ("2025-12-31T23:30:00Z", "2026-02-28T12:00:00Z", "2026-03-01T00:00:00Z"):
        await sell(database, None, "1.00", "EUR", at)

    assert await days(patron, "DAY", None) == {"2025-12-31": 1, "2026-02-28": 1, "2026-03-01": 1}
    assert await days(patron, "WEEK", None) == {"2025-12-29": 1, "2026-02-23": 2}  # 1 March 2026 is a Sunday
    assert await days(patron, "MONTH", "UTC") == {"2025-12-01": 1, "2026-02-01": 1, "2026-03-01": 1}
    assert await days(patron, "QUARTER", None) == {"2025-10-01": 1, "2026-01-01": 2}
    assert await days(patron, "YEAR", None) == {"2025-01-01": 1, "2026-01-01": 2}
    assert await days(patron, "YEAR", "Europe/Berlin") == {"2026-01-01": 3}


CHANGES: Final = [
    # Summer time begins on 29 March 2026 at 01:00 UTC: the day before it ends at 23:00 UTC, the day itself at 22:00.
    ("Europe/Berlin", ("2026-03-28T22:59:59.999999Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"),
     {"2026-03-28": 1, "2026-03-29": 2, "2026-03-30": 1}),
    # Half an hour beside the hour: midnight falls into an hour of UTC. Until 2011 clocks changed a minute after midnight.
    ("America/St_Johns", ("2010-03-14T03:29:59Z", "2010-03-14T03:30:00Z", "2010-03-15T02:29:59Z", "2010-03-15T02:30:00Z"),
     {"2010-03-13": 1, "2010-03-14": 2, "2010-03-15": 1}),
    ("America/St_Johns", ("2010-11-07T02:30:00Z", "2010-11-07T02:31:00Z", "2010-11-07T03:29:59Z", "2010-11-07T03:30:00Z"),
     {"2010-11-06": 2, "2010-11-07": 2}),
    # Samoa left out 30 December 2011.
    ("Pacific/Apia", ("2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"), {"2011-12-29": 1, "2011-12-31": 1}),
    ("Asia/Kathmandu", ("2026-01-01T18:14:59Z", "2026-01-01T18:15:00Z"), {"2026-01-01": 1, "2026-01-02": 1}),
]  # fmt: skip


async def test_days_are_those_of_the_time_zone(patron: Patron, database: PreparedDatabase) -> None:
    for zone, instants, expected in CHANGES:
        for at in instants:
            await sell(database, None, "1.00", "EUR", at)

        assert await days(patron, "DAY", zone, since=instants[0], until=instants[-1]) == expected, zone


# -- which groups, in which order


async def test_groups_are_kept_and_ordered_by_figures_in_a_named_currency(
    patron: Patron, database: PreparedDatabase
) -> None:
    for kind, amount, currency in (
        ("SALE", "10.00", "EUR"), ("SALE", "500.00", "USD"), ("FEE", "30.00", "EUR"), ("ADJUSTMENT", "900.00", "USD"),
    ):  # fmt: skip
        await sell(database, None, amount, currency, "2026-01-10T12:00:00Z", kind=kind)
    query = """query ($code: String!, $more: Decimal, $direction: OrderDirection!) { transactionsAggregate(
        groupBy: {field: KIND}, having: {sum: {amount: {currencyCode: $code, gt: $more}}}
        orderBy: {figure: SUM, measure: AMOUNT, currencyCode: $code, direction: $direction}) { key { kind } } }"""

    async def kinds(**variables: Any) -> list[str]:
        groups = (await patron.data(query, variables))["transactionsAggregate"]
        return [group["key"]["kind"] for group in groups]

    assert await kinds(code="EUR", more="0", direction="DESC") == ["FEE", "SALE"]
    assert await kinds(code="EUR", more="10", direction="ASC") == ["FEE"]
    assert await kinds(code="EUR", more="9.999", direction="ASC") == ["SALE", "FEE"]
    assert await kinds(code="USD", more=None, direction="DESC") == [
        "FEE",
        "ADJUSTMENT",
        "SALE",
    ]  # none is first descending
    assert await kinds(code="XXX", more=None, direction="ASC") == ["ADJUSTMENT", "FEE", "SALE"]  # ties go by the key


SENSELESS: Final = {
    "groupBy: {field: OCCURRED_AT}": "without a bucket",
    "groupBy: {field: KIND, bucket: DAY}": "which is neither",
    'groupBy: {field: CUSTOMER_SINCE, bucket: DAY, timezone: "UTC"}': 'which is no time',
    "groupBy: [{field: KIND}, {field: KIND}]": "more than once",
    'groupBy: {field: OCCURRED_AT, bucket: DAY, timezone: "Europe/Nowhere"}': 'names no time zone',
    'groupBy: {field: OCCURRED_AT, bucket: DAY, timezone: "CET"}': 'names no time zone',
    'groupBy: {field: OCCURRED_AT, bucket: DAY, timezone: "europe/berlin"}': 'names no time zone',
    'groupBy: {field: OCCURRED_AT, bucket: DAY, timezone: "../etc/passwd"}': 'names no time zone',
    "orderBy: {direction: DESC}": "both or neither",
    "orderBy: {key: KIND}": "not in `groupBy`",
    "orderBy: {figure: COUNT, measure: AMOUNT}": "with one",
    "orderBy: {figure: SUM}": "without one",
    "orderBy: {figure: SUM, measure: AMOUNT}": "have no order",
    'orderBy: {figure: COUNT, currencyCode: "EUR"}': 'Only money',
    'orderBy: {figure: MAX, measure: OCCURRED_AT, currencyCode: "EUR"}': 'Only money',
    "orderBy: {figure: SUM, measure: OCCURRED_AT}": "not added up",
    "first: 0": "out of range",
}  # fmt: skip


async def test_what_makes_no_sense_is_refused_before_anything_is_read(patron: Patron) -> None:
    for arguments, said in SENSELESS.items():
        code, message = await refused(patron, f"{{ transactionsAggregate({arguments}) {{ count }} }}")

        assert code == "INVALID_INPUT", arguments
        assert said in message
        assert patron.statements == []


FIVE_FIELDS: Final = "[{field: KIND}, {field: CHANNEL}, {field: SOURCE}, {field: SOURCE_KEY}, {field: RECEIPT_NUMBER}]"


async def test_what_is_too_much_is_refused(patron: Patron) -> None:
    conditions, steps = ", ".join(["{count: {gt: 1}}"] * 40), ", ".join(["{figure: COUNT}"] * 9)
    for arguments in (
        "first: 101",
        f"groupBy: {FIVE_FIELDS}",
        f"having: {{or: [{conditions}]}}",
        f"orderBy: [{steps}]",
    ):
        code, _ = await refused(patron, f"{{ transactionsAggregate({arguments}) {{ count }} }}")
        assert code == "LIMIT_EXCEEDED", arguments


async def test_an_aggregate_costs_itself_and_its_groups(patron: Patron) -> None:
    async def cost(query: str) -> int:
        return int((await patron.ask(query))["extensions"]["cost"]["requested"])

    assert await cost("{ transactionsAggregate { count } }") == 2
    assert await cost("{ transactionsAggregate(groupBy: {field: KIND}, first: 7) { key { kind } count } }") == 8
    nested = "{ customers(first: 5) { nodes { transactionsAggregate(groupBy: {field: KIND}, first: 7) { count } } } }"
    assert await cost(nested) == 1 + 5 * (1 + 8)
    code, _ = await refused(patron, nested.replace("first: 5", "first: 100").replace("first: 7", "first: 100"))
    assert code == "LIMIT_EXCEEDED"
