"""What a row can become and the fields each has: names, kinds, and which are needed. `mapping` checks against these.

In comes nothing; the tables here are what docs/imports.md, suggestions and the reading of rows share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from patron_core.customers.models import CustomerKind, LifecycleStage
from patron_core.parties.models import Gender, PartyKind, UnitKind
from patron_core.touchpoints.models import Channel, Direction
from patron_core.transactions.models import TransactionKind
from patron_core.values import Code

__all__ = ["LINE_FIELDS", "TARGETS", "Field", "Kind", "Target"]


class Kind(Enum):
    """How a value is read."""

    TEXT = "text"
    CODE = "one of a list"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"
    WHOLE = "whole number"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a target. codes: the list, where it is one of a list. also: names by which others call it."""

    kind: Kind
    codes: type[Code] | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a row can become. required: without which a mapping makes no sense."""

    fields: Mapping[str, Field]
    required: tuple[str, ...]


def _text(also: str = "") -> Field:
    return Field(Kind.TEXT, also=tuple(also.split()))


def _code(codes: type[Code], also: str = "") -> Field:
    return Field(Kind.CODE, codes, tuple(also.split()))


_CUSTOMERS: Final = {
    "party": _code(PartyKind, "party_kind"),
    "display_name": _text("name full_name fullname customer_name"),
    "given_name": _text("first_name firstname forename vorname prenom"),
    "family_name": _text("last_name lastname surname nachname nom"),
    "legal_name": _text("company company_name organization organisation firma account_name"),
    "birth_date": Field(Kind.DATE, also=("birthday", "date_of_birth", "dob", "geburtsdatum")),
    "gender": _code(Gender, "sex"),
    "language": _text("locale lang"),
    "industry": _text("isic"),
    "unit_kind": _code(UnitKind),
    "kind": _code(CustomerKind, "customer_kind customer_type"),
    "lifecycle_stage": _code(LifecycleStage, "stage lifecycle"),
    "owner": _text("account_owner account_manager salesperson"),
    "since": Field(Kind.DATE, also=("customer_since", "created", "created_at", "signup_date")),
}
_RELATIONSHIPS: Final = {
    "type": _text("relationship type_code relation"),
    "source_party": _text("from source parent organization employer"),
    "target_party": _text("to target child person employee"),
    "role_title": _text("role title job_title position"),
    "influence": Field(Kind.WHOLE),
    "valid_from": Field(Kind.TIME, also=("from_date", "start", "start_date", "since")),
    "valid_to": Field(Kind.TIME, also=("to_date", "end", "end_date", "until")),
    "notes": _text("note comment remarks"),
}
_TOUCHPOINTS: Final = {
    "customer": _text("customer_id client_id contact_id account_id customer_number"),
    "channel": _code(Channel, "medium"),
    "direction": _code(Direction),
    "occurred_at": Field(Kind.TIME, also=("date", "datetime", "timestamp", "time", "when", "created_at")),
    "topic": _text("subject title summary"),
    "outcome": _text("result notes note description"),
}
_TRANSACTIONS: Final = {
    "customer": _text("customer_id client_id account_id customer_number customerid kundennummer"),
    "kind": _code(TransactionKind, "type transaction_type document_type"),
    "amount": Field(Kind.NUMBER, also=("total", "sum", "value", "gross", "total_amount", "betrag")),
    "currency": _text("currency_code iso_currency waehrung"),
    "occurred_at": Field(
        Kind.TIME,
        also=("date", "datetime", "timestamp", "invoice_date", "invoicedate", "order_date", "payment_date", "datum"),
    ),
    "channel": _code(Channel),
    "receipt_number": _text("invoice invoice_no invoiceno invoice_number receipt receipt_no order_no order_number"),
}
#: The fields of an item of a transaction.
LINE_FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "sku": _text("item_code stock_code stockcode article article_no product_code ean"),
        "description": _text("item product product_name article_name line_text"),
        "quantity": Field(Kind.NUMBER, also=("qty", "units", "count", "menge")),
        "unit_price": Field(Kind.NUMBER, also=("price", "unitprice", "einzelpreis")),
        "amount": Field(Kind.NUMBER, also=("line_total", "line_amount")),
    }
)
#: By name.
TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "customers": Target(MappingProxyType(_CUSTOMERS), ()),
        "relationships": Target(MappingProxyType(_RELATIONSHIPS), ("type", "source_party", "target_party")),
        "touchpoints": Target(MappingProxyType(_TOUCHPOINTS), ("channel", "direction", "occurred_at", "topic")),
        "transactions": Target(MappingProxyType(_TRANSACTIONS), ("amount", "currency", "occurred_at")),
    }
)
