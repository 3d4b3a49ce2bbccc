"""What a camt.053 statement says, as values: account, balances and entries; and whether its balances agree with its entries.

Terms are those of the ISO 20022 message definition report of camt.053.001.02 and .08; the two differ, in what is read here,
only in where a status stands. A part that breaks a rule raises `Refused`, whose text holds no value of the file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from patron_banking.commands import normal_iban
from patron_banking.importers.camt_xml import Element, inner_text, line_of, texts
from patron_banking.models import AccountEntryStatus, BalanceType, CreditDebit, FinancialAccountKind
from patron_core.errors import InvalidInput
from patron_core.imports.remembered import Remembered
from patron_core.imports.source_keys import hash_key
from patron_core.parties.models import PartyKind
from patron_core.values import Money, Period, known_currency

__all__ = [
    "AccountData",
    "BalanceData",
    "EntryData",
    "EntryKeys",
    "Owner",
    "Refused",
    "StatementData",
    "read_entry",
    "read_statement",
]

_LONGEST_TEXT: Final = 4_000
#: What banks write where they have no reference.
_NO_REFERENCE: Final = frozenset({"NONREF", "NOTPROVIDED", "NOT PROVIDED"})
_KINDS: Final = {
    "LOAN": FinancialAccountKind.LOAN,
    "CARD": FinancialAccountKind.CARD,
    "SVGS": FinancialAccountKind.SAVINGS,
    "LLSV": FinancialAccountKind.SAVINGS,
    "MOMA": FinancialAccountKind.SAVINGS,
}


class Refused(Exception):
    """Why a part of a statement cannot be taken in."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns the account, as far as the statement says. system, value: what names them, None without an identifier."""

    name: str
    kind: PartyKind | None
    system: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class AccountData:
    """The account of a statement; key: its IBAN, or the bank's own number."""

    iban: str | None
    number: str | None
    currency: str | None
    kind: FinancialAccountKind
    product: str | None
    owner: Owner | None

    @property
    def key(self) -> str:
        """What names the account among this bank's."""
        return self.iban or self.number or ""


@dataclass(frozen=True, slots=True)
class BalanceData:
    """A balance; the amount is negative when it is a debit."""

    type: BalanceType
    as_of: dt.date
    amount: Money


@dataclass(frozen=True, slots=True)
class StatementData:
    """A statement without its entries. other_balances: how many it has of kinds that ISO 20022 does not name."""

    line: int
    key: str
    number: str
    created_at: dt.datetime | None
    covers: Period
    account: AccountData
    balances: tuple[BalanceData, ...]
    other_balances: int

    @property
    def currency(self) -> str:
        """The currency of the account: its own, or else its balances'."""
        return self.account.currency or self.balances[0].amount.currency_code

    @property
    def movement(self) -> int:
        """Closing less opening booked balance, in minor units. Pages of a statement begin or end with an interim one."""
        opening = _first(self.balances, (BalanceType.OPBD, BalanceType.PRCD, BalanceType.ITBD))
        closing = _first(tuple(reversed(self.balances)), (BalanceType.CLBD, BalanceType.ITBD))
        if opening is None or closing is None or opening is closing:
            raise Refused("The statement has no opening or no closing booked balance.")
        if {opening.amount.currency_code, closing.amount.currency_code} != {self.currency}:
            raise Refused("The balances are not in the currency of the account.")
        return closing.amount.minor - opening.amount.minor


@dataclass(frozen=True, slots=True)
class EntryData:
    """An entry; the amount is negative when it is a debit. reference: the bank's, None where it gave none."""

    line: int
    amount: Money
    direction: CreditDebit
    status: AccountEntryStatus
    reversal: bool
    booked_on: dt.date | None
    value_on: dt.date | None
    occurred_at: dt.datetime | None
    code: str | None
    reference: str | None
    remittance: str | None

    @property
    def booked(self) -> bool:
        """Whether it counts towards the booked balance."""
        return self.status is AccountEntryStatus.BOOK


class EntryKeys:
    """Keys of a statement's entries, asked for in their order: the bank's reference, or a hash where there is none.

    `key` gives the key and whether the statement had it before under the same reference.
    """

    def __init__(self) -> None:
        self._seen = Remembered[str, int]()

    def key(self, entry: EntryData) -> tuple[str, bool]:
        """A repeated key gets its ordinal, so that equal entries of one statement stay apart."""
        day = entry.booked_on.isoformat() if entry.booked_on else ""
        what = (str(entry.amount.minor), entry.amount.currency_code, day)
        if entry.reference is not None:
            text = f"ref:{hash_key([entry.reference, *what])}"
        else:
            value_day = entry.value_on.isoformat() if entry.value_on else ""
            text = f"row:{hash_key([*what, value_day, entry.code or '', entry.remittance or ''])}"
        ordinal = (self._seen.get(text) or 0) + 1
        self._seen.put(text, ordinal)
        return (text if ordinal == 1 else f"{text}-{ordinal}"), ordinal > 1 and entry.reference is not None


def read_statement(element: Element, *, zone: ZoneInfo) -> StatementData:
    """A statement's header. Raises `Refused`."""
    number = inner_text(element, "Id")
    if number is None:
        raise Refused("Id of the statement is missing.")
    balances = list(_balances(element, zone=zone))
    known = tuple(balance for balance in balances if balance is not None)
    account = _account(element)
    if not known:
        raise Refused("The statement has no balance.")
    return StatementData(
        line=line_of(element),
        key="/".join([number, *texts(element, "ElctrncSeqNb"), *texts(element, "StmtPgntn/PgNb")]),
        number=number,
        created_at=_moment(element, "CreDtTm", zone=zone),
        covers=_covers(element, zone=zone),
        account=account,
        balances=known,
        other_balances=len(balances) - len(known),
    )


def read_entry(element: Element, *, zone: ZoneInfo) -> EntryData:
    """An entry. Raises `Refused`."""
    direction = _direction(element)
    booked, booked_at = _day(element, "BookgDt", zone=zone)
    value, _ = _day(element, "ValDt", zone=zone)
    status = _status(element)
    if status is AccountEntryStatus.BOOK and booked is None and value is None:
        raise Refused("BookgDt of the entry is missing.")
    reference = inner_text(element, "AcctSvcrRef")
    return EntryData(
        line=line_of(element),
        amount=_amount(element, direction),
        direction=direction,
        status=status,
        reversal=inner_text(element, "RvslInd") in ("true", "1"),
        booked_on=booked,
        value_on=value,
        occurred_at=booked_at or _start_of(booked or value, zone=zone),
        code=_transaction_code(element),
        reference=None if reference is None or reference.upper() in _NO_REFERENCE else reference,
        remittance=_remittance(element),
    )


def _first(balances: Sequence[BalanceData], wanted: Sequence[BalanceType]) -> BalanceData | None:
    return next((balance for kind in wanted for balance in balances if balance.type is kind), None)


def _balances(element: Element, *, zone: ZoneInfo) -> Iterator[BalanceData | None]:
    for found in element.iterfind("{*}Bal"):
        code = inner_text(found, "Tp/CdOrPrtry/Cd")
        if code is None or code not in BalanceType.__members__:
            yield None
            continue
        day, _ = _day(found, "Dt", zone=zone)
        if day is None:
            raise Refused("Dt of a balance is missing.")
        yield BalanceData(BalanceType[code], day, _amount(found, _direction(found)))


def _account(element: Element) -> AccountData:
    iban, number = inner_text(element, "Acct/Id/IBAN"), inner_text(element, "Acct/Id/Othr/Id")
    if iban is None and number is None:
        raise Refused("Acct/Id of the statement is missing.")
    currency = inner_text(element, "Acct/Ccy")
    if currency is not None and not known_currency(currency):
        raise Refused("Acct/Ccy is no currency code of ISO 4217.")
    try:
        normal = None if iban is None else normal_iban(iban)
    except InvalidInput:
        raise Refused("Acct/Id/IBAN is no valid IBAN: its country, length or check digits are wrong.") from None
    kind = _KINDS.get(inner_text(element, "Acct/Tp/Cd") or "", FinancialAccountKind.DEPOSIT)
    return AccountData(normal, number, currency, kind, inner_text(element, "Acct/Nm"), _owner(element))


def _owner(element: Element) -> Owner | None:
    name = inner_text(element, "Acct/Ownr/Nm")
    if name is None:
        return None
    organization, person = f"{_OWNER}/OrgId", f"{_OWNER}/PrvtId"
    kind = None
    if element.find(_any(organization)) is not None:
        kind = PartyKind.ORGANIZATION
    elif element.find(_any(person)) is not None:
        kind = PartyKind.PERSON
    systems = {
        "lei": (f"{organization}/LEI",),
        "bic": (f"{organization}/AnyBIC", f"{organization}/BICOrBEI"),
        "camt053.owner": (f"{organization}/Othr/Id", f"{person}/Othr/Id"),
    }
    named = ((system, value) for system, paths in systems.items() if (value := inner_text(element, *paths)))
    system, value = next(named, (None, None))
    return Owner(name[:200], kind, system, value)


_OWNER: Final = "Acct/Ownr/Id"


def _any(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def _direction(element: Element) -> CreditDebit:
    code = inner_text(element, "CdtDbtInd")
    if code is None or code not in CreditDebit.__members__:
        raise Refused("CdtDbtInd is neither CRDT nor DBIT.")
    return CreditDebit[code]


def _status(element: Element) -> AccountEntryStatus:
    code = inner_text(element, "Sts/Cd", "Sts")
    if code is None or code not in AccountEntryStatus.__members__:
        raise Refused("Sts is none of BOOK, PDNG, INFO and FUTR.")
    return AccountEntryStatus[code]


def _amount(element: Element, direction: CreditDebit) -> Money:
    found = element.find("{*}Amt")
    text = None if found is None else (found.text or "").strip()
    if found is None or not text or not _is_decimal(text):
        raise Refused("Amt is no decimal number that is not negative.")
    currency = found.get("Ccy") or ""
    try:
        amount = Money.of(Decimal(text), currency)
    except ValueError:
        raise Refused("Amt has an unknown currency, or more digits than it can have.") from None
    return amount if direction is CreditDebit.CRDT else -amount


def _is_decimal(text: str) -> bool:
    """An XML Schema decimal of up to 18 digits that is not negative, as ISO 20022 has it."""
    whole, _, rest = text.removeprefix("+").partition(".")
    digits = whole + rest
    return digits.isascii() and digits.isdigit() and len(digits) <= 18


def _day(element: Element, name: str, *, zone: ZoneInfo) -> tuple[dt.date | None, dt.datetime | None]:
    """A choice of Dt and DtTm: the day, and the instant where it is given. Days are those the bank writes."""
    day = inner_text(element, f"{name}/Dt")
    if day is not None:
        try:
            return _plausible(dt.date.fromisoformat(day[:10])), None  # a zone may follow the day
        except ValueError:
            raise Refused(f"{name} is no date.") from None
    instant = _moment(element, f"{name}/DtTm", zone=zone)
    return (None, None) if instant is None else (instant.date(), instant)


def _moment(element: Element, path: str, *, zone: ZoneInfo) -> dt.datetime | None:
    text = inner_text(element, path)
    if text is None:
        return None
    try:
        parsed = dt.datetime.fromisoformat(text)
        _plausible(parsed.date())
    except ValueError:
        raise Refused(f"{path} is no time.") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)


def _plausible(day: dt.date) -> dt.date:
    """Refuses years that no statement has, and that leave the calendar in another zone."""
    if not 1900 <= day.year <= 2200:
        raise ValueError("year")
    return day


def _covers(element: Element, *, zone: ZoneInfo) -> Period:
    try:
        return Period(_moment(element, "FrToDt/FrDtTm", zone=zone), _moment(element, "FrToDt/ToDtTm", zone=zone))
    except ValueError:
        raise Refused("FrToDt ends before it begins.") from None


def _start_of(day: dt.date | None, *, zone: ZoneInfo) -> dt.datetime | None:
    return None if day is None else dt.datetime.combine(day, dt.time(), tzinfo=zone)


def _transaction_code(element: Element) -> str | None:
    domain = inner_text(element, "BkTxCd/Domn/Cd")
    if domain is None:
        return inner_text(element, "BkTxCd/Prtry/Cd")
    rest = (inner_text(element, "BkTxCd/Domn/Fmly/Cd"), inner_text(element, "BkTxCd/Domn/Fmly/SubFmlyCd"))
    return "/".join([domain, *(part for part in rest if part is not None)])


def _remittance(element: Element) -> str | None:
    """What the payers of the entry's transactions wrote, each text once, or else the bank's own words."""
    paths = ("Ustrd", "Strd/CdtrRefInf/Ref")
    written = [text for path in paths for text in texts(element, f"NtryDtls/TxDtls/RmtInf/{path}")]
    joined = "\n".join(dict.fromkeys(written)) or inner_text(element, "AddtlNtryInf")
    return None if joined is None else joined[:_LONGEST_TEXT]
