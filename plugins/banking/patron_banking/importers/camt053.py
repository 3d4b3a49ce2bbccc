"""The importer `camt053`: bank statements by ISO 20022 (camt.053.001.02 and .08) become statements, balances and entries.

A statement is taken in whole or not at all: its closing balance must be its opening balance plus its booked entries. A file
is therefore read twice, as a stream each time. Reading is `camt_xml`'s and `camt_statements`' business, writing `camt_batch`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from patron_banking.importers import camt_batch
from patron_banking.importers.camt_batch import Part, StatementPart
from patron_banking.importers.camt_statements import (
    EntryData,
    EntryKeys,
    Refused,
    StatementData,
    read_entry,
    read_statement,
)
from patron_banking.importers.camt_xml import FORMAT, check_document, line_of, parts
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item, Source
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Camt053", "Camt053Options"]

_MISMATCH: Final = (
    "BALANCE_MISMATCH: the closing balance is not the opening balance plus the booked entries. The whole statement is "
    "refused; ask the bank for a complete one."
)


class Camt053Options(ImportOptions):
    """What a statement leaves open."""

    timezone: str = Field(default="UTC", description="Zone of days and of times without one, such as Europe/Zurich.")
    new_owner: Literal["organization", "person"] = Field(
        default="organization",
        description="What the owner of an account that is not known yet is, where the statement does not say.",
    )

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError):
            raise ValueError("is no time zone of the IANA database") from None
        return value


@dataclass(slots=True)
class _Verdict:
    """What the first reading found out about a statement. fault: why it is refused, with its line."""

    statement: StatementData | None = None
    fault: tuple[int, str] | None = None
    entries: int = 0
    sum_of_all: int = 0
    sum_of_repeats: int = 0
    keys: EntryKeys = field(default_factory=EntryKeys)
    currencies: set[str] = field(default_factory=set[str])
    drop_repeats: bool = False

    def add(self, entry: EntryData) -> None:
        """Adds an entry to the sums. A repeat has the reference, day and amount of an entry before it."""
        _, repeated = self.keys.key(entry)
        self.entries += 1
        self.currencies.add(entry.amount.currency_code)
        if entry.booked:
            self.sum_of_all += entry.amount.minor
            self.sum_of_repeats += entry.amount.minor if repeated else 0

    def close(self, statement: StatementData) -> None:
        """Holds the sums against the balances. Where only the sum without repeats agrees, repeats are one entry sent twice."""
        self.statement = statement
        movement = statement.movement
        if self.currencies - {statement.currency}:
            raise Refused("An entry is not in the currency of the account.")
        if self.sum_of_all != movement:
            self.drop_repeats = self.sum_of_all - self.sum_of_repeats == movement
            if not self.drop_repeats:
                raise Refused(_MISMATCH)


class Camt053(Importer[Part, Camt053Options]):
    """Statements of accounts, with their balances and entries."""

    name = FORMAT
    description = "Bank statements by ISO 20022, camt.053.001.02 and camt.053.001.08."
    options: type[Camt053Options] = Camt053Options
    suffixes: ClassVar[tuple[str, ...]] = (".xml",)

    def check(self, source: Source, *, options: Camt053Options) -> None:
        """The root of the document is that of a camt.053 message of a version we read."""
        check_document(source.file)

    def read(self, source: Source, *, options: Camt053Options) -> Iterator[Item[Part] | BadRow]:
        """Each sound statement, followed by its entries; a refused one is one bad row."""
        zone = ZoneInfo(options.timezone)
        verdicts = iter(_verdicts(source.file, zone))
        verdict = next(verdicts, None)
        keys, begun = EntryKeys(), False
        for kind, element in parts(source.file):
            assert verdict is not None
            if not begun:
                yield from _heading(source, verdict)
                begun = True
            if kind == "statement":
                verdict, keys, begun = next(verdicts, None), EntryKeys(), False
            elif verdict.fault is None:
                yield from _entry(source, verdict, read_entry(element, zone=zone), keys)

    def apply(self, items: Sequence[Item[Part]], *, uow: UnitOfWork, options: Camt053Options) -> Counts:
        """Writes a batch."""
        return camt_batch.write([item.value for item in items], uow, new_owner=options.new_owner)


def _verdicts(file: Path, zone: ZoneInfo) -> list[_Verdict]:
    """The first reading: all entries are read and forgotten, what stays is one verdict for each statement."""
    done: list[_Verdict] = []
    current = _Verdict()
    for kind, element in parts(file):
        try:
            if kind == "entry":
                current.add(read_entry(element, zone=zone))
            elif current.fault is None:
                current.close(read_statement(element, zone=zone))
        except Refused as refusal:
            current.fault = current.fault or (line_of(element), str(refusal))
        if kind == "statement":
            current.keys = EntryKeys()  # they may be many, and the second reading makes its own
            done.append(current)
            current = _Verdict()
    return done


def _heading(source: Source, verdict: _Verdict) -> Iterator[Item[Part] | BadRow]:
    file = source.file.name
    if verdict.fault is not None:
        line, reason = verdict.fault
        yield BadRow(file, line, reason)
    elif (statement := verdict.statement) is not None:
        key = f"{statement.account.key}/{statement.key}"
        yield Item(file, statement.line, key, StatementPart(statement, verdict.entries))


def _entry(source: Source, verdict: _Verdict, entry: EntryData, keys: EntryKeys) -> Iterator[Item[Part]]:
    key, repeated = keys.key(entry)
    statement = verdict.statement
    assert statement is not None
    dropped = repeated and verdict.drop_repeats
    part = camt_batch.EntryPart(statement.account, statement.key, key, entry, dropped)
    yield Item(source.file.name, entry.line, f"{statement.account.key}/{key}", part)
