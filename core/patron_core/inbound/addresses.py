"""The last part of a source's address: `<tenant>_<source>_<random>`, all a push is found by before its signature is checked.

The tenant stands in it so that the source can be looked up under that tenant's row-level security, as in the text of an API
key; the body names none.
"""

from __future__ import annotations

import hmac
import re
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Final

__all__ = ["SourceAddress", "new_address_part"]

_FORM: Final = re.compile(r"([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{22})")
_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """An address, taken apart."""

    tenant_id: uuid.UUID
    source_id: uuid.UUID
    random: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> SourceAddress | None:
        """The parts; None where the text is none."""
        match = _FORM.fullmatch(text)
        return None if match is None else cls(uuid.UUID(match[1]), uuid.UUID(match[2]), match[3])

    def text(self) -> str:
        """The whole."""
        return f"{self.tenant_id.hex}_{self.source_id.hex}_{self.random}"

    def is_of(self, stored: str) -> bool:
        """Whether the random part is the stored one; takes the same time for every answer."""
        return hmac.compare_digest(self.random.encode(), stored.encode())


def new_address_part() -> str:
    """22 characters from 16 bytes of the system's random source."""
    return secrets.token_urlsafe(_BYTES)
