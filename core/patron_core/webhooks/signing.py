"""Signatures of webhooks by the Standard Webhooks specification: who sent a body, when, and that nobody changed it.

In come secrets, an id, a time and a body, out come the three headers. Verifying is the receiver's, with any library of the
specification.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["new_webhook_secret", "signed_headers"]

_PREFIX: Final = "whsec_"
_BYTES: Final = 32  # the specification asks for 24 to 64


def new_webhook_secret() -> str:
    """A secret as receivers take it: `whsec_` and 32 bytes of the system's random source in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(keys: Sequence[str], *, message_id: str, at: dt.datetime, body: bytes) -> Mapping[str, str]:
    """The headers that sign a body with each of the secrets (Standard Webhooks 1.0.0, "Signature scheme", symmetric).

    keys: the current secret, and beside it the one before while it may still be in use. message_id: the same for every
    try of a message. at: when this try is made; receivers refuse what is older than some minutes.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1,{_signature(key, signed)}" for key in keys)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def _signature(key: str, signed: bytes) -> str:
    digest = hmac.digest(base64.b64decode(key.removeprefix(_PREFIX)), signed, hashlib.sha256)
    return base64.b64encode(digest).decode()
