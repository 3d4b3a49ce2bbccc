"""What may be asked about knowledge: write an edition, change, publish and retire it, give it to customers, note how far they came."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.channels.models import Channel
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.knowledge.models import KnowledgeAsset, KnowledgeDelivery, KnowledgeKind
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId, check_language
from patron_core.privacy.models import ConsentPurpose
from patron_core.validation import aware, code, key, not_null, one_line, paragraphs
from patron_core.values import UNSET, Unset

__all__ = [
    "DeliverKnowledge",
    "KnowledgeAssetId",
    "KnowledgeDeliveryId",
    "NoteKnowledgeProgress",
    "PublishKnowledge",
    "RetireKnowledge",
    "UpdateKnowledge",
    "WriteKnowledge",
]

KnowledgeAssetId = Annotated[uuid.UUID, IdOf(KnowledgeAsset)]
KnowledgeDeliveryId = Annotated[uuid.UUID, IdOf(KnowledgeDelivery)]

#: Half of what the body of a request may be; longer works lie elsewhere, by their URL.
_LONGEST_BODY = 100_000
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[\x21-\x7e]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteKnowledge(Command):
    """Begins an edition, as a draft: the first of its code, or the next one."""

    code: str = argument("Code in capitals that its editions share.")
    title: str = argument("Its title.")
    kind: KnowledgeKind = argument("What form it has.")
    language: str = argument("In which language, a BCP 47 tag such as de-CH.")
    body: str | None = argument("Its text; either this or a URL.", default=None)
    url: str | None = argument("Where it lies (https); either this or a text.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        code(self, "code")
        one_line(self, "title")
        check_language(self.language)
        paragraphs(self, "body", maximum=_LONGEST_BODY)
        key(self, "idempotency_key")
        _check_url(self.url)
        if (self.body is None) == (self.url is None):
            raise InvalidInput(
                "Knowledge lies in one place. A text and a URL were given, or neither. Give one of them.",
                path=("body",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateKnowledge(Command):
    """Changes a draft: fields that are left out stay as they are."""

    id: KnowledgeAssetId = argument("The edition.")
    version: int = argument("The version the change was made from.")
    title: str | Unset = argument("Its title.", default=UNSET)
    body: str | Unset = argument("Its text, where it has one.", default=UNSET)
    url: str | Unset = argument("Where it lies, where it lies elsewhere.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "title", "body", "url")
        one_line(self, "title")
        paragraphs(self, "body", maximum=_LONGEST_BODY)
        _check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishKnowledge(Command):
    """Lets a draft be given to customers; the edition before it in the same language is retired."""

    id: KnowledgeAssetId = argument("The edition.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireKnowledge(Command):
    """Ends the giving of an edition; what was given stays."""

    id: KnowledgeAssetId = argument("The edition.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverKnowledge(Command):
    """Keeps that knowledge was given to a customer."""

    asset_id: KnowledgeAssetId = argument("What was given.")
    customer_id: CustomerId = argument("To which customer.")
    recipient_id: PartyId | None = argument("To whom there.", default=None)
    channel: Channel | None = argument("Over which channel.", default=None)
    about_id: str | None = argument("Id of what it was given for, such as a deal.", default=None)
    purpose: ConsentPurpose | None = argument(
        "What for. Anything but SERVICE needs the consent of whom it is given to.", default=None
    )
    occurred_at: dt.datetime | None = argument("When; now where left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "about_id")
        aware(self, "occurred_at")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKnowledgeProgress(Command):
    """Keeps that what was given was opened or finished; who finished it has opened it."""

    id: KnowledgeDeliveryId = argument("The delivery.")
    version: int = argument("The version the change was made from.")
    opened_at: dt.datetime | None = argument("When it was opened first.", default=None)
    finished_at: dt.datetime | None = argument("When it was finished.", default=None)

    def __post_init__(self) -> None:
        aware(self, "opened_at", "finished_at")
        if self.opened_at is None and self.finished_at is None:
            raise InvalidInput(
                "Nothing was noted. Neither when it was opened nor when it was finished was given. Give one of them.",
                path=("opened_at",),
            )


def _check_url(url: str | Unset | None) -> None:
    if isinstance(url, str) and (len(url) > 2_000 or not _URL.fullmatch(url)):
        raise InvalidInput(
            "The URL is not one that can be given to customers. It is no https address, or too long. Write "
            "https://host/path.",
            path=("url",),
        )
