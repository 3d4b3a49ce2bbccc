"""One tenant's keys at work: texts of a column become their stored form and back, and keyed hashes find equal ones.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits; tenant, table, column and row are authenticated with the
text, so that a stored form that was moved anywhere else does not open. Where keys come from is left to `keys`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["STORED", "TenantKeys", "Undecipherable", "UnknownKey", "key_number", "stored_by"]

#: `v1.<number of the key>.<base64url of nonce, ciphertext and tag>`
STORED: Final = re.compile(r"v1\.(\d{1,9})\.([A-Za-z0-9_-]+={0,2})")
_NONCE: Final = 12


class Undecipherable(Exception):
    """What is stored in an encrypted column cannot be opened; the text names the place and no value."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place} cannot be decrypted. {why}")


class UnknownKey(Undecipherable):
    """It was encrypted with a key that is not at hand: made since the keys were read, or destroyed."""


def key_number(stored: str) -> int | None:
    """Which key a stored form was made with; None where it is no stored form."""
    match = STORED.fullmatch(stored)
    return None if match is None else int(match[1])


def stored_by(number: int) -> str:
    """How everything begins that was encrypted with a key."""
    return f"v1.{number}."


@dataclass(frozen=True, slots=True)
class TenantKeys:
    """A tenant's keys, unwrapped.

    number: of the key that encrypts; None where there is none yet. ciphers: by number, with those that only decrypt any
    more. blinding: the key of the hashes. shredded: whether they were destroyed, so that none is ever made again.
    """

    tenant_id: uuid.UUID
    number: int | None = None
    ciphers: Mapping[int, AESGCM] = field(default_factory=dict, repr=False)
    blinding: bytes | None = field(default=None, repr=False)
    shredded: bool = False
    _places: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def complete(self) -> bool:
        """Whether texts can be encrypted and hashed."""
        return self.number is not None and self.blinding is not None

    def encrypted(
        self, table: str, column: str, ids: Sequence[uuid.UUID], texts: Sequence[str | None]
    ) -> list[str | None]:
        """The stored forms of a column's texts, in the order of their rows."""
        assert self.number is not None
        head, seal = stored_by(self.number), self.ciphers[self.number].encrypt
        about = self._about(table, column)
        nonces = os.urandom(_NONCE * len(texts))
        out: list[str | None] = []
        for place, (id_, text) in enumerate(zip(ids, texts, strict=True)):
            if text is None:
                out.append(None)
                continue
            nonce = nonces[_NONCE * place : _NONCE * (place + 1)]
            sealed = seal(nonce, text.encode(), about + id_.hex.encode())
            out.append(head + base64.urlsafe_b64encode(nonce + sealed).decode())
        return out

    def decrypted(self, table: str, column: str, row: str, stored: str) -> str:
        """The text of a stored form. row: the row's id in hex, with or without dashes.

        Raises `UnknownKey` for a key that is not among these, `Undecipherable` for what was made for another place,
        changed, or never encrypted.
        """
        head, _, rest = stored.partition(".")  # not the pattern: this is done for each text of each answer
        number, _, body = rest.partition(".")
        if head != "v1" or not number.isdecimal():
            raise Undecipherable(f"{table}.{column}", "What is stored was never encrypted.")
        cipher = self.ciphers.get(int(number))
        if cipher is None:
            raise UnknownKey(f"{table}.{column}", f"The tenant has no key {number}.")
        try:
            sealed = base64.urlsafe_b64decode(body)
            about = self._about(table, column) + row.replace("-", "").encode()
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise Undecipherable(f"{table}.{column}", "It was encrypted for another place, or changed since.") from None

    def blinded(self, table: str, column: str, text: str) -> str:
        """The keyed hash by which equal texts of a column are found (HMAC-SHA-256); without a key one that nothing has."""
        if self.blinding is None:
            return ""
        digest = hmac.digest(self.blinding, f"{table}|{column}|{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode()

    def _about(self, table: str, column: str) -> bytes:
        found = self._places.get((table, column))
        if found is None:
            found = self._places[table, column] = f"{self.tenant_id.hex}|{table}|{column}|".encode()
        return found
