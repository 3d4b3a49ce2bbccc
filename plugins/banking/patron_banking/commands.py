"""What may be asked of a bank: open an account, ask for and decide whether a customer is known.

Commands check their own form; whether the customer is known is the gate's business, the rest that of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError

from patron_banking.models import AccountRole, FinancialAccountKind, KycProfile, KycStatus, RiskRating
from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import key, one_line, paragraphs

__all__ = [
    "KycProfileId",
    "NewAccountParty",
    "OpenAccount",
    "RecordKycDecision",
    "SubmitKyc",
    "normal_iban",
]

KycProfileId = Annotated[uuid.UUID, IdOf(KycProfile)]

_WHOLE = Decimal(100)
_LONGEST_IBAN = 60  # 34 characters and the spaces people write between them
_OWNERS = (AccountRole.OWNER, AccountRole.JOINT)


def normal_iban(text: str) -> str:
    """An IBAN (ISO 13616) in capitals without spaces; `InvalidInput` where country, length or check digits are wrong."""
    if len(text) <= _LONGEST_IBAN:
        # The national check digits inside it are left to the bank: only what ISO 13616 says is checked.
        with suppress(ValidationError):
            return iban_numbers.validate(text, check_country=False)
    raise InvalidInput(
        "The IBAN is not valid. Its country, length or check digits are wrong. Copy it from the bank's document.",
        path=("iban",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccountParty:
    """A further customer's part in an account."""

    customer_id: CustomerId = argument("Who takes part.")
    role: AccountRole = argument("What the customer may do with it; there is one OWNER, who is named by the account.")
    share: Decimal | None = argument("Percent that a joint owner holds, with up to 2 decimals.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount(Command):
    """Opens an account for a customer whom the bank knows; refused with KYC_REQUIRED otherwise."""

    customer_id: CustomerId = argument("Who owns it.")
    kind: FinancialAccountKind = argument("What it is for.")
    currency: str = argument("Currency it is kept in, ISO 4217.")
    iban: str | None = argument("International number (ISO 13616), if it has one.", default=None)
    number: str | None = argument("The bank's own number.", default=None)
    product: str | None = argument("What the bank calls this kind of account.", default=None)
    opened_on: dt.date | None = argument("Since when it is kept; today when left out.", default=None)
    share: Decimal | None = argument(
        "Percent that the owner holds; 100 when left out and nobody owns it jointly.", default=None
    )
    parties: tuple[NewAccountParty, ...] = argument("Who else takes part.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "number", "product", maximum=100)
        key(self, "idempotency_key")
        validation.currency(self.currency)
        if self.iban is not None:
            object.__setattr__(self, "iban", normal_iban(self.iban))
        _check_parties(self)
        _check_shares(self)

    @property
    def owner_ids(self) -> tuple[uuid.UUID, ...]:
        """Who owns the account, alone or jointly."""
        return (self.customer_id, *(p.customer_id for p in self.parties if p.role is AccountRole.JOINT))


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitKyc(Command):
    """Asks for the decision whether a customer is known; somebody else decides."""

    customer_id: CustomerId = argument("Who is to be known.")
    risk_rating: RiskRating = argument("The customer's risk.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKycDecision(Command):
    """Decides whether a customer is known. Refused with FOUR_EYES_REQUIRED for the one who asked."""

    id: KycProfileId = argument("What was submitted.")
    version: int = argument("The version the decision was made from.")
    decision: KycStatus = argument("APPROVED or REJECTED.")
    reason: str | None = argument("Why; needed to reject.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "reason", maximum=1_000)
        if self.decision is KycStatus.SUBMITTED:
            raise InvalidInput(
                "A decision is missing. SUBMITTED was given. Give APPROVED or REJECTED.", path=("decision",)
            )
        if self.decision is KycStatus.REJECTED and self.reason is None:
            raise InvalidInput("A reason is missing. A customer is to be rejected. Say why.", path=("reason",))


def _check_parties(command: OpenAccount) -> None:
    seen = {(command.customer_id, True)}
    for position, party in enumerate(command.parties):
        path = ("parties", position)
        if party.role is AccountRole.OWNER:
            raise InvalidInput(
                "An account has one OWNER. A further one was given. Give JOINT to those who own it together.",
                path=(*path, "role"),
            )
        mark = (party.customer_id, party.role in _OWNERS)
        if mark in seen:
            raise InvalidInput(
                "A customer takes part twice. The same customer was given again. Name each once.",
                path=(*path, "customer_id"),
            )
        seen.add(mark)
        if party.share is not None and party.role is not AccountRole.JOINT:
            raise InvalidInput(
                "Only owners hold a share. It was given to another role. Leave it out.", path=(*path, "share")
            )


def _check_shares(command: OpenAccount) -> None:
    """Either no share is given, or all owners' are and they make 100 percent."""
    shares = [command.share, *(p.share for p in command.parties if p.role is AccountRole.JOINT)]
    given = [share for share in shares if share is not None]
    if not given:
        return
    whole = len(given) == len(shares) and sum(given) == _WHOLE
    if not whole or any(share <= 0 or share != round(share, 2) for share in given):
        raise InvalidInput(
            "The owners' shares do not make 100 percent. Some are missing, not above 0, finer than 2 decimals, or the "
            "sum is another. Give all or none.",
            path=("share",),
        )
