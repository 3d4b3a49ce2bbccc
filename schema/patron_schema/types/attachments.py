"""Files that belong to rows, as the API shows them."""

from __future__ import annotations

import datetime as dt

from patron_core.attachments import models

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node
from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Attachment"]


@planned(models.Attachment)
class Attachment(Node):
    """A small file that belongs to a row about a party."""

    party: Party
    about_id: str
    holds: models.AttachmentContent
    content_type: str
    size_bytes: int
    file_name: str | None
    content: str | None
    sha256: str | None
    health_file_name: str | None
    health_content: str | None
    health_sha256: str | None
    added_by: str
    version: int
    created_at: dt.datetime


@extends(Party)
class PartyAttachments:
    attachments: Connection[Attachment] = related(
        models.Attachment.party, description="Files about the party, whatever row they belong to."
    )


@extends(Query)
class AttachmentQuery:
    attachments: Connection[Attachment] = root(description="Files that belong to rows.")


TYPES: tuple[type, ...] = (Attachment,)
EXTENSIONS: tuple[type, ...] = (PartyAttachments, AttachmentQuery)
