"""What may be asked about trusted documents: register some, remove some. That they fit the schema is the caller's to check."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.messages import Command, argument

__all__ = ["MOST_DOCUMENTS", "NewDocument", "RegisterDocuments", "RemoveDocuments", "canonical_id"]

MOST_DOCUMENTS: Final = 10_000
_LONGEST_TEXT: Final = 1_000_000
_HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_OWN: Final = re.compile(r"(?:x-[A-Za-z0-9-]{1,32}:)?[A-Za-z0-9._~-]{1,128}")


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to register.

    document_id: `sha256:` and the hash of the text, the bare hash, or an id of 1 to 128 letters, digits and `._~-` (GraphQL
    over HTTP, appendix "Persisted Documents"; own prefixes begin with `x-`). operations: names. source: a file's name.
    """

    document_id: str
    text: str
    operations: tuple[str, ...] = ()
    source: str = ""
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.text.encode()).hexdigest())
        object.__setattr__(self, "document_id", self._checked_id())
        if not 0 < len(self.text) <= _LONGEST_TEXT:
            raise InvalidInput(
                f"A document has 1 to {_LONGEST_TEXT} characters. {self._shown} has {len(self.text)}. Split it."
            )

    def _checked_id(self) -> str:
        if self.document_id.removeprefix("sha256:") == self.sha256:
            return f"sha256:{self.sha256}"
        if _HASH.fullmatch(self.document_id) or not _OWN.fullmatch(self.document_id):
            raise InvalidInput(
                "The id of a document is not one that requests can name. "
                f"{self._shown} is neither the text's sha256 nor letters, digits and ._~- only. Choose another."
            )
        return self.document_id

    @property
    def _shown(self) -> str:
        return self.document_id[:140] if self.document_id.isprintable() else "The given one"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDocuments(Command):
    """Registers documents of the tenant; those that are there already stay as they are."""

    documents: tuple[NewDocument, ...] = argument("The documents.")

    def __post_init__(self) -> None:
        if len(self.documents) > MOST_DOCUMENTS:
            advice = "Register them in several steps."
            raise LimitExceeded(
                limit="documents at a time", value=len(self.documents), maximum=MOST_DOCUMENTS, advice=advice
            )
        texts = {document.document_id: document.sha256 for document in self.documents}
        for document in self.documents:
            if texts[document.document_id] != document.sha256:
                raise InvalidInput(
                    f"Two documents have one id. {document.document_id} stands for different texts. Give each its own."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDocuments(Command):
    """Removes documents; requests that name them are refused some seconds later."""

    document_ids: tuple[str, ...] = argument("What requests name them by.")


def canonical_id(document_id: str) -> str:
    """The form in which an id is kept: a bare hash gets its prefix."""
    found = _HASH.fullmatch(document_id)
    return document_id if found is None else f"sha256:{found[1]}"
