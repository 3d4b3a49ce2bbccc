"""What may be asked about files: add one to a row, take it away. Its type and its content are checked against each other here."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from patron_core.attachments.models import Attachment, AttachmentContent
from patron_core.card_numbers import check_text
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.settings import Settings
from patron_core.validation import key, one_line

__all__ = ["CONTENT_TYPES", "AddAttachment", "AttachmentId", "RemoveAttachment"]

AttachmentId = Annotated[uuid.UUID, IdOf(Attachment)]

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
#: Types that are taken, with how their files begin. None can run a script where it is opened: no HTML, no SVG.
CONTENT_TYPES: Final = MappingProxyType(
    {
        "application/pdf": b"%PDF-",
        "image/png": b"\x89PNG\r\n\x1a\n",
        "image/jpeg": b"\xff\xd8\xff",
        "text/plain": b"",
        "text/csv": b"",
        f"{_OFFICE}.wordprocessingml.document": b"PK\x03\x04",
        f"{_OFFICE}.spreadsheetml.sheet": b"PK\x03\x04",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAttachment(Command):
    """Adds a file to a row about a party. Pass the content in a variable: a query's own text is short."""

    about_id: str = argument("Id of what it belongs to, such as a customer, a contact or a deal.")
    file_name: str = argument("Its name, without a folder.")
    content_type: str = argument("Its type, such as application/pdf.")
    content: str = argument("The file in base64 (RFC 4648).")
    holds: AttachmentContent = argument(
        "HEALTH where it tells of somebody's health: then only who may read that reads it.",
        default=AttachmentContent.PERSONAL,
    )
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "about_id", "file_name")
        key(self, "idempotency_key")
        if "/" in self.file_name or "\\" in self.file_name:
            raise InvalidInput("The name has a folder. A slash was given. Give the name alone.", path=("file_name",))
        if self.content_type not in CONTENT_TYPES:
            raise InvalidInput(
                f"Files of that type are not taken. Another was given than {', '.join(CONTENT_TYPES)}. Convert it.",
                path=("content_type",),
            )
        self._check_content()

    @property
    def file(self) -> bytes:
        """The file itself."""
        return base64.b64decode(self.content)

    def _check_content(self) -> None:
        most = Settings().attachment_max_bytes
        if len(self.content) > 4 * (most // 3 + 1):
            raise _too_long(most)
        try:
            file = base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput(
                "The content is not base64. Other characters were given, or too few. Encode the file as RFC 4648 says.",
                path=("content",),
            ) from None
        if len(file) > most:
            raise _too_long(most)
        if not file or not file.startswith(CONTENT_TYPES[self.content_type]):
            raise _other_type()
        if self.content_type.startswith("text/"):
            _check_words(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAttachment(Command):
    """Takes a file away; nothing of it is kept."""

    id: AttachmentId = argument("The file.")
    version: int = argument("The version the change was made from.")


def _check_words(file: bytes) -> None:
    try:
        text = file.decode()
    except UnicodeDecodeError:
        raise _other_type() from None
    if "\0" in text:
        raise _other_type()
    check_text(text, path=("content",))


def _too_long(most: int) -> InvalidInput:
    return InvalidInput(
        f"The file is too long. It has more than {most} bytes. Make it smaller, or keep it elsewhere.",
        path=("content",),
    )


def _other_type() -> InvalidInput:
    return InvalidInput(
        "The file is not of its type. It is empty, or does not begin as such files do. Give the type it has.",
        path=("content",),
    )
