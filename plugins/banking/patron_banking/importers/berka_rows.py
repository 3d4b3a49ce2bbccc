"""The seven tables of the Berka data as values: which columns they have, and how a row of text becomes a value or a bad row.

The data set (PKDD'99 discovery challenge) is published without header lines; the order of columns below was held against the
files, in which every reference of every table resolves. What a row does not say is None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, TypeVar

from patron_banking.models import LoanStanding, StandingOrderPurpose, StatementFrequency
from patron_core.parties.models import Gender

__all__ = ["TABLES", "Account", "Card", "Client", "Disposition", "District", "Loan", "Order", "Table", "Value"]


@dataclass(frozen=True, slots=True)
class District:
    """A district. place: its name and region."""

    key: str
    place: str


@dataclass(frozen=True, slots=True)
class Client:
    """A person without a name. place: the district's, set by the importer."""

    key: str
    birth_date: dt.date
    gender: Gender
    district: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Disposition:
    """A client's right to an account."""

    key: str
    client: str
    account: str
    owner: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A current account. owner, place: the owner's client id and the district, set by the importer."""

    key: str
    district: str
    opened_on: dt.date
    frequency: StatementFrequency
    owner: str = ""
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan paid from an account. owner: as in `Account`. Amounts are in the unit of the files."""

    key: str
    account: str
    granted_on: dt.date
    principal: Decimal
    months: int
    instalment: Decimal
    standing: LoanStanding
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card for a disposition. client, account: the disposition's, set by the importer."""

    key: str
    disposition: str
    product: str
    issued_on: dt.date
    client: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A standing order. The amount is in the unit of the files."""

    key: str
    account: str
    bank: str
    payee: str
    amount: Decimal
    purpose: StandingOrderPurpose | None


T = TypeVar("T")
Value = District | Client | Disposition | Account | Loan | Card | Order


@dataclass(frozen=True, slots=True)
class Table:
    """A table: how its file's name ends, its columns in order, and what makes a row of text a value.

    `parse` raises ValueError with the name of the column at fault.
    """

    ending: str
    columns: tuple[str, ...]
    parse: Callable[[Mapping[str, str]], Value]


def _number(row: Mapping[str, str], column: str) -> str:
    text = row[column].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError(column)
    return text


def _day(row: Mapping[str, str], column: str) -> dt.date:
    try:
        return dt.date.fromisoformat(row[column].strip())
    except ValueError:
        raise ValueError(column) from None


def _amount(row: Mapping[str, str], column: str) -> Decimal:
    try:
        amount = Decimal(row[column].strip())
    except InvalidOperation:
        raise ValueError(column) from None
    if not amount.is_finite() or amount <= 0 or amount >= 10**12:
        raise ValueError(column)
    return amount


def _code(row: Mapping[str, str], column: str, codes: Mapping[str, T]) -> T:
    try:
        return codes[row[column].strip()]
    except KeyError:
        raise ValueError(column) from None


def _text(row: Mapping[str, str], column: str) -> str:
    text = row[column].strip()
    if not text or len(text) > 100:
        raise ValueError(column)
    return text


_GENDERS: Final = MappingProxyType({"F": Gender.FEMALE, "M": Gender.MALE})
_RIGHTS: Final = MappingProxyType({"O": True, "D": False})
_PRODUCTS: Final = MappingProxyType({"J": "Junior", "C": "Classic", "G": "Gold"})
_FREQUENCIES: Final = MappingProxyType(
    {"M": StatementFrequency.MONTHLY, "W": StatementFrequency.WEEKLY, "T": StatementFrequency.EACH_ENTRY}
)
_STANDINGS: Final = MappingProxyType(
    {
        "A": LoanStanding.REPAID,
        "B": LoanStanding.DEFAULTED,
        "C": LoanStanding.RUNNING,
        "D": LoanStanding.IN_ARREARS,
    }
)
_PURPOSES: Final = MappingProxyType(
    {
        "HH": StandingOrderPurpose.HOUSEHOLD,
        "IN": StandingOrderPurpose.INSURANCE,
        "LO": StandingOrderPurpose.LOAN,
        "LE": StandingOrderPurpose.LEASING,
        "": None,
    }
)


def _district(row: Mapping[str, str]) -> District:
    return District(_number(row, "district_id"), f"{_text(row, 'name')}, {_text(row, 'region')}")


def _client(row: Mapping[str, str]) -> Client:
    return Client(
        _number(row, "client_id"),
        _day(row, "birth_date"),
        _code(row, "gender", _GENDERS),
        _number(row, "district_id"),
    )


def _account(row: Mapping[str, str]) -> Account:
    return Account(
        _number(row, "account_id"),
        _number(row, "district_id"),
        _day(row, "created_on"),
        _code(row, "frequency", _FREQUENCIES),
    )


def _disposition(row: Mapping[str, str]) -> Disposition:
    return Disposition(
        _number(row, "disp_id"), _number(row, "client_id"), _number(row, "account_id"), _code(row, "type", _RIGHTS)
    )


def _loan(row: Mapping[str, str]) -> Loan:
    return Loan(
        _number(row, "loan_id"),
        _number(row, "account_id"),
        _day(row, "granted_on"),
        _amount(row, "amount"),
        int(_number(row, "duration")),
        _amount(row, "payments"),
        _code(row, "status", _STANDINGS),
    )


def _card(row: Mapping[str, str]) -> Card:
    return Card(_number(row, "card_id"), _number(row, "disp_id"), _code(row, "type", _PRODUCTS), _day(row, "issued_on"))


def _order(row: Mapping[str, str]) -> Order:
    return Order(
        _number(row, "order_id"),
        _number(row, "account_id"),
        _text(row, "bank_to"),
        _text(row, "account_to"),
        _amount(row, "amount"),
        _code(row, "category", _PURPOSES),
    )


_DISTRICT_STATISTICS: Final = (
    "inhabitants",
    "municipalities_to_499",
    "municipalities_to_1999",
    "municipalities_to_9999",
    "municipalities_from_10000",
    "cities",
    "urban_ratio",
    "average_salary",
    "unemployment_1995",
    "unemployment_1996",
    "entrepreneurs",
    "crimes_1995",
    "crimes_1996",
)

#: By name, in the order in which they are read: what a row refers to comes before it.
TABLES: Final = MappingProxyType(
    {
        "district": Table("district.tsv", ("district_id", "name", "region", *_DISTRICT_STATISTICS), _district),
        "client": Table("client.tsv", ("client_id", "birth_date", "gender", "district_id"), _client),
        "account": Table("account.tsv", ("account_id", "district_id", "created_on", "frequency"), _account),
        "disp": Table("disp.tsv", ("disp_id", "client_id", "account_id", "type"), _disposition),
        "loan": Table(
            "loan.tsv",
            ("loan_id", "account_id", "granted_on", "amount", "duration", "payments", "status"),
            _loan,
        ),
        "card": Table("card.tsv", ("card_id", "disp_id", "type", "issued_on"), _card),
        "order": Table("order.tsv", ("order_id", "account_id", "bank_to", "account_to", "amount", "category"), _order),
    }
)
