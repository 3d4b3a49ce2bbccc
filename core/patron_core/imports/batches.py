"""One batch inside a unit of work: applied as a whole, and where it is refused in halves, down to the item at fault.

In come items and an importer, out come counts with the rejected rows. A half that fails leaves nothing: each runs in a
savepoint, and the journal of audit and events goes back with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy.exc import IntegrityError

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


def batches_of(read: Iterable[Item[Any] | BadRow], *, size: int) -> Iterator[Batch]:
    """Splits what an importer reads into batches of `size` items and bad rows; only one batch is in memory."""
    reading = iter(read)
    while chunk := list(islice(reading, size)):
        items = tuple(part for part in chunk if isinstance(part, Item))
        yield Batch(items, tuple(part for part in chunk if isinstance(part, BadRow)))


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
        return Counts(rejected=(BadRow(items[0].file, items[0].line, reason),))
    middle = len(items) // 2
    first = apply_batch(importer, items[:middle], uow=uow, options=options)
    return first + apply_batch(importer, items[middle:], uow=uow, options=options)


def _reason(error: PublicError | IntegrityError) -> str:
    """The text of an error that the file's owner can mend; others are raised again."""
    public = translate(error)
    if isinstance(public, PublicError) and public.mendable:
        return public.message
    raise error
