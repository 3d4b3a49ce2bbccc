"""Numbers of payment cards are recognised in any writing, other long numbers are let pass, and nothing that holds one is kept."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import random
import types
import typing
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from structlog.testing import capture_logs
from tests.core.described import look
from tests.core.purchases import Purchases

from patron_core.card_numbers import MESSAGE, cleared, has_card_number, masked, place_of_card_number
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import InvalidInput
from patron_core.imports.importer import Importer
from patron_core.imports.runner import run_import
from patron_core.messages import Refused
from patron_core.parties.commands import NewExternalIdentifier, NewPerson
from patron_core.transactions.commands import IngestTransactions, NewLine, NewTransaction
from patron_core.values import Money, Period
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON, PreparedDatabase

pytestmark = pytest.mark.security

#: Test numbers that the schemes and the processors publish.
NUMBERS = (
    "4111111111111111", "4012888888881881", "4222222222222", "4000000000000000006", "5555555555554444", "5105105105105100",
    "2223003122003222", "378282246310005", "371449635398431", "30569309025904", "38520000023237", "6011111111111117",
    "6011000990139424", "3530111333300000", "3566002020360505", "6200000000000005", "6759649826438453", "2200000000000004",
)  # fmt: skip
WRITINGS = (
    "{}", " {} ", "card {} please", "visa{}", "({})", '"{}"', "no:{};", "{}abc", "2026-03-14 {}", "{} 12/29 123", "x\n{}\ny",
)  # fmt: skip
#: Numbers of that length that are no card's: GTINs, IBANs, telephone numbers, ids, times, hashes, a wrong check digit.
OTHERS = (
    "4006381333931", "4260012345676", "5901234123457", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00",
    "GB82 WEST 1234 5698 7654 32",
    "NO9386011117947", "BE68539007547034", "BE68 5390 0754 7034", "+4915123456789", "call +49 1512 3456789", "4111111111111112",
    "1767225600000000", "018f4111-1111-7111-8111-111111111111", "0000000000000000", "1234567890123456", "9999999999999995",
    "4111 1111 1111", "41111111111111111111111", "2026-03-14T12:00:00.000000Z", "3.14159265358979", hashlib.sha256(b"4").hexdigest(),
)  # fmt: skip


def spaced(number: str, gap: str) -> str:
    return gap.join(number[at : at + 4] for at in range(0, len(number), 4))


@pytest.mark.parametrize("number", NUMBERS)
def test_e7_a_card_number_is_recognised_in_any_writing(number: str) -> None:
    shapes = [number, *(spaced(number, gap) for gap in (" ", "-", "\u00a0", "\u2009", "\u2011", ".", "  ", " - "[1:]))]
    shapes += ["-".join(number), number.translate({48 + digit: 0x660 + digit for digit in range(10)})]
    for shape in shapes:
        for writing in WRITINGS:
            assert has_card_number(writing.format(shape)), writing.format(shape)
            assert "[card number]" in masked(writing.format(shape))
            assert shape not in masked(writing.format(shape))


@pytest.mark.parametrize("other", OTHERS)
def test_e7_other_long_numbers_are_let_pass(other: str) -> None:
    for writing in ("{}", "no. {} of today", "({})"):
        assert not has_card_number(writing.format(other))
        assert masked(writing.format(other)) == writing.format(other)


def test_few_numbers_and_no_hashes_are_taken_for_cards(record_property: Callable[[str, object], None]) -> None:
    chance = random.Random(7)
    numbers = sum(has_card_number(str(chance.randrange(10**15, 10**16))) for _ in range(20_000))
    hashes = sum(has_card_number(hashlib.sha256(str(n).encode()).hexdigest()) for n in range(20_000))
    uuids = sum(has_card_number(f"cus_{uuid.UUID(int=chance.getrandbits(128))}") for _ in range(20_000))

    record_property("figure", f"of random numbers of 16 digits {numbers / 200:.1f} % are taken for a card's")
    assert numbers < 20_000 * 0.04
    assert (hashes, uuids) == (0, 0)


def test_a_products_number_may_look_like_a_diners_card() -> None:
    gtin = next(
        number
        for number in (f"36{tail:012}" for tail in range(10_000))
        if has_card_number(number) and not has_card_number(number, product=True)
    )
    assert (
        place_of_card_number(NewLine(description="Box", sku=gtin, quantity=Decimal(1), unit_price=Money(1, "EUR")))
        is None
    )
    assert place_of_card_number(NewLine(description=gtin, quantity=Decimal(1), unit_price=Money(1, "EUR"))) == (
        "description",
    )


def test_the_place_is_told_at_any_depth_and_the_number_never() -> None:
    assert place_of_card_number({"a": [1, {"b": ("x", "4111111111111111")}]}) == ("a", 1, "b", 1)
    assert place_of_card_number({"4111111111111111": 1}) == (0,)
    assert place_of_card_number({"4111111111111111": {"b": "4111111111111111"}}) == (0,)
    assert place_of_card_number([None, 4, 2.5, True, uuid.UUID(int=1), NOON, "short"]) is None
    named = NewExternalIdentifier(system="crm", value="4111-1111-1111-1111")
    with pytest.raises(InvalidInput) as refused:
        cleared(CreateCustomer(person=NewPerson(family_name="Ada"), external_identifiers=(named,)))
    assert refused.value.path == ("external_identifiers", 0, "value")
    assert "4111" not in refused.value.message


def test_a_batch_loses_the_row_at_fault_and_keeps_the_others() -> None:
    good = NewTransaction(amount=Money(100, "EUR"), occurred_at=NOON, source_key="1")
    bad = dataclasses.replace(good, source_key="2", receipt_number="paid with 4111 1111 1111 1111")
    command = cleared(IngestTransactions(source="shop", rows=(good, bad)))

    assert command.rows == (good, Refused("INVALID_INPUT", MESSAGE, ("receipt_number",)))


async def test_e7_an_import_reports_the_row_and_keeps_nothing_of_it(database: PreparedDatabase, tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    path.write_text("customer,day,amount\n1,2026-01-01,5.00\n4111 1111 1111 1111,2026-01-01,6.00\n2,2026-01-02,7.00\n")

    with capture_logs() as logs:
        report = await run_import(
            database.database,
            Purchases(),
            [path],
            actor=database.actor,
            plugins=database.plugins,
            clock=database.clock,
            ids=database.ids,
        )

    assert [(row.line, row.reason) for row in report.bad_rows] == [(3, MESSAGE)]
    assert report.counts.created["transactions"] == 2
    assert await rows_with_cards(database.owner_url) == []
    assert place_of_card_number(json.dumps(logs, default=str)) is None
    named = tmp_path / "4111111111111111.csv"
    path.rename(named)
    with pytest.raises(InvalidInput, match="card number"):
        await run_import(
            database.database,
            Purchases(),
            [named],
            actor=database.actor,
            plugins=database.plugins,
            clock=database.clock,
            ids=database.ids,
        )


async def rows_with_cards(url: str) -> list[str]:
    """The tables that hold a card's number anywhere."""

    def search(connection: Connection) -> list[str]:
        found = []
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).all():
                if any(has_card_number(str(value)) for value in row if isinstance(value, str | dict | list)):
                    found.append(table)
        return found

    tables: list[str] = await look(url, search)
    return tables


IMPORTERS = [importer for _, group in load_plugins(None).each("patron_importers") for importer in group]


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_e7_every_text_of_every_importers_items_is_looked_at(importer: Importer[Any, Any]) -> None:
    base = next(
        b
        for kind in type(importer).__mro__
        for b in getattr(kind, "__orig_bases__", ())
        if typing.get_origin(b) is Importer
    )
    kinds = typing.get_args(base)[0]
    places = 0
    for kind in typing.get_args(kinds) or (kinds,):
        for value, place in with_cards(kind):
            assert place_of_card_number(value) == place, (kind, place)
            places += 1
    assert places >= 2


def with_cards(kind: Any, depth: int = 0) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    """Values of a type with a card's number in one of its texts each, and the place of that text. Not validated: it is read data."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, Any):
        yield "4111111111111111", ()
    elif origin is typing.Annotated:
        yield from with_cards(arguments[0], depth)
    elif origin in (typing.Union, types.UnionType):
        for argument in arguments:
            yield from with_cards(argument, depth)
    elif origin in (tuple, list) or getattr(origin, "__name__", "") == "Sequence":
        yield from (((value,), (0, *place)) for value, place in with_cards(arguments[0], depth))
    elif getattr(origin, "__name__", "") == "Mapping":
        yield from (({"key": value}, ("key", *place)) for value, place in with_cards(arguments[1], depth))
    elif dataclasses.is_dataclass(kind) and depth < 6 and kind not in (Money, Period):
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            for value, place in with_cards(hints[field.name], depth + 1):
                made = object.__new__(kind)  # type: ignore[call-overload]
                for other in dataclasses.fields(kind):
                    object.__setattr__(made, other.name, value if other.name == field.name else None)
                yield made, (field.name, *place)
    else:
        assert (
            kind in (int, bool, float, Decimal, dt.date, dt.datetime, uuid.UUID, type(None), Money, Period)
            or depth >= 6
            or (isinstance(kind, type) and issubclass(kind, Enum | Refused | object))
        )
