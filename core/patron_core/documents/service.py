"""What happens to trusted documents: they are registered and removed, with audit and event like any other change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from patron_core.documents.commands import NewDocument, RegisterDocuments, RemoveDocuments, canonical_id
from patron_core.documents.events import DocumentsRegistered, DocumentsRemoved
from patron_core.documents.models import TrustedDocument
from patron_core.documents.permissions import DOCUMENT_REGISTER
from patron_core.errors import Conflict, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "Registered", "register_documents", "remove_documents"]

_AT_ONCE: Final = 200  # rows of a statement


@dataclass(frozen=True, slots=True)
class Registered:
    """How many documents are new, and how many there were already."""

    added: int
    known: int


def register_documents(command: RegisterDocuments, uow: UnitOfWork) -> Registered:
    """Registers what is new. CONFLICT where an id is there with another text: clients that use it would break."""
    wanted = list({document.document_id: document for document in command.documents}.values())
    added = 0
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        added += len(uow.add_many(TrustedDocument, [_row(each) for each in some], unless_exists=("document_id",)))
        _check_texts(some, uow)
    if added:
        uow.emit(DocumentsRegistered(count=added))
    return Registered(added, len(wanted) - added)


def remove_documents(command: RemoveDocuments, uow: UnitOfWork) -> int:
    """Removes documents and returns how many; NOT_FOUND where one of them is not there."""
    wanted = sorted({canonical_id(each) for each in command.document_ids})
    found = uow.select(select(TrustedDocument).where(TrustedDocument.document_id.in_(wanted)))
    missing = sorted({*wanted} - {document.document_id for document in found})
    if missing:
        raise NotFound(
            f"There is no such document. {', '.join(missing[:5])} is not registered. "
            "See `patron documents list` for those that are."
        )
    for document in found:
        uow.delete(document)
    uow.emit(DocumentsRemoved(count=len(found)))
    return len(found)


HANDLERS: Final = (
    CommandHandler(command=RegisterDocuments, handler=register_documents, permission=DOCUMENT_REGISTER),
    CommandHandler(command=RemoveDocuments, handler=remove_documents, permission=DOCUMENT_REGISTER),
)


def _row(document: NewDocument) -> dict[str, str]:
    return {
        "document_id": document.document_id,
        "sha256": document.sha256,
        "text": document.text,
        "operations": " ".join(document.operations),
        "source": document.source,
    }


def _check_texts(documents: Sequence[NewDocument], uow: UnitOfWork) -> None:
    kept = uow.rows(
        select(TrustedDocument.document_id, TrustedDocument.sha256).where(
            TrustedDocument.document_id.in_([document.document_id for document in documents])
        )
    )
    texts: dict[str, str] = dict(map(tuple, kept))
    for document in documents:
        if texts[document.document_id] != document.sha256:
            raise Conflict(
                f"The id {document.document_id} stands for another text. Clients that use it would get other answers. "
                "Remove it first, or choose another id."
            )
