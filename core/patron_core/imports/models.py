"""A run of an importer over a file: where it stands, so that a killed run resumes and a repeated one changes nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, Record, column
from ..values import Code

__all__ = ["ImportRun", "ImportStatus"]


class ImportStatus(Code):
    """How far an import has come."""

    RUNNING = "running", "Begun; resumes after the last committed row."
    FINISHED = "finished", "All rows were read."
    FAILED = "failed", "Stopped by a fault."
    UNDOING = "undoing", "Being undone; goes on where it stopped."
    UNDONE = "undone", "What it made was taken back, as far as nobody had changed it."


class ImportRun(Record):
    """An import of one file."""

    __tablename__ = "import_run"
    id_prefix = "imp"
    not_about_a_party = "Counts and positions; the rows it made are about parties themselves."
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "format", "content_sha256", "options_sha256", "attempt", name="uq_import_run_file"
        ),
    )

    format: Mapped[str] = column(INTERNAL, doc="Name of the importer.", filterable=True)
    content_sha256: Mapped[str] = column(INTERNAL, doc="Hash of the file.", filterable=True)
    options_sha256: Mapped[str] = column(INTERNAL, doc="Hash of the options that change what rows mean.")
    attempt: Mapped[int] = column(INTERNAL, doc="From 1; an import of the same file after an undo is the next one.")
    file_name: Mapped[str] = column(INTERNAL, doc="Name of the file, without its folder.")
    status: Mapped[ImportStatus] = column(INTERNAL, doc="How far it has come.", filterable=True)
    rows_done: Mapped[int] = column(INTERNAL, doc="Rows whose effect is committed.")
    counts: Mapped[Any] = column(INTERNAL, doc="How many of what was made, changed, skipped or refused.", keys={})
    finished_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it ended.")
