"""What happens to files: one is added to a row about a party, or taken away, inside the caller's unit of work."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from patron_core.attachments.commands import AddAttachment, RemoveAttachment
from patron_core.attachments.events import AttachmentAdded, AttachmentRemoved
from patron_core.attachments.models import Attachment, AttachmentContent
from patron_core.attachments.permissions import ATTACHMENT_WRITE
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.node_refs import about_of, row_named
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version

__all__ = ["HANDLERS", "add_attachment", "remove_attachment"]


def add_attachment(command: AddAttachment, uow: UnitOfWork) -> Attachment:
    """Adds a file. INVALID_INPUT for a row that is about nobody: nothing would erase the file with them."""
    row = row_named(command.about_id, uow, path=("about_id",))
    party_id = about_of(row, Party, uow)
    if party_id is None:
        raise InvalidInput(
            "The row is about nobody. Files belong to rows about a party, with which they are erased. Name such a row.",
            path=("about_id",),
        )
    content = base64.b64encode(command.file).decode()
    digest = hashlib.sha256(command.file).hexdigest()
    health = command.holds is AttachmentContent.HEALTH
    attachment = uow.add(
        Attachment(
            party_id=party_id,
            about_id=command.about_id,
            holds=command.holds,
            content_type=command.content_type,
            size_bytes=len(command.file),
            file_name=None if health else command.file_name,
            content=None if health else content,
            sha256=None if health else digest,
            health_file_name=command.file_name if health else None,
            health_content=content if health else None,
            health_sha256=digest if health else None,
            added_by=uow.actor.subject,
        )
    )
    uow.emit(AttachmentAdded(customer_id=about_of(row, Customer, uow), attachment_id=attachment.id))
    return attachment


def remove_attachment(command: RemoveAttachment, uow: UnitOfWork) -> None:
    """Takes a file away."""
    attachment = uow.get(Attachment, command.id, path=("id",))
    same_version(attachment, version=command.version)
    uow.delete(attachment)
    uow.emit(AttachmentRemoved(attachment_id=attachment.id))


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=AddAttachment, handler=add_attachment, permission=ATTACHMENT_WRITE),
    CommandHandler(command=RemoveAttachment, handler=remove_attachment, permission=ATTACHMENT_WRITE),
)
