"""What the importers of this plugin share: options of money and time, and writing sales with the customers they name.

In come transactions whose customers are named by the file's own numbers, out come counts. A handful of statements for
any number: customers first, then the core's bulk ingest, whose event earns points and notes purchases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from dateutil import tz
from pydantic import Field, field_validator

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import CustomerIntake, take_in_customers
from patron_core.customers.models import LifecycleStage
from patron_core.imports.importer import BadRow, ImportOptions, Item
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewPerson
from patron_core.transactions.commands import IngestTransactions, NewTransaction
from patron_core.transactions.ingest import IngestedRow, IngestResult
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import known_currency

__all__ = ["SalesOptions", "bad_row", "ingest", "take_in_buyers", "utc"]


class SalesOptions(ImportOptions):
    """What files of sales do not say themselves."""

    currency: str = Field(default="USD", description="ISO 4217 code of all amounts.")
    timezone: str = Field(default="UTC", description="IANA time zone of all times.")

    @field_validator("currency")
    @classmethod
    def _is_known(cls, code: str) -> str:
        if not known_currency(code):
            raise ValueError("is no ISO 4217 currency code, such as EUR")
        return code

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if tz.gettz(name) is None:
            raise ValueError("is no IANA time zone, such as Europe/London")
        return name


@lru_cache(maxsize=4_096)
def utc(local: dt.datetime, *, zone: str) -> dt.datetime:
    """A local time of a zone, in UTC. Kept for a while: the rows of a day or an invoice have the same."""
    return local.replace(tzinfo=tz.gettz(zone)).astimezone(dt.UTC)


def take_in_buyers(
    uow: UnitOfWork, buyers: Sequence[tuple[NewExternalIdentifier, Sequence[NewContactMedium]]]
) -> CustomerIntake:
    """Finds or makes the customers behind the file's numbers. A file without names gets none invented."""
    first: dict[tuple[str, str], CreateCustomer] = {}
    for identifier, media in buyers:
        if (identifier.system, identifier.value) not in first:
            first[identifier.system, identifier.value] = CreateCustomer(
                person=NewPerson(display_name=f"Customer {identifier.value}"),
                external_identifiers=(identifier,),
                contact_media=tuple(media),
                lifecycle_stage=LifecycleStage.ACTIVE,
            )
    return take_in_customers(uow, list(first.values()))


def ingest(uow: UnitOfWork, source: str, rows: Sequence[NewTransaction]) -> IngestResult:
    """Hands transactions to the core's ledger, in order."""
    result: IngestResult = uow.handle(IngestTransactions(source=source, rows=tuple(rows)))
    return result


def bad_row(item: Item[Any], row: IngestedRow) -> BadRow:
    """A rejected transaction as a row of the file."""
    return BadRow(file=item.file, line=item.line, reason=row.message or "It was refused.")
