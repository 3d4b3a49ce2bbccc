"""Erasures done again after a restore: a backup that is older than an erasure brings back whom it forgot.

In comes a list of who was erased, kept outside of the database beside its backups, out come new receipts. Parties that are
not in the restored database are passed over: nothing of them came back.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from patron_core.columns import format_time
from patron_core.errors import InvalidInput
from patron_core.parties.models import Party
from patron_core.privacy.erasure import erase
from patron_core.privacy.models import Erasure, ErasureOutcome
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Erased", "erase_again", "erased", "read_list"]


@dataclass(frozen=True, slots=True)
class Erased:
    """Who was erased, why and when it was asked for; nothing else of them may be kept."""

    party_id: uuid.UUID
    reason: str
    requested_at: dt.datetime

    @property
    def line(self) -> str:
        """A line of the list, as JSON."""
        requested = format_time(self.requested_at)
        return json.dumps({"party": str(self.party_id), "reason": self.reason, "requestedAt": requested})


def erased(uow: UnitOfWork) -> list[Erased]:
    """Everybody who was erased, wholly or in part, in the order in which it was first done.

    Who is under a legal hold is not among them: after a restore nobody could tell whether the hold came back.
    """
    found: dict[uuid.UUID, Erased] = {}
    done = select(Erasure).where(Erasure.outcome != ErasureOutcome.HELD).order_by(Erasure.id)
    for receipt in uow.select(done):
        found.setdefault(receipt.party_id, Erased(receipt.party_id, receipt.reason, receipt.requested_at))
    return list(found.values())


def erase_again(uow: UnitOfWork, wanted: Iterable[Erased]) -> list[Erasure]:
    """Erases everybody on the list who is in the database; years of retention count from the first request."""
    parties = {each.party_id: each for each in wanted}
    there = set(uow.select(select(Party.id).where(uow.among(Party.id, sorted(parties)))))
    return [
        erase(uow, each.party_id, reason=each.reason, requested_at=each.requested_at)
        for each in parties.values()
        if each.party_id in there
    ]


def read_list(lines: Iterable[str]) -> Iterator[Erased]:
    """The entries of a list that `Erased.line` wrote. INVALID_INPUT that names the first line which is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            party_id, requested = uuid.UUID(entry["party"]), dt.datetime.fromisoformat(entry["requestedAt"])
            yield Erased(party_id, str(entry["reason"]), requested)
        except (ValueError, KeyError, TypeError):
            raise InvalidInput(
                f"Line {number} of the list is none of an erasure. It needs party, reason and requestedAt as JSON. "
                "Pass a list that `patron privacy erasures` wrote."
            ) from None
