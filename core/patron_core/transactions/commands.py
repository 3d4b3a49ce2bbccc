"""What may be asked about the ledger: record a transaction, take one back, take in many at once.

Commands check their own form and their sums. The rows of an ingest are checked one by one by `service`, so that one
bad row does not refuse the others.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, Refused, argument
from patron_core.parties.commands import NewExternalIdentifier
from patron_core.touchpoints.commands import check_source
from patron_core.touchpoints.models import Channel
from patron_core.transactions import amounts
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.validation import aware, key, one_line, paragraphs
from patron_core.values import Money

__all__ = [
    "IngestTransactions",
    "NewLine",
    "NewTransaction",
    "RecordTransaction",
    "ReverseTransaction",
    "TransactionId",
]

TransactionId = Annotated[uuid.UUID, IdOf(Transaction)]

MOST_ROWS = 1_000
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """An item of a transaction."""

    sku: str | None = argument("Stock-keeping unit.", default=None)
    description: str | None = argument("What was sold.", default=None)
    quantity: Decimal = argument("How many, with up to 3 decimals; negative when returned.", default=Decimal(1))
    unit_price: Money = argument("Price of one.")
    amount: Money | None = argument("Quantity times price; worked out when left out.", default=None)
    cost: Money | None = argument("What the items cost us, all of them; negative when returned.", default=None)

    @property
    def total(self) -> Money:
        """The line's amount, given or worked out."""
        return self.amount if self.amount is not None else amounts.times(self.unit_price, self.quantity)

    @property
    def margin(self) -> Money | None:
        """What is left of it after what it cost; None where that is not known."""
        return None if self.cost is None else self.total + -self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTransaction(Command):
    """Records a row of the ledger; the same source and source key again give the row that is there."""

    customer_id: CustomerId | None = argument("Whose transaction; null when nobody was named.", default=None)
    kind: TransactionKind = argument("Sale, refund, fee, cost or adjustment.", default=TransactionKind.SALE)
    amount: Money = argument(
        "How much: a sale is not negative, a refund not positive; the sum of the lines if there are any."
    )
    occurred_at: dt.datetime | None = argument("When it happened; now when left out.", default=None)
    channel: Channel | None = argument("Where it was made.", default=None)
    receipt_number: str | None = argument("Number on the receipt or invoice.", default=None)
    lines: tuple[NewLine, ...] = argument("Its items.", default=())
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "receipt_number")
        aware(self, "occurred_at")
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)
        check_amounts(self.kind, self.amount, self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseTransaction(Command):
    """Takes a row of the ledger back by a row with the opposite amount; each row at most once."""

    id: TransactionId = argument("The row to take back.")
    occurred_at: dt.datetime | None = argument("When it was taken back; now when left out.", default=None)
    reason: str | None = argument("Why; kept with the event and not in the ledger.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "occurred_at")
        paragraphs(self, "reason", maximum=1_000)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransaction:
    """A row to take in. It is checked when the batch is handled: its faults refuse this row alone."""

    source_key: str = argument("Its key in the batch's source: the same key twice is one transaction.")
    customer_id: CustomerId | None = argument("Whose transaction, by id.", default=None)
    customer: NewExternalIdentifier | None = argument(
        "Whose transaction, by what another system calls them.", default=None
    )
    kind: TransactionKind = argument("Sale, refund, fee, cost or adjustment.", default=TransactionKind.SALE)
    amount: Money = argument(
        "How much: a sale is not negative, a refund not positive; the sum of the lines if there are any."
    )
    occurred_at: dt.datetime = argument("When it happened.")
    channel: Channel | None = argument("Where it was made.", default=None)
    receipt_number: str | None = argument("Number on the receipt or invoice.", default=None)
    lines: tuple[NewLine, ...] = argument("Its items.", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestTransactions(Command):
    """Takes in up to 1,000 rows of the ledger at once, each with a result of its own."""

    source: str = argument("The system that reports them.")
    rows: tuple[NewTransaction | Refused, ...] = argument("The rows, at most 1,000.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "source", "idempotency_key")
        validation.count(self.rows, most=MOST_ROWS, path="rows")


def check_row(row: NewTransaction) -> None:
    """All that can be said against a row without a database, as `InvalidInput` with a path inside the row."""
    key(row, "source_key")
    one_line(row, "receipt_number")
    aware(row, "occurred_at")
    if row.customer_id is not None and row.customer is not None:
        raise InvalidInput(
            "The customer is named twice. Both an id and an external identifier were given. Give one.",
            path=("customer",),
        )
    check_amounts(row.kind, row.amount, row.lines)


def check_amounts(kind: TransactionKind, amount: Money, lines: tuple[NewLine, ...]) -> None:
    """The sign that the kind asks for, sound lines, and lines that sum to the amount."""
    amounts.check_sign(kind, amount)
    validation.count(lines, most=MOST_LINES, path="lines")
    for position, line in enumerate(lines):
        _check_line(line, position)
    if lines:
        amounts.check_sum(amount, [line.total for line in lines])


def _check_line(line: NewLine, position: int) -> None:
    try:
        one_line(line, "sku", maximum=100)
        one_line(line, "description", maximum=500)
        amounts.check_line(line.quantity, line.unit_price, line.amount)
        amounts.check_cost(line.quantity, line.unit_price, line.cost)
    except InvalidInput as error:
        raise InvalidInput(error.message, path=("lines", position, *error.path)) from None
