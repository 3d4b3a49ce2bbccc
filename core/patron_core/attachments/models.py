"""Small files that belong to rows about a party, kept encrypted in the database and erased with the party."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..records import INTERNAL, PHI, PII, PUBLIC, Record, column, subject
from ..values import Code

__all__ = ["Attachment", "AttachmentContent"]


class AttachmentContent(Code):
    """What a file tells about whom it is about: who may read it follows from that."""

    PERSONAL = "personal", "Personal data; read by who may read PII."
    HEALTH = "health", "Health information; read by who may read PHI."


class Attachment(Record):
    """A small file that belongs to a row about a party."""

    __tablename__ = "attachment"
    id_prefix = "atm"
    without_index = (("holds content_type size_bytes file_name created_at updated_at", "Asked of what it belongs to."),)
    __table_args__ = (Index(None, "tenant_id", "about_id", "id"),)

    party: Mapped[Party] = subject(Party, doc="Whom it is about.")
    about_id: Mapped[str] = column(INTERNAL, doc="Id of what it belongs to; `node` shows it.", filterable=True)
    holds: Mapped[AttachmentContent] = column(INTERNAL, doc="What it tells about the party.", filterable=True)
    content_type: Mapped[str] = column(PUBLIC, doc="Its type, such as application/pdf (IANA).", filterable=True)
    size_bytes: Mapped[int] = column(PUBLIC, doc="How long it is.", filterable=True, orderable=True)
    file_name: Mapped[str | None] = column(PII, doc="Its name; null for health information.")
    content: Mapped[str | None] = column(
        PII, doc="The file in base64 (RFC 4648); null for health information.", encrypted=True
    )
    sha256: Mapped[str | None] = column(PII, doc="SHA-256 of the file, in hex; null for health information.")
    health_file_name: Mapped[str | None] = column(PHI, doc="The name of a file of health information.", encrypted=True)
    health_content: Mapped[str | None] = column(
        PHI, doc="A file of health information in base64 (RFC 4648).", encrypted=True
    )
    health_sha256: Mapped[str | None] = column(
        PHI, doc="SHA-256 of a file of health information, in hex.", encrypted=True
    )
    added_by: Mapped[str] = column(INTERNAL, doc="Who of us added it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]
