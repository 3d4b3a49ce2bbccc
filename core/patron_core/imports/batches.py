"""One batch inside a unit of work: applied as a whole, and where it is refused in halves, down to the item at fault.

In come items and an importer, out come counts with the rejected rows. A half that fails leaves nothing: each runs in a
savepoint, and the journal of audit and events goes back with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from patron_core.card_numbers import MESSAGE, place_of_card_number
from patron_core.database.faults import translate
from patron_core.errors import PublicError
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Batch", "apply_batch", "batches_of"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Items to write together, and the rows between them that could not be read."""

    items: tuple[Item[Any], ...]
    bad_rows: tuple[BadRow, ...]

    @property
    def rows(self) -> int:
        """How many of the file's rows the items stand for."""
        return sum(item.rows for item in self.items)


def batches_of(read: Iterable[Item[Any] | BadRow], *, size: int, most_rows: int) -> Iterator[Batch]:
    """Splits what an importer reads into batches; only one batch is in memory.

    A batch ends with `size` items and bad rows, or where its items stand for `most_rows` rows of the file or more. An item with
    the number of a payment card in it is a bad row.
    """
    items: list[Item[Any]] = []
    bad_rows: list[BadRow] = []
    rows = 0
    for part in read:
        if isinstance(part, BadRow):
            bad_rows.append(part)
        elif place_of_card_number((part.source_key, part.value)) is not None:
            bad_rows.append(BadRow(part.file, part.line, MESSAGE))
        else:
            items.append(part)
            rows += part.rows
        if len(items) + len(bad_rows) >= size or rows >= most_rows:
            yield Batch(tuple(items), tuple(bad_rows))
            items, bad_rows, rows = [], [], 0
    if items or bad_rows:
        yield Batch(tuple(items), tuple(bad_rows))


def apply_batch(
    importer: Importer[Any, Any], items: Sequence[Item[Any]], *, uow: UnitOfWork, options: ImportOptions
) -> Counts:
    """Applies items in a savepoint. What the caller could mend refuses an item; all else stops the run."""
    if not items:
        return Counts()
    try:
        with uow.savepoint():
            return importer.apply(items, uow=uow, options=options)
    except (PublicError, IntegrityError) as error:
        reason = _reason(error)
    if len(items) == 1:
        return Counts(rejected=(BadRow(items[0].file, items[0].line, reason, raw=items[0].raw),))
    middle = len(items) // 2
    first = apply_batch(importer, items[:middle], uow=uow, options=options)
    return first + apply_batch(importer, items[middle:], uow=uow, options=options)


def _reason(error: PublicError | IntegrityError) -> str:
    """The text of an error that the file's owner can mend; others are raised again."""
    public = translate(error)
    if isinstance(public, PublicError) and public.mendable:
        return public.message
    raise error
