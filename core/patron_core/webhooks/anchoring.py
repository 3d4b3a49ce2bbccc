"""Heads of the sealed audit, posted to whoever keeps them elsewhere, signed as every webhook is.

In come heads, out goes one request. Whoever keeps the bodies can show that a tail was cut, though the database says nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from patron_core.audit.anchors import Anchor
from patron_core.columns import format_time
from patron_core.errors import Unavailable
from patron_core.values import Clock
from patron_core.webhooks.trying import Courier, Post

__all__ = ["AnchorPost"]

_TYPE: Final = "audit.anchored"


class AnchorPost:
    """Posts heads. url: where to, over https. secret: `whsec_…`, as of any endpoint."""

    def __init__(self, outbound: Post, url: str, *, secret: str, clock: Clock) -> None:
        self._courier = Courier(outbound, clock=clock)
        self._url = url
        self._secret = secret
        self._clock = clock

    async def __call__(self, anchors: Sequence[Anchor]) -> None:
        """Returns when the other side has them. Raises UNAVAILABLE where it does not; who keeps heads tries again."""
        heads = [json.loads(anchor.line()) for anchor in anchors]
        body = json.dumps(
            {"type": _TYPE, "timestamp": format_time(self._clock.now()), "data": {"anchors": heads}}
        ).encode()
        message_id = f"anchor_{hashlib.sha256(json.dumps(heads).encode()).hexdigest()[:32]}"
        tried = await self._courier.bring(self._url, body, keys=(self._secret,), message_id=message_id)
        if not tried.delivered:
            raise Unavailable(
                f"The heads of the audit were not taken. The answer was {tried.outcome.name}. Look at PATRON_AUDIT_ANCHOR_URL."
            )
