"""A card's number in any text of any mutation is refused at its place, and is neither stored, echoed nor logged."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
import typing
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.core.test_card_numbers import rows_with_cards

from patron_core.card_numbers import MESSAGE, has_card_number
from patron_core.ids import IdOf
from patron_core.messages import Refused
from patron_core.values import Code, Money, Unset
from patron_schema.compose import MutationField
from patron_schema.compose.names import camel
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security
NUMBER = "4111 1111 1111 1111"
#: Fewer digits than a card's where a field takes only few characters.
SHORT = "4111111111111111"


async def test_e7_no_mutation_takes_a_card_number(
    patron: Patron, record_property: Callable[[str, object], None]
) -> None:
    composed = (await patron.gateway.schemas.of(patron.prepared.tenant_id)).composed
    tried = refused = 0
    with capture_logs() as logs:
        for name, field in sorted(composed.mutations.items()):
            for value, place in inputs(field):
                shown = "userErrors { code message path } " + ("results { message path }" if "Ingest" in name else "")
                typed = f"{name[0].upper()}{name[1:]}Input!"
                query = f"mutation($input: {typed}) {{ {name}(input: $input) {{ {shown} }} }}"
                answer = await patron.ask(query, {"input": value})
                text = json.dumps(answer)
                assert not has_card_number(text), (name, place)
                tried += 1
                if "Ingest" in name:
                    refused += MESSAGE in text or place[0] != "rows"
                    continue
                said = answer["data"][name]["userErrors"] if answer.get("data") else answer["errors"]
                assert said, (name, place)
                if MESSAGE in text:
                    refused += 1
                    assert said[0]["path"] == ["input", *place], (name, place)

    assert await rows_with_cards(patron.prepared.owner_url) == []
    assert not has_card_number(json.dumps(logs, default=str))
    record_property(
        "figure",
        f"{tried} texts of {len(composed.mutations)} mutations, {refused} refused as a card's, 0 kept, 0 in logs",
    )
    assert tried > 100
    assert refused > tried * 0.6  # the others break a rule of their own first: e-mail addresses, time zones, currencies


async def test_e7_a_batch_over_the_api_keeps_its_other_rows(patron: Patron) -> None:
    rows = [
        {
            "sourceKey": str(number),
            "amount": {"amount": "1.00", "currencyCode": "EUR"},
            "occurredAt": "2026-03-01T00:00:00Z",
        }
        for number in range(3)
    ]
    rows[1]["receiptNumber"] = NUMBER
    shown = "created results { code message path }"
    query = f'mutation($rows: [NewTransactionInput!]!) {{ transactionsIngest(input: {{source: "shop", rows: $rows}}) {{ {shown} }} }}'
    answer = await patron.ask(query, {"rows": rows})

    assert "errors" not in answer, answer
    assert answer["data"]["transactionsIngest"]["created"] == 2
    assert MESSAGE in json.dumps(answer)
    assert await rows_with_cards(patron.prepared.owner_url) == []


#: What some mutations want beside their required fields, so that nothing else is wrong with the input.
_PERSON = {"person": {"familyName": "x"}}
_ORGANIZATION = {"organization": {"displayName": "x"}}
BESIDE: dict[str, dict[str, Any]] = {
    "accessImpersonate": {"subject": "x", "roles": ["agent"]},
    "apiKeyCreate": {"roles": ["agent"]},
    "accountOpen": {"currency": "EUR"},
    "appointmentBook": {"end": "2026-03-01T00:30:00Z"},
    "appointmentStatusChange": {"status": "CANCELLED"},
    "contactMediumAdd": {"medium": {"kind": "EMAIL", "value": "a@example.org"}},
    "customerCreate": _PERSON,
    "customerUpdate": {"lifecycleStage": "ACTIVE"},
    "kycDecide": {"status": "REJECTED"},
    "observationRecord": {"valueText": "x"},
    "organizationCreate": _ORGANIZATION,
    "personCreate": _PERSON,
    "practitionerRegister": _PERSON,
    "propertyCreate": {"timezone": "Europe/Lisbon"},
    "relationshipCreate": {"typeCode": "ADVISES"},
    "relationshipTypeDefine": {"code": "ADVISES"},
    "reservationCreate": {"departure": "2026-03-02"},
    "roleCreate": {"name": "helper"},
    "transactionRecord": {"source": "x", "sourceKey": "x"},
    "touchpointLog": {"source": "x", "sourceKey": "x"},
}


def inputs(field: MutationField) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Inputs of a mutation with a card's number in one of its texts each, everything else as little as may be."""
    beside = BESIDE.get(field.name, {})
    for value, place in _of_dataclass(field.command, depth=0):
        alone = field.name == "customerCreate" and place[0] == "organization"
        rest = {} if alone else {name: each for name, each in beside.items() if name != place[0]}
        yield {**value, **rest}, place


def _of_dataclass(kind: type, *, depth: int) -> Iterator[tuple[dict[str, Any], list[str]]]:
    hints = typing.get_type_hints(kind, include_extras=True)
    least = {camel(f.name): _least(hints[f.name]) for f in dataclasses.fields(kind) if _required(f)}
    for each in dataclasses.fields(kind):
        name = camel(each.name)
        for value, place in _with_number(hints[each.name], depth=depth + 1):
            yield {**least, name: value}, [name, *place]


def _with_number(hint: Any, *, depth: int) -> Iterator[tuple[Any, list[str]]]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        if any(isinstance(mark, IdOf) for mark in arguments[1:]):
            return
        yield from _with_number(arguments[0], depth=depth)
    elif origin in (typing.Union, types.UnionType):
        rest = [a for a in arguments if a not in (type(None), Unset, Refused)]
        yield from _with_number(rest[0], depth=depth)
    elif origin is tuple:
        yield from (([value], ["0", *place]) for value, place in _with_number(arguments[0], depth=depth))
    elif hint is str:
        yield NUMBER, []
        yield SHORT, []
    elif dataclasses.is_dataclass(hint) and hint is not Money and depth < 5:
        yield from _of_dataclass(typing.cast("type", hint), depth=depth)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _least(hint: Any) -> Any:
    """A value that the input of this type takes."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        marks = [mark for mark in arguments[1:] if isinstance(mark, IdOf)]
        return f"{marks[0].prefix}_{uuid.UUID(int=7)}" if marks else _least(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return _least(next(a for a in arguments if a not in (type(None), Unset, Refused)))
    if origin is tuple:
        return [_least(arguments[0])]
    if hint is Money:
        return {"amount": "1.00", "currencyCode": "EUR"}
    if isinstance(hint, type) and issubclass(hint, Code):
        return next(iter(hint)).name
    if dataclasses.is_dataclass(hint):
        kind = typing.cast("type", hint)
        hints = typing.get_type_hints(kind, include_extras=True)
        return {camel(f.name): _least(hints[f.name]) for f in dataclasses.fields(kind) if _required(f)}
    plain = {
        str: "x",
        int: 1,
        bool: True,
        float: 1.0,
        Decimal: "1",
        dt.date: "2026-03-01",
        dt.datetime: "2026-03-01T00:00:00Z",
    }
    return plain[hint]
