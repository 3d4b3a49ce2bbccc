"""The same key twice gives the first result, once: the record of what a key already did, written with the change itself."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from .records import INTERNAL, PII, Record, column

__all__ = ["IdempotencyRecord", "content_hash"]


class IdempotencyRecord(Record):
    """What an idempotency key did."""

    __tablename__ = "idempotency_record"
    id_prefix = "idk"
    not_about_a_party = "Holds the ids a command returned, never its values."
    __table_args__ = (UniqueConstraint("tenant_id", "actor", "key"),)

    actor: Mapped[str] = column(INTERNAL, doc="Whose key it is.")
    key: Mapped[str] = column(INTERNAL, doc="The key, as the caller chose it.")
    command: Mapped[str] = column(INTERNAL, doc="Name of the command.")
    content_sha256: Mapped[str] = column(INTERNAL, doc="Hash of the command's content.")
    result: Mapped[Any] = column(PII, doc="The ids it returned, as JSON.", keys={})


def content_hash(value: Any) -> str:
    """SHA-256 of a JSON value in canonical form (sorted keys, no spaces), in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()
