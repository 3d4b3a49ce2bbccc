"""Whether a push is its source's: Standard Webhooks 1.0.0, symmetric signatures, by the current secret or the one before.

In come the three headers and the body as it came, out comes nothing, or UNAUTHENTICATED in the same words for every reason.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from patron_core.errors import Unauthenticated
from patron_core.webhooks.signing import new_webhook_secret, signed_headers

__all__ = ["TOLERANCE", "refusal", "verify"]

#: How old a signature may be, and how far ahead (Standard Webhooks, "Verifying webhook authenticity").
TOLERANCE: Final = dt.timedelta(minutes=5)
_MOST_SIGNATURES: Final = 10
_TIMESTAMP: Final = re.compile(r"\d{1,12}", re.ASCII)
_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")
#: What a push of a source that is not there is checked with, so that it takes as long as any other.
_NOBODYS: Final = new_webhook_secret()


def verify(secrets: Sequence[str], *, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> str:
    """The id of a message that one of the secrets signed within five minutes of now.

    headers: webhook-id, webhook-timestamp and webhook-signature, by name. UNAUTHENTICATED otherwise.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise refusal()
    try:
        at = dt.datetime.fromtimestamp(int(timestamp), tz=dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise refusal() from None
    signed = signed_headers(secrets or [_NOBODYS], message_id=message_id, at=at, body=body)["webhook-signature"]
    given = headers.get("webhook-signature", "").split()[:_MOST_SIGNATURES]
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in signed.split()]
    if not secrets or not any(fits) or abs(now - at) > TOLERANCE:
        raise refusal()
    return message_id


def refusal() -> Unauthenticated:
    """The one answer to whoever is not the source."""
    return Unauthenticated(
        "The message is not accepted. Its address or signature is wrong, or older than five minutes. "
        "Sign the body as Standard Webhooks says, with the source's current secret."
    )
