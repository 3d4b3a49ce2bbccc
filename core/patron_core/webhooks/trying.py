"""One signed request to an endpoint, and what became of it. A URL, a body and secrets come in, codes and times go out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from patron_core.errors import InvalidInput
from patron_core.outbound.client import Answer, Failed
from patron_core.values import Clock
from patron_core.webhooks.models import WebhookAttemptOutcome
from patron_core.webhooks.retries import read_retry_after
from patron_core.webhooks.signing import signed_headers

__all__ = ["Courier", "Post", "Tried"]

_FAILURES: Final = {
    "timeout": WebhookAttemptOutcome.TIMEOUT,
    "unresolved": WebhookAttemptOutcome.UNRESOLVED,
    "unreachable": WebhookAttemptOutcome.UNREACHABLE,
    "tls": WebhookAttemptOutcome.TLS,
    "protocol": WebhookAttemptOutcome.PROTOCOL,
}
_HEADERS: Final = {"content-type": "application/json", "user-agent": "Patron"}


class Post(Protocol):
    """What is needed of `Outbound`."""

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Tried:
    """How a request went. at: when it ended. asked: how long the answer's Retry-After wants us to wait."""

    at: dt.datetime
    outcome: WebhookAttemptOutcome
    milliseconds: int
    http_status: int | None = None
    asked: dt.timedelta | None = None

    @property
    def delivered(self) -> bool:
        """Whether the other side has it."""
        return self.outcome is WebhookAttemptOutcome.DELIVERED


class Courier:
    """Sends signed requests. outbound: who may reach the Internet. elapsed: seconds that only grow."""

    def __init__(self, outbound: Post, *, clock: Clock, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._outbound = outbound
        self._clock = clock
        self._elapsed = elapsed

    async def bring(self, url: str, body: bytes, *, keys: Sequence[str], message_id: str) -> Tried:
        """Posts a body once, signed now with each of the keys; every fault becomes an outcome."""
        headers = {**_HEADERS, **signed_headers(keys, message_id=message_id, at=self._clock.now(), body=body)}
        began = self._elapsed()
        try:
            answer = await self._outbound.post(url, body, headers=headers)
        except Failed as failure:
            return self._tried(_FAILURES[failure.reason], began)
        except InvalidInput:  # the URL, or an address that its name has now
            return self._tried(WebhookAttemptOutcome.ADDRESS, began)
        good = 200 <= answer.status <= 299
        outcome = WebhookAttemptOutcome.DELIVERED if good else WebhookAttemptOutcome.REFUSED
        asked = None if good else read_retry_after(answer.retry_after, now=self._clock.now())
        return self._tried(outcome, began, answer.status, asked)

    def _tried(
        self,
        outcome: WebhookAttemptOutcome,
        began: float,
        http_status: int | None = None,
        asked: dt.timedelta | None = None,
    ) -> Tried:
        milliseconds = max(round((self._elapsed() - began) * 1_000), 0)
        return Tried(self._clock.now(), outcome, milliseconds, http_status, asked)
