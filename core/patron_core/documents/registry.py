"""Which documents a tenant trusts, as requests ask for them: by id, or by the hash of a text.

In come a tenant and an id, out comes the text or None. What is found is trusted for five seconds without looking again,
what is not for one: so a registration counts a second later in every process, a removal five.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select

from patron_core.cache import Cache
from patron_core.database import Database, TenantSession
from patron_core.documents.commands import canonical_id
from patron_core.documents.models import TrustedDocument
from patron_core.values import Clock

__all__ = ["TrustedDocuments"]

_FOUND: Final = dt.timedelta(seconds=5)
_MISSED: Final = dt.timedelta(seconds=1)
_MOST_ENTRIES: Final = 10_000
_MOST_CHARACTERS: Final = 8_000_000
_AN_ENTRY: Final = 200  # characters that an entry weighs beside its text


@dataclass(frozen=True, slots=True)
class _Known:
    text: str | None
    until: dt.datetime


class TrustedDocuments:
    """Looks documents up in one database."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: Cache[tuple[uuid.UUID, str], _Known] = Cache(
            "trusted", most_entries=_MOST_ENTRIES, most_weight=_MOST_CHARACTERS
        )
        self.figures = self._known.figures

    async def text(self, tenant_id: uuid.UUID, document_id: str) -> str | None:
        """The text of a tenant's document. document_id: as registered, or `sha256:` and the hash of any registered text."""
        key = (tenant_id, canonical_id(document_id))
        now = self._clock.now()
        known = self._known.get(key)
        if known is not None and known.until <= now:
            self._known.outlived(key)
            known = None
        if known is None:
            text = await self._look_up(*key)
            known = _Known(text, now + (_MISSED if text is None else _FOUND))
            self._known.put(key, known, weight=_AN_ENTRY + len(text or ""))
        return known.text

    async def _look_up(self, tenant_id: uuid.UUID, document_id: str) -> str | None:
        by_id = TrustedDocument.document_id == document_id
        prefix, _, hashed = document_id.partition(":")
        wanted = or_(by_id, TrustedDocument.sha256 == hashed) if prefix == "sha256" else by_id

        def look(session: TenantSession) -> str | None:
            return session.scalars(select(TrustedDocument.text).where(wanted).limit(1)).one_or_none()

        return await self._database.read(tenant_id, look)
