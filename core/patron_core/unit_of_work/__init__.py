"""One transaction of one actor: rows, audit, outbox and idempotency commit together. Only `execute` commits."""

from patron_core.outbox.events import CommittedEvent
from patron_core.unit_of_work.door import Broadcast, Outcome, execute
from patron_core.unit_of_work.unit import UnitOfWork

__all__ = ["Broadcast", "CommittedEvent", "Outcome", "UnitOfWork", "execute"]
