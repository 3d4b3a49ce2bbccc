"""The text of an API key: `patron_<tenant>_<key id>_<secret>`, shown once; only the secret's hash is stored.

The tenant stands in the text so that the key's row can be looked up under that tenant's row-level security. 32 random
bytes make a secret, so a plain SHA-256 is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Final

__all__ = ["KeyText", "new_secret", "secret_hash"]

_FORM: Final = re.compile(r"patron_([0-9a-f]{32})_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key's text, taken apart. The secret is not shown by `repr`."""

    tenant_id: uuid.UUID
    key_id: uuid.UUID
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyText | None:
        """The parts of a key's text; None where it is not one."""
        match = _FORM.fullmatch(text)
        return None if match is None else cls(uuid.UUID(match[1]), uuid.UUID(match[2]), match[3])

    def text(self) -> str:
        """The whole text, secret included."""
        return f"patron_{self.tenant_id.hex}_{self.key_id.hex}_{self.secret}"

    def opens(self, stored_sha256: str) -> bool:
        """Whether the secret is the one whose hash is stored; takes the same time for every answer."""
        return hmac.compare_digest(secret_hash(self.secret), stored_sha256)


def new_secret() -> str:
    """43 characters of base64url from 32 bytes of the system's random source."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """SHA-256 of a secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
