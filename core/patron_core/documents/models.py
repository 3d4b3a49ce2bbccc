"""GraphQL documents that a tenant's clients may run by name, registered before they are asked for."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, Record, column

__all__ = ["TrustedDocument"]


class TrustedDocument(Record):
    """A registered document. Its text never changes: another text has another hash, and an id keeps its text."""

    __tablename__ = "trusted_document"
    id_prefix = "doc"
    not_about_a_party = "The text of a client's program; values travel in variables."
    __table_args__ = (UniqueConstraint("tenant_id", "document_id"), Index(None, "tenant_id", "sha256", "id"))

    document_id: Mapped[str] = column(
        INTERNAL, doc="What requests name it by: sha256: and the hash, or an id of its own."
    )
    sha256: Mapped[str] = column(INTERNAL, doc="SHA-256 of the text, in hex.")
    text: Mapped[str] = column(INTERNAL, doc="The document.")
    operations: Mapped[str] = column(INTERNAL, doc="Names of its operations, separated by spaces.")
    source: Mapped[str] = column(INTERNAL, doc="The file it came from, without its folder.")
