"""What a plugin writes to bring a file format in: subclass `Importer`, yield it from the hook `patron_importers`.

The framework (`runner`) hands in files and writes the batches; an importer says three things about its format:

    class Purchases(Importer[Purchase, PurchaseOptions]):
        name, description, options = "purchases", "Purchases of our old shop, one a line.", PurchaseOptions
        suffixes = (".csv",)                                                # what is taken from a folder

        def check(self, source, *, options): check_header(source.file, columns=COLUMNS, format=self.name)
        def read(self, source, *, options):                                 # a generator: one line in memory
            for row in read_table(source.file):                             # imports.tables: lines, or BadRow
                yield row if isinstance(row, BadRow) else purchase(row, options)    # an Item, or a BadRow
        def apply(self, items, *, uow, options):                            # a batch: few statements for any size
            return Counts(created={"transactions": …}, unchanged={"transactions": …})

Rules an importer keeps: `apply` is idempotent through source keys (the format's natural key, else `source_keys`),
asks for existing rows in one statement a batch (`uow.look_up`) and keeps nothing on `self`, for a batch may run twice.
What a reading must come back to is kept by `imports.remembered`, so that memory stays bounded for a file of any size. A reason never
holds a value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from patron_core.errors import InvalidInput

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["BadRow", "Counts", "ImportOptions", "Importer", "Item", "Source", "WrongFormat"]

ValueT = TypeVar("ValueT")


class ImportOptions(BaseModel):
    """Base of an importer's options: each field has a default and a description, which the command line shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


OptionsT = TypeVar("OptionsT", bound=ImportOptions)


class WrongFormat(InvalidInput):
    """A file that is not what it claims to be; nothing of it was written.

    file: its name. what: what is wrong, without the file's data. advice: what to do.
    """

    def __init__(self, *, file: Path, format: str, what: str, advice: str) -> None:
        text = f"{file.name} is not a file of format {format}. {what} {advice}"
        super().__init__(text, file=file.name, format=format)


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one run: a single one, or all of a set that belongs together. In the order of their names."""

    files: tuple[Path, ...]

    @property
    def file(self) -> Path:
        """The file, where the format has one file to a run."""
        return self.files[0]

    @property
    def name(self) -> str:
        """What the run is called: the file's name, or the folder's for a set."""
        return self.files[0].name if len(self.files) == 1 else self.files[0].parent.name

    def ending(self, text: str) -> Path | None:
        """The file of a set whose name ends with `text` in any case, such as `client.tsv`; None where it is missing."""
        return next((file for file in self.files if file.name.lower().endswith(text.lower())), None)


@dataclass(frozen=True, slots=True)
class Item(Generic[ValueT]):
    """A thing read from a file, ready to be written.

    file: the file's name. line: where it begins, from 1. source_key: names it within its format and tenant; the same
    key is the same thing. rows: how many of the file's rows it stands for, when several make one thing (the lines of
    an invoice). raw: the text of these rows as they stand in the file, for the file of errors.
    """

    file: str
    line: int
    source_key: str
    value: ValueT
    rows: int = 1
    raw: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken in. reason: one or two sentences that name columns and never hold the row's values.

    column: the one at fault, where one is. value_class: what kind of value stands there ("text of 12 characters"), never the
    value. advice: what to do. raw: the text of the row as it stands in the file, for the file of errors and nothing else.
    """

    file: str
    line: int
    reason: str
    column: str | None = None
    value_class: str | None = None
    advice: str | None = None
    raw: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch did, by noun in the plural: `Counts(created={"customers": 2}, unchanged={"customers": 498})`.

    created, changed, unchanged: rows of the tenant. skipped: what the format holds and Patron leaves out on purpose,
    by reason ("lines that are no product"). noted: what is worth a number beside that ("transactions without a
    customer"). rejected: rows of the batch that could not be written.
    """

    created: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    unchanged: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    noted: Mapping[str, int] = field(default_factory=dict)
    rejected: tuple[BadRow, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            created=_sum(self.created, other.created),
            changed=_sum(self.changed, other.changed),
            unchanged=_sum(self.unchanged, other.unchanged),
            skipped=_sum(self.skipped, other.skipped),
            noted=_sum(self.noted, other.noted),
            rejected=(*self.rejected, *other.rejected),
        )

    def without_rejected(self) -> Counts:
        """The same counts with no row rejected."""
        return Counts(self.created, self.changed, self.unchanged, self.skipped, self.noted)

    def as_json(self) -> dict[str, Any]:
        """The numbers alone, as an import run keeps them."""
        parts = {"created": self.created, "changed": self.changed, "unchanged": self.unchanged}
        parts |= {"skipped": self.skipped, "noted": self.noted}
        return {**{name: dict(part) for name, part in parts.items() if part}, "rejected": len(self.rejected)}


def _sum(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    total = Counter(left)
    total.update(right)
    return {name: count for name, count in sorted(total.items()) if count}


class Importer(ABC, Generic[ValueT, OptionsT]):
    """A file format that can be imported. One instance serves all runs and keeps no state of any.

    name: what `patron import` calls it, lower case with dashes. description: one sentence. options: its options'
    model, each field with a default. suffixes: which files of a folder are taken, in lower case; empty takes all.
    together: whether all files named are one set with one run (tables that refer to each other) or each file is a run
    of its own. batch_size: items to a transaction. batch_rows: rows of the file to a transaction, for items that stand for
    many; an item is never divided.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    options: type[OptionsT]
    suffixes: ClassVar[tuple[str, ...]] = ()
    together: ClassVar[bool] = False
    batch_size: ClassVar[int] = 1_000
    batch_rows: ClassVar[int] = 2_000

    @abstractmethod
    def check(self, source: Source, *, options: OptionsT) -> None:
        """Refuses what is not a file of this format (`WrongFormat`); called for all sources before anything is written.

        Look at the header, the first rows, the document's root: enough to be sure, and no more than a second for any
        size.
        """

    @abstractmethod
    def read(self, source: Source, *, options: OptionsT) -> Iterator[Item[ValueT] | BadRow]:
        """The source's items and bad rows, in the same order each time (a killed run resumes by counting), streaming.

        What an item refers to comes before it: customers before their accounts. `WrongFormat` stops the run.
        """

    @abstractmethod
    def apply(self, items: Sequence[Item[ValueT]], *, uow: UnitOfWork, options: OptionsT) -> Counts:
        """Writes a batch inside the transaction of `uow`: what is new is created, what is there stays as it is.

        A `PublicError` refuses the batch; it is then tried in halves, so that in the end only the item at fault is
        reported, with the error's message. A batch may run more than once.
        """
