"""Quotes: exact amounts, versions, what is frozen, what runs out; bids of competitors and who leads."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from sqlalchemy import select

from patron_core.currencies.commands import EnterExchangeRate
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import Step
from patron_core.opportunities.commands import CreateOpportunity, MoveOpportunity
from patron_core.opportunities.models import Opportunity
from patron_core.parties.commands import NewOrganization
from patron_core.quotes.amounts import amounts_of, sum_of
from patron_core.quotes.bidding import Ranking, ranking
from patron_core.quotes.commands import (
    AcceptQuote,
    AddCompetingOffer,
    CreateQuote,
    DeclineQuote,
    NewQuoteLine,
    ReviseQuote,
    SendQuote,
    UpdateQuote,
)
from patron_core.quotes.models import Quote, QuoteLine, QuoteState
from patron_core.quotes.recurring import expire_quotes
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

FIRST = Step(arguments={}, state={}, done=0)
TODAY = NOON.date()


def line(price: int = 100_00, **given: Any) -> NewQuoteLine:
    return NewQuoteLine(**{"description": "An engine", "unit_price": Money(price, "EUR"), **given})


async def deal(database: PreparedDatabase) -> Opportunity:
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    made: Opportunity = await database.do(CreateOpportunity(customer_id=customer.id, name="Ten engines"))
    return made


async def quote(database: PreparedDatabase, number: str = "Q1", *lines: NewQuoteLine, **given: Any) -> Quote:
    """A draft for a new deal."""
    if "customer_id" not in given:
        opportunity = await deal(database)
        given = {"customer_id": opportunity.customer_id, "opportunity_id": opportunity.id, **given}
    command = CreateQuote(number=number, valid_until=TODAY, lines=lines or (line(),), **given)
    made: Quote = await database.do(command)
    return made


async def sent(database: PreparedDatabase, draft: Quote) -> Quote:
    made: Quote = await database.do(SendQuote(id=draft.id, version=draft.version))
    return made


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "tax", "net", "owed"),
    [
        ("1", 100_00, "0", "0.19", 100_00, 19_00),
        ("3", 33_33, "0.1", "0.19", 89_99, 17_10),  # 8999.1 and 1709.81
        ("0.5", 1, "0", "0", 0, 0),  # half to even
        ("1.5", 1, "0", "0", 2, 0),
        ("2", 100_00, "1", "0.19", 0, 0),
    ],
)
def test_a_line_is_rounded_once_for_net_and_once_for_tax(
    quantity: str, price: int, discount: str, tax: str, net: int, owed: int
) -> None:
    made = amounts_of(
        quantity=Decimal(quantity),
        unit_price=Money(price, "EUR"),
        discount_rate=Decimal(discount),
        tax_rate=Decimal(tax),
    )

    assert (made.net.minor, made.tax.minor) == (net, owed)


@examples(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**4)), max_size=20))
def test_the_total_is_what_the_lines_show(rows: list[tuple[int, int, int]]) -> None:
    lines = [
        amounts_of(
            quantity=Decimal(quantity) / 1000,
            unit_price=Money(price, "EUR"),
            discount_rate=Decimal(0),
            tax_rate=Decimal(tax) / 10**4,
        )
        for quantity, price, tax in rows
    ]

    assert sum_of([each.net for each in lines], currency_code="EUR").minor == sum(each.net.minor for each in lines)
    for (quantity, price, _), each in zip(rows, lines, strict=True):
        assert abs(each.net.minor * 1000 - quantity * price) <= 500


async def test_a_quote_has_the_sums_of_its_lines(database: PreparedDatabase) -> None:
    made = await quote(
        database,
        "Q1",
        line(33_33, quantity=Decimal(3), discount_rate=Decimal("0.1"), tax_rate=Decimal("0.19")),
        line(10),
    )

    assert (made.net, made.tax, made.total) == (Money(90_09, "EUR"), Money(17_10, "EUR"), Money(107_19, "EUR"))
    assert (made.state, made.revision) == (QuoteState.DRAFT, 1)


async def test_an_accepted_quote_is_frozen(database: PreparedDatabase) -> None:
    out = await sent(database, await quote(database))
    accepted = await database.do(AcceptQuote(id=out.id, version=out.version))

    for command in (
        UpdateQuote(id=out.id, version=accepted.version, lines=(line(1),)),
        SendQuote(id=out.id, version=accepted.version),
        DeclineQuote(id=out.id, version=accepted.version, reason="Too dear."),
        ReviseQuote(id=out.id, version=accepted.version, valid_until=TODAY),
    ):
        with pytest.raises(Conflict):
            await database.do(command)
    assert accepted.total == Money(100_00, "EUR")


async def test_only_a_draft_changes_and_lines_are_replaced(database: PreparedDatabase) -> None:
    draft = await quote(database, "Q1", line(), line())

    changed = await database.do(UpdateQuote(id=draft.id, version=draft.version, lines=(line(7_00),)))

    assert changed.total == Money(7_00, "EUR")
    statement = select(QuoteLine).where(QuoteLine.quote_id == draft.id)
    assert len(await database.do(lambda uow: uow.select(statement))) == 1
    out = await sent(database, changed)
    with pytest.raises(Conflict):
        await database.do(UpdateQuote(id=draft.id, version=out.version, lines=(line(),)))


async def test_a_new_version_takes_the_place_of_the_one_before(database: PreparedDatabase) -> None:
    out = await sent(database, await quote(database, "Q1", line(), line()))

    revised = await database.do(ReviseQuote(id=out.id, version=out.version, valid_until=TODAY + dt.timedelta(days=30)))

    before = await database.do(lambda uow: uow.get(Quote, out.id))
    assert (before.state, revised.state) == (QuoteState.SUPERSEDED, QuoteState.DRAFT)
    assert (revised.number, revised.revision, revised.supersedes_id) == ("Q1", 2, out.id)
    assert revised.total == out.total
    with pytest.raises(Conflict):
        await database.do(ReviseQuote(id=out.id, version=before.version, valid_until=TODAY))


async def test_two_who_answer_at_once_leave_one_answer(database: PreparedDatabase) -> None:
    out = await sent(database, await quote(database))

    made = await asyncio.gather(
        database.do(AcceptQuote(id=out.id, version=out.version)),
        database.do(DeclineQuote(id=out.id, version=out.version, reason="Too dear.")),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in made) == ["Conflict", "Quote"]


async def test_a_quote_runs_out_on_the_day_after_its_last(database: PreparedDatabase) -> None:
    out, draft = await sent(database, await quote(database)), await quote(database, "Q2")

    await database.do(lambda uow: expire_quotes(FIRST, uow))
    assert (await database.do(lambda uow: uow.get(Quote, out.id))).state is QuoteState.SENT
    database.clock.advance(dt.timedelta(days=1))
    with pytest.raises(InvalidInput):
        await database.do(AcceptQuote(id=out.id, version=out.version))
    for _ in range(2):
        await database.do(lambda uow: expire_quotes(FIRST, uow))

    gone = await database.do(lambda uow: uow.get(Quote, out.id))
    assert (gone.state, gone.version) == (QuoteState.EXPIRED, out.version + 1)
    assert (await database.do(lambda uow: uow.get(Quote, draft.id))).state is QuoteState.DRAFT
    with pytest.raises(InvalidInput):
        await sent(database, draft)


async def test_a_number_is_given_once_and_a_deal_is_the_customers_own(database: PreparedDatabase) -> None:
    made = await quote(database)
    other = await deal(database)

    with pytest.raises(Conflict):
        await quote(database)
    with pytest.raises(InvalidInput) as refused:
        await quote(database, "Q2", customer_id=made.customer_id, opportunity_id=other.id)

    assert refused.value.path == ("opportunity_id",)


async def bid(database: PreparedDatabase, opportunity: Opportunity, who: str, amount: Money) -> None:
    database.clock.advance(dt.timedelta(minutes=1))
    command = AddCompetingOffer(opportunity_id=opportunity.id, competitor=who, amount=amount, source="The buyer")
    await database.do(command)


async def ranked(database: PreparedDatabase, opportunity: Opportunity, *, lowest_wins: bool = True) -> Ranking:
    found: Ranking = await database.do(lambda uow: ranking(opportunity.id, uow, lowest_wins=lowest_wins))
    return found


async def test_the_latest_bid_of_each_bidder_counts_in_one_currency(database: PreparedDatabase) -> None:
    opportunity = await deal(database)
    await sent(
        database,
        await quote(database, customer_id=opportunity.customer_id, opportunity_id=opportunity.id),
    )
    await bid(database, opportunity, "Acme", Money(120_00, "EUR"))
    await bid(database, opportunity, "Acme", Money(90_00, "EUR"))
    await bid(database, opportunity, "Bolt", Money(88_00, "USD"))
    await bid(database, opportunity, "Cog", Money(100_00, "GBP"))
    rate = EnterExchangeRate(base_currency="EUR", quote_currency="USD", day=TODAY, rate=Decimal("1.1"), source="ECB")
    await database.do(rate)

    lowest, highest = await ranked(database, opportunity), await ranked(database, opportunity, lowest_wins=False)

    assert [(each.bidder, each.rank) for each in lowest.bids] == [("Bolt", 1), ("Acme", 2), (None, 3), ("Cog", None)]
    assert lowest.bids[0].comparable == Money(80_00, "EUR")
    assert lowest.gap.money == Money(20_00, "EUR")
    assert [each.bidder for each in highest.bids[:3]] == [None, "Acme", "Bolt"]
    assert highest.gap.money == Money(-10_00, "EUR")


async def test_without_bids_there_is_no_gap(database: PreparedDatabase) -> None:
    opportunity = await deal(database)

    made = await ranked(database, opportunity)

    assert (made.bids, made.gap.applicable) == ((), False)


async def test_a_decided_deal_takes_no_more_bids(database: PreparedDatabase) -> None:
    opportunity = await deal(database)
    await database.do(
        MoveOpportunity(id=opportunity.id, version=opportunity.version, stage_code="LOST", reason="Too dear.")
    )

    with pytest.raises(Conflict):
        await bid(database, opportunity, "Acme", Money(1_00, "EUR"))


@pytest.mark.parametrize(
    "given",
    [
        {"quantity": Decimal(0)},
        {"quantity": Decimal("1.0001")},
        {"quantity": Decimal("NaN")},
        {"discount_rate": Decimal("1.1")},
        {"tax_rate": Decimal("0.00001")},
        {"price": -1},
    ],
)
def test_a_line_that_could_not_be_kept_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        line(**given)


def test_lines_are_some_and_of_one_currency() -> None:
    other = NewQuoteLine(description="An engine", unit_price=Money(1, "USD"))
    for lines in ((), (line(), other)):
        with pytest.raises(InvalidInput):
            UpdateQuote(id=Quote().id, version=1, lines=lines)
