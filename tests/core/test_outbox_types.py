"""The catalogue of events: what each says of itself, that it can be read again from JSON, and what an actor is told of it."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron_core.access.grants import Grant
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.messages import Actor, Event
from patron_core.outbox.decoding import decoded, parts
from patron_core.outbox.telling import may_hear_of, told
from patron_core.outbox.types import EventType, EventTypes
from patron_core.plugins import Plugins
from patron_core.records import FINANCIAL, INTERNAL, PHI, PII, Classification
from patron_core.transactions.events import TransactionReversed, TransactionsIngested
from patron_core.transactions.models import TransactionKind
from patron_core.values import Code, Money, Period
from patron_schema.hookspecs import load_plugins

INSTALLED = load_plugins(None)
TYPES = EventTypes.of(INSTALLED)
TENANT = uuid.UUID(int=1)
NOON = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)


def actor(*scopes: str, classes: set[Classification] | None = None, role: str | None = None) -> Actor:
    grants = () if classes is None else (Grant(classes=frozenset(classes)),)
    return Actor(TENANT, "test", "app", roles=() if role is None else (role,), scopes=scopes, grants=grants)


# ------------------------------------------------------------------------------------------------ what there is


def test_no_event_of_the_core_or_a_bundled_plugin_lacks_anything() -> None:
    assert EventTypes.problems(INSTALLED) == []
    assert {each.plugin for each in TYPES.all} == {"core", "banking", "healthcare", "hospitality", "retail"}
    assert len({(each.name, each.version) for each in TYPES.all}) == len(TYPES.all) > 50


def test_ids_say_whose_they_are_and_amounts_and_words_are_classified_by_their_type() -> None:
    reversed_ = TYPES.named("transaction.reversed", 1)
    assert reversed_ is not None
    shown = {
        each.name: (each.type, each.classification, each.target and each.target.__name__) for each in reversed_.fields
    }

    assert shown == {
        "customerId": ("ID", INTERNAL, "Customer"),
        "transactionId": ("ID!", INTERNAL, "Transaction"),
        "reversesId": ("ID!", INTERNAL, "Transaction"),
        "kind": ("TransactionKind!", INTERNAL, None),
        "amount": ("Money!", FINANCIAL, None),
        "occurredAt": ("DateTime!", INTERNAL, None),
        "reason": ("String", PII, None),
    }
    assert (reversed_.plugin, reversed_.scope, reversed_.existence) == ("core", "transaction:read", INTERNAL)


def test_what_a_docstring_says_of_a_field_is_its_description() -> None:
    ingested = TYPES.named("transactions.ingested", 1)
    assert ingested is not None

    assert ingested.description == (
        "Many rows of the ledger were recorded at once; there is no event for each of them."
    )
    assert {each.name: each.description for each in ingested.fields}["customerIds"] == "Their customers, each once."


def test_events_of_care_are_health_information_by_being_there() -> None:
    of_care = {each.name: each.existence for each in TYPES.all if each.plugin == "healthcare"}

    assert of_care.pop("healthcare.practitioner_registered") is INTERNAL
    assert set(of_care.values()) == {PHI}


def test_a_tenant_without_a_plugin_does_not_know_its_events() -> None:
    without = EventTypes.of(INSTALLED.only(["retail"]))

    assert {each.plugin for each in without.all} == {"core", "retail"}
    assert without.decode("healthcare.patient_registered", 1, {"patient_id": str(TENANT)}) is None


# ------------------------------------------------------------------------------------------------ declared wrongly


def plugin_of(*events: type[Any]) -> Plugins:
    """A plugin whose package, which nobody else has, holds these classes of events."""
    package = f"patron_{events[0].__name__.lower()}"
    module = sys.modules[package] = ModuleType(package)
    vars(module).update(uuid=uuid)
    for event in events:
        event.__module__ = package
        setattr(module, event.__name__, event)

    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="pillows", version="1", core_range=">=0", label="Pillows")

    module.patron_manifest = patron_manifest  # type: ignore[attr-defined]
    return Plugins.of({"pillows": module})


def test_an_event_that_could_not_be_read_again_stops_the_start() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class PillowWeighed(Event):
        """A pillow was weighed."""

        type: ClassVar[str] = "pillows.weighed"
        weight: float

    (problem,) = plugin_of(PillowWeighed).check()
    assert "PillowWeighed.weight is of a type that could not be read again from JSON" in problem


def test_an_event_without_words_and_an_id_of_nobody_stop_the_start() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class PillowLost(Event):
        type: ClassVar[str] = "pillows.lost"
        feather_id: uuid.UUID

    problems = plugin_of(PillowLost).check()
    assert [("no docstring" in each, "feather_id is an id" in each) for each in problems] == [
        (True, False),
        (False, True),
    ]


def test_two_events_of_one_name_and_version_stop_the_start() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class PillowFound(Event):
        """A pillow was found."""

        type: ClassVar[str] = "pillows.found"

    @dataclass(frozen=True, slots=True, kw_only=True)
    class PillowFoundAgain(Event):
        """A pillow was found again."""

        type: ClassVar[str] = "pillows.found"

    @dataclass(frozen=True, slots=True, kw_only=True)
    class PillowFoundOtherwise(Event):
        """A pillow was found, told in another shape."""

        type: ClassVar[str] = "pillows.found"
        version: ClassVar[int] = 2

    (problem,) = plugin_of(PillowFound, PillowFoundAgain, PillowFoundOtherwise).check()
    assert "are both the event pillows.found of version 1" in problem


# ------------------------------------------------------------------------------------------------ written and read again

_MOMENTS = st.integers(-(2**31), 2**33).map(lambda seconds: NOON + dt.timedelta(seconds=seconds, microseconds=1))
_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(min_value=-(2**53), max_value=2**53),
    str: st.text(),
    uuid.UUID: st.uuids(),
    dt.datetime: _MOMENTS,
    dt.date: st.dates(),
    Money: st.builds(Money, st.integers(-(10**17), 10**17), st.sampled_from(["EUR", "JPY", "BHD", "CLF"])),
    Period: st.tuples(_MOMENTS, _MOMENTS).map(lambda pair: Period(min(pair), max(pair))),
}


def instances(event: type[Event]) -> st.SearchStrategy[Event]:
    """Any instance of a class of events."""
    arguments = {}
    for name, part in parts(event).items():
        values = st.sampled_from(list(part.kind)) if issubclass(part.kind, Code) else _VALUES[part.kind]
        if part.shown.startswith("["):
            values = st.lists(values, max_size=3).map(tuple)
        arguments[name] = values if part.shown.endswith("!") else st.none() | values
    return st.builds(event, **arguments)


@pytest.mark.parametrize("kind", TYPES.all, ids=lambda kind: f"{kind.name}.{kind.version}")
@settings(max_examples=20)
@given(data=st.data())
def test_every_event_is_read_again_from_its_payload_as_it_was(kind: EventType, data: st.DataObject) -> None:
    event = data.draw(instances(kind.event))

    stored = json.loads(json.dumps(event.payload()))

    assert TYPES.decode(kind.name, kind.version, stored) == event
    assert TYPES.of_event(event) is kind


def test_a_payload_of_an_older_or_newer_patron_is_read_where_it_can_be() -> None:
    stored = TransactionReversed(
        transaction_id=TENANT,
        reverses_id=TENANT,
        kind=TransactionKind.REFUND,
        amount=Money(-100, "EUR"),
        occurred_at=NOON,
    ).payload()

    older = {name: value for name, value in stored.items() if name not in ("reason", "customer_id")}
    assert decoded(TransactionReversed, {**older, "mood": "sour"}).payload() == stored
    assert TYPES.decode("transaction.reversed", 1, {**stored, "kind": "GIFT"}) is None
    assert TYPES.decode("transaction.reversed", 1, {**stored, "reason": 7}) is None
    assert TYPES.decode("transaction.reversed", 1, {"reason": None}) is None
    assert TYPES.decode("transaction.reversed", 9, stored) is None


# ------------------------------------------------------------------------------------------------ who is told what

REVERSED = TransactionReversed(
    customer_id=uuid.UUID(int=5),
    transaction_id=uuid.UUID(int=6),
    reverses_id=uuid.UUID(int=7),
    kind=TransactionKind.REFUND,
    amount=Money(-1250, "EUR"),
    occurred_at=NOON,
    reason="Ada said so",
)


def test_an_actor_is_told_what_its_classes_open_with_the_ids_of_the_api() -> None:
    everything = told(REVERSED, actor(role="owner"), types=TYPES)
    assert everything == {
        "customerId": f"cus_{uuid.UUID(int=5)}",
        "transactionId": f"txn_{uuid.UUID(int=6)}",
        "reversesId": f"txn_{uuid.UUID(int=7)}",
        "kind": "REFUND",
        "amount": {"amount": "-12.50", "currencyCode": "EUR"},
        "occurredAt": "2026-03-14T12:00:00.000000Z",
        "reason": "Ada said so",
    }
    assert {field.name for field in fields(REVERSED)} - {"reverses_id"} >= {"reason"}

    plain = told(REVERSED, actor("transaction:read"), types=TYPES)
    assert plain == {name: value for name, value in everything.items() if name not in ("amount", "reason")}
    money = told(REVERSED, actor("transaction:read", "read:financial"), types=TYPES)
    assert money == {name: value for name, value in everything.items() if name != "reason"}


def test_a_thin_payload_holds_ids_alone() -> None:
    several = TransactionsIngested(source="till", transaction_ids=(TENANT, REVERSED.transaction_id), customer_ids=())

    assert set(told(REVERSED, actor(role="owner"), types=TYPES, thin=True) or {}) == {
        "customerId",
        "transactionId",
        "reversesId",
    }
    assert told(several, actor(role="owner"), types=TYPES, thin=True) == {
        "customerId": None,
        "transactionIds": [f"txn_{TENANT}", f"txn_{REVERSED.transaction_id}"],
        "customerIds": [],
    }


@pytest.mark.security
def test_who_lacks_the_scope_or_the_class_of_its_existence_is_told_nothing() -> None:
    assert told(REVERSED, actor("party:read", "read:financial", "read:pii"), types=TYPES) is None
    booked = TYPES.named("healthcare.appointment_booked", 1)
    assert booked is not None
    assert not may_hear_of(booked, actor("healthcare:read", classes={INTERNAL, PII, FINANCIAL}))
    assert may_hear_of(booked, actor("healthcare:read", classes={INTERNAL, PHI}))
    assert not may_hear_of(booked, actor(role="manager"))
    assert may_hear_of(booked, actor(role="clinician"))


@pytest.mark.security
@pytest.mark.parametrize("kind", TYPES.all, ids=lambda kind: f"{kind.name}.{kind.version}")
@settings(max_examples=20)
@given(data=st.data())
def test_no_field_is_told_beyond_the_classes_of_who_is_told(kind: EventType, data: st.DataObject) -> None:
    classes = data.draw(st.sets(st.sampled_from([INTERNAL, PII, FINANCIAL, PHI])))
    event = data.draw(instances(kind.event))

    shown = told(event, actor(kind.scope, classes=classes), types=TYPES)

    if kind.existence not in classes:
        assert shown is None
    else:
        assert set(shown or {}) == {each.name for each in kind.fields if each.classification in classes}
