"""Bar A2: what was acknowledged is on the disk: files as a power cut leaves them open again with all of it.

At the moment of an acknowledgement the log has been synced up to its end (synchronous FULL), so whatever a power cut does to
bytes after that end, or to pages of the main file that were not synced yet, must lose nothing.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pysqlite3
import pytest
from sqlalchemy import make_url
from tests.faults.conftest import MakePlace

from patron_core.database import open_database
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.faults

ACKNOWLEDGED = 40
_NOBODY = uuid.UUID(int=0)
SECTOR = 512


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("points", [pytest.param(100, id="ci"), pytest.param(500, id="real", marks=pytest.mark.soak)])
async def test_a2_files_cut_at_any_point_hold_all_that_was_acknowledged_before(
    database: PreparedDatabase,
    dialect: Literal["sqlite"],
    points: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    path = Path(str(make_url(database.url).database))
    log, ends = _log_of(path), []
    _ask(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    for number in range(ACKNOWLEDGED):
        await database.do(CreatePerson(person=NewPerson(family_name=f"P{number}")))
        ends.append(log.stat().st_size)
    main, frames = _bytes_of(path), _bytes_of(log)
    assert ends == sorted(set(ends)), "the log was begun anew: the test must be made smaller"
    page = int(_ask(path, "PRAGMA page_size")[0][0])
    folded = _folded(path, tmp_path)
    chance, lost = random.Random(2), 0

    for _ in range(points):
        cut = chance.randrange(len(frames) + 1)
        found = _opened(tmp_path, main, _damaged(chance, frames, cut))
        safe = sum(end <= cut for end in ends)
        lost += max(0, safe - len(found))
        assert found == [f"P{number}" for number in range(len(found))], "not what a moment in time looked like"
        assert safe <= len(found) <= safe + 1
    for _ in range(points):
        half = _half_folded(chance, main, folded, page)
        assert _opened(tmp_path, half, frames) == [f"P{number}" for number in range(ACKNOWLEDGED)]

    assert lost == 0
    record_property(
        "figure",
        f"sqlite: integrity ok at {2 * points} of {2 * points} crash points ({points} in the log, {points} while it is folded "
        "into the file), 0 acknowledged writes lost",
    )


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a2_each_commit_is_synced_by_settings(database: PreparedDatabase, dialect: Literal["sqlite"]) -> None:
    def told(session: Any, setting: str) -> Any:
        return session.connection().exec_driver_sql(f"PRAGMA {setting}").scalar()

    write = database.database.write
    assert await write(database.tenant_id, lambda session: told(session, "synchronous")) == 2  # FULL
    assert await write(database.tenant_id, lambda session: told(session, "journal_mode")) == "wal"


async def test_a2_a_session_on_postgresql_does_not_give_up_durability(own_place: MakePlace) -> None:
    own = open_database(Settings(database_url=own_place().environment["PATRON_DATABASE_URL"], pool_size=1))
    wanted = (
        "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')"
    )
    try:
        found = await own.read(_NOBODY, lambda session: session.connection().exec_driver_sql(wanted).one())
    finally:
        await own.close()
    assert tuple(found) == ("on", "on", "on")


@pytest.mark.soak
@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a2_the_log_is_synced_before_anything_is_acknowledged(
    database: PreparedDatabase,
    dialect: Literal["sqlite"],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    strace = shutil.which("strace")
    assert strace is not None, "this test looks at system calls: install strace"
    trace, count = tmp_path / "calls", 100
    program = [sys.executable, "-m", "tests.faults.acknowledging", database.url, str(database.tenant_id), str(count)]
    calls = "trace=pwrite64,write,fdatasync,fsync,openat,close"
    watched = [strace, "-f", "-y", "-e", calls, "-o", str(trace), *program]
    process = await asyncio.create_subprocess_exec(*watched, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0

    dirty, acknowledged = False, 0
    for line in trace.read_text(errors="replace").splitlines():
        if re.search(r"pwrite64\(\d+<[^>]*-wal>", line):
            dirty = True
        elif re.search(r"f(data)?sync\(\d+<[^>]*-wal>", line):
            dirty = False
        elif "acknowledged" in line and "write(1" in line:
            assert not dirty, f"acknowledged before the log was synced: {line}"
            acknowledged += 1
    assert acknowledged == count
    record_property(
        "figure", f"sqlite: {count} of {count} acknowledgements came after the log's sync, as strace saw it"
    )


def _damaged(chance: random.Random, frames: bytes, cut: int) -> bytes:
    """The log up to `cut`, and after it nothing, zeros, garbage, or what there was with one bit turned."""
    tail = len(frames) - cut
    match chance.randrange(4):
        case 0:
            return frames[:cut]
        case 1:
            return frames[:cut] + bytes(tail)
        case 2:
            return frames[:cut] + chance.randbytes(tail)
        case _:
            turned = bytes([frames[cut] ^ 1 << chance.randrange(8)]) if tail else b""
            return frames[:cut] + turned + frames[cut + 1 :]


def _half_folded(chance: random.Random, before: bytes, after: bytes, page: int) -> bytes:
    """The main file in the middle of a checkpoint: some pages new, one of them torn, its end written or not."""
    pages = []
    length = chance.choice([len(before), len(after)])
    for start in range(0, length, page):
        old, new = before[start : start + page].ljust(page, b"\0"), after[start : start + page]
        pages.append(chance.choice([old, new]))
    torn = chance.randrange(len(pages))
    at = SECTOR * chance.randrange(page // SECTOR)
    pages[torn] = after[torn * page :][:at] + before[torn * page :][:page].ljust(page, b"\0")[at:]
    return b"".join(pages)


def _folded(path: Path, tmp_path: Path) -> bytes:
    """The main file with its log folded in."""
    copy = tmp_path / "folded.db"
    copy.write_bytes(path.read_bytes())
    _log_of(copy).write_bytes(_log_of(path).read_bytes())
    _ask(copy, "PRAGMA wal_checkpoint(TRUNCATE)")
    return copy.read_bytes()


def _opened(tmp_path: Path, main: bytes, frames: bytes) -> Sequence[str]:
    """Who is in a database of these files, which must be sound."""
    path = tmp_path / "cut.db"
    for old in tmp_path.glob("cut.db*"):
        old.unlink()
    path.write_bytes(main)
    _log_of(path).write_bytes(frames)
    assert _ask(path, "PRAGMA integrity_check") == [("ok",)]
    assert _ask(path, "PRAGMA foreign_key_check") == []
    return [name for (name,) in _ask(path, "SELECT display_name FROM party ORDER BY id")]


def _ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection: Any = pysqlite3.connect(str(path), isolation_level=None)
    try:
        return [tuple(row) for row in connection.execute(sql).fetchall()]
    finally:
        connection.close()


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
