"""An import holds three batches at most and a little bookkeeping, whatever the size of the file."""

from __future__ import annotations

import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.core.purchases import PurchaseOptions, Purchases

from patron_core.imports.batches import batches_of
from patron_core.imports.importer import BadRow, Item, Source
from patron_core.imports.remembered import Remembered
from patron_core.imports.runner import run_import
from patron_core.imports.source_keys import RowKeys
from patron_core.transactions.commands import NewTransaction
from patron_schema.testing.databases import PreparedDatabase


class Counted:
    """Stands beside an item and is gone when the item is."""


class CountedItem(Item[Any]):
    """An item that can be counted while it lives."""

    __slots__ = ("counted",)


class Watched(Purchases):
    """Counts the items that are held while it reads."""

    def __init__(self) -> None:
        self.held = weakref.WeakSet[Counted]()
        self.most_held = 0

    def read(self, source: Source, *, options: PurchaseOptions) -> Iterator[Item[NewTransaction] | BadRow]:
        for part in super().read(source, options=options):
            assert isinstance(part, Item)
            item = CountedItem(part.file, part.line, part.source_key, part.value)
            counted = Counted()
            object.__setattr__(item, "counted", counted)
            self.held.add(counted)
            self.most_held = max(self.most_held, len(self.held))
            yield item


def purchases(file: Path, rows: int) -> Path:
    with file.open("w") as out:
        out.write("customer,day,amount\n")
        out.writelines(f"{n % 50},2026-01-{n % 28 + 1:02},{n % 1000}.00\n" for n in range(rows))
    return file


async def most_held(database: PreparedDatabase, file: Path) -> int:
    importer = Watched()
    await run_import(
        database.database,
        importer,
        [file],
        actor=database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
    )
    return importer.most_held


async def test_three_batches_are_held_at_most_however_long_the_file_is(
    database: PreparedDatabase, tmp_path: Path
) -> None:
    short = await most_held(database, purchases(tmp_path / "short.csv", 60))
    long = await most_held(database, purchases(tmp_path / "long.csv", 300))

    # The batch that is written, the one that is read meanwhile, and for a moment the one before.
    assert max(short, long) <= 3 * Purchases.batch_size


def test_a_batch_ends_with_its_rows_too_so_that_large_items_do_not_pile_up() -> None:
    items = [Item("f", number, str(number), None, rows=40) for number in range(5)]
    bad = BadRow("f", 9, "No row.")

    found = list(batches_of([*items, bad], size=3, most_rows=80))

    assert [(batch.rows, len(batch.bad_rows)) for batch in found] == [(80, 0), (80, 0), (40, 1)]
    assert [len(batch.items) for batch in batches_of(items, size=3, most_rows=1_000)] == [3, 2]


def test_what_is_remembered_is_found_again_when_it_was_put_on_disk() -> None:
    kept = Remembered[str, int](most=10)

    for number in range(100):
        kept.put(str(number), number)
    kept.put("3", -3)
    for number in range(200, 220):
        kept.put(str(number), number)

    assert [kept.get(str(number)) for number in (0, 3, 57, 99, 210, 219)] == [0, -3, 57, 99, 210, 219]
    assert kept.get("150") is None


def test_ordinals_of_equal_rows_go_on_when_their_counts_were_put_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RowKeys, "most_in_memory", 5)
    keys = RowKeys()

    ordinals = [keys.key([str(number % 20)]).partition("-")[2] for number in range(60)]

    assert ordinals == ["1"] * 20 + ["2"] * 20 + ["3"] * 20


READING = """
import sys
from pathlib import Path
from patron_core.imports.source_keys import RowKeys

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

def read(rows):
    keys = RowKeys()
    for number in range(rows):
        keys.key((str(number), "a purchase"))
    return peak()

first = read(150_000)
print(first, read(int(sys.argv[1])))
"""


def peaks(program: str, *arguments: str) -> tuple[int, int]:
    run = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300)
    first, second = done.stdout.split()
    return int(first), int(second)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Only Linux tells the peak of a process.")
def test_the_keys_of_a_long_file_take_no_more_memory_than_those_of_a_short_one() -> None:
    first, second = peaks(READING, "400000")

    assert second - first < 24 * 1024  # KiB: the cache of the database that holds the rest
