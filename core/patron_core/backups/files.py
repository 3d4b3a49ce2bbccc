"""A copy of an embedded database while it is used, its manifest, and the way back.

A SQLite file comes in, a copy as of one moment goes out, beside a manifest with its digest, the versions and the heads of the
audit. Writers are not held up. PostgreSQL has tools of its own; what is to be done after any restore is left to `aftercare`.
Source: sqlite.org, "Using the SQLite Online Backup API".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson
import pysqlite3 as _pysqlite3

from patron_core.columns import format_time
from patron_core.errors import InvalidInput, Unavailable

__all__ = ["Manifest", "Progress", "back_up", "manifest_of", "put_back", "verified"]

pysqlite3: Any = _pysqlite3  # it has no types
#: Told how many pages are done, and how many there are.
Progress = Callable[[int, int], None]

_PAGES: Final = 2_000  # between two words of progress, 8 MB
_CHUNK: Final = 1 << 20
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is. sha256, size: of its file. revisions: by version table. heads: of the audit, by tenant, as (sequence, hash)."""

    sha256: str
    size: int
    made_at: str
    patron: str
    sqlite: str
    revisions: Mapping[str, str]
    heads: Mapping[str, tuple[int, str]]
    format: int = _FORMAT


def manifest_of(file: Path) -> Path:
    """Where the manifest of a backup is."""
    return file.with_name(f"{file.name}.manifest.json")


def back_up(database: Path, file: Path, *, now: dt.datetime, progress: Progress = lambda _done, _all: None) -> Manifest:
    """Copies a database as of one moment, while others read and write it, and checks the copy.

    The file has its name when it is complete and on the disk. INVALID_INPUT where there is no database or the place is taken,
    UNAVAILABLE where the copy is damaged.
    """
    if not database.exists():
        raise InvalidInput(
            "There is no database to back up. The file of PATRON_DATABASE_URL is not there. Name another."
        )
    if file.exists():
        raise InvalidInput(f"{file.name} is there already. Nothing was written. Choose another name.")
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
    _copy(database, part, progress)
    with closing(_opened(part, read_only=True)) as copy:
        _check_whole(copy)
        manifest = _manifest(copy, part, now)
    _on_disk(part)
    manifest_of(file).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    part.replace(file)
    _on_disk(file.parent)
    return manifest


def verified(file: Path) -> Manifest:
    """The manifest of a backup whose file is what it says. INVALID_INPUT where anything of it is missing or differs."""
    try:
        kept = orjson.loads(manifest_of(file).read_bytes())
        manifest = Manifest(**{**kept, "heads": {tenant: (n, hash_) for tenant, (n, hash_) in kept["heads"].items()}})
        size, digest = file.stat().st_size, _digest(file)
    except (OSError, ValueError, KeyError, TypeError):
        raise InvalidInput(
            f"{file.name} is no backup of ours. The file or {manifest_of(file).name} is missing or cannot be read. "
            "Pass a file that `patron backup` wrote, with its manifest beside it."
        ) from None
    if manifest.format != _FORMAT or (size, digest) != (manifest.size, manifest.sha256):
        raise InvalidInput(
            f"{file.name} is not what was backed up. Its size or its SHA-256 differs from the manifest. Take another copy of it."
        )
    return manifest


def put_back(file: Path, database: Path, *, replace: bool) -> Manifest:
    """Puts a verified backup in the place of a database, which it has whole or not at all.

    replace: whether a database that is there may go. INVALID_INPUT where it may not, or where somebody has it open.
    """
    manifest = verified(file)
    if database.exists() and database.stat().st_size:
        if not replace:
            raise InvalidInput(
                "There is a database already. Nothing was changed. Pass --replace, or name an empty place."
            )
        _close_for_good(database)
    part = database.with_name(f"{database.name}.restoring")
    with file.open("rb") as source, _private(part) as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    with closing(_opened(part, read_only=True)) as copy:
        _check_whole(copy)
    for beside in ("-wal", "-shm"):  # of the database that goes: they would be replayed into the new one
        database.with_name(database.name + beside).unlink(missing_ok=True)
    part.replace(database)
    _on_disk(database.parent)
    return manifest


def _copy(database: Path, part: Path, progress: Progress) -> None:
    with closing(_opened(database, read_only=True)) as source, closing(_opened(part)) as target:
        source.execute("BEGIN").close()
        source.execute("SELECT count(*) FROM sqlite_master").close()  # from here on this connection sees one moment

        def told(_status: int, remaining: int, total: int) -> None:
            progress(total - remaining, total)

        source.backup(target, pages=_PAGES, progress=told)
        target.execute("PRAGMA journal_mode = DELETE").close()  # one file, without a log beside it


def _opened(file: Path, *, read_only: bool = False) -> Any:
    connection = pysqlite3.connect(f"file:{file}?mode={'ro' if read_only else 'rw'}", uri=True, isolation_level=None)
    connection.execute("PRAGMA busy_timeout = 5000").close()
    return connection


def _check_whole(copy: Any) -> None:
    found = [row[0] for row in copy.execute("PRAGMA integrity_check").fetchall()]
    if found != ["ok"]:
        raise Unavailable(
            "The copy is damaged. SQLite's integrity_check finds faults in it. Look after the disk and try again."
        )


def _manifest(copy: Any, part: Path, now: dt.datetime) -> Manifest:
    names = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    tables = sorted(name for name in names if name.startswith("patron") and name.endswith("_version"))
    revisions = {
        name: row[0] for name in tables for row in copy.execute(f'SELECT version_num FROM "{name}"').fetchall()
    }
    heads = {}
    if "audit_seal" in names:
        newest = "SELECT tenant_id, sequence, hash FROM audit_seal GROUP BY tenant_id HAVING sequence = max(sequence)"
        heads = {tenant: (sequence, hash_) for tenant, sequence, hash_ in copy.execute(newest).fetchall()}
    return Manifest(
        _digest(part),
        part.stat().st_size,
        format_time(now),
        version("patron"),
        pysqlite3.sqlite_version,
        revisions,
        heads,
    )


def _close_for_good(database: Path) -> None:
    """Folds the log into a database that goes. INVALID_INPUT where somebody has it open."""
    with closing(_opened(database)) as connection:
        try:
            connection.execute("PRAGMA busy_timeout = 500").close()
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").close()
            connection.execute("BEGIN EXCLUSIVE").close()
            connection.execute("COMMIT").close()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except pysqlite3.OperationalError:
            raise InvalidInput(
                "The database is in use. A process has it open. Stop the service and restore again."
            ) from None


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _private(file: Path) -> Any:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
