"""How promising a lead is: points for what is known, with the reason of each. Pure: the same lead and day give the same score.

The points are stated and not learnt: they follow BANT (budget, authority, need, timing; IBM), with what makes somebody
reachable and willing in the place of authority, which a draft seldom tells. They sum to 100.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from patron_core.leads.models import Lead, ScoreCode
from patron_core.touchpoints.models import Channel

__all__ = ["MOST", "Points", "score_of"]

#: The most points of each factor; they sum to 100.
MOST: Final = {
    ScoreCode.BUDGET: 25,
    ScoreCode.TIMING: 20,
    ScoreCode.NEED: 15,
    ScoreCode.EMAIL: 5,
    ScoreCode.PHONE: 10,
    ScoreCode.MOTIVATION: 10,
    ScoreCode.CHANNEL: 10,
    ScoreCode.KNOWN: 5,
}
#: Channels by which people come of themselves, and want an answer soon.
_SOUGHT: Final = frozenset({Channel.PHONE, Channel.CHAT, Channel.STORE, Channel.PARTNER})
#: Up to how many days ahead a decision gives how many points.
_TIMING: Final = ((30, 20), (90, 12), (180, 6))


@dataclass(frozen=True, slots=True)
class Points:
    """What one factor gives, and why."""

    code: ScoreCode
    points: int
    reason: str

    @property
    def most(self) -> int:
        """How many points the factor could give."""
        return MOST[self.code]


def score_of(lead: Lead, *, motivators: int, today: dt.date) -> tuple[Points, ...]:
    """The factors of a lead's score in the order of their weight; the score is the sum of their points."""
    return (
        _if(ScoreCode.BUDGET, lead.budget is not None and lead.budget.minor > 0, "A budget is named.", "No budget."),
        _timing(lead.decision_on, today=today),
        _if(ScoreCode.NEED, lead.interest is not None, "It is said what is wanted.", "It is not said what is wanted."),
        _if(ScoreCode.PHONE, lead.phone is not None, "There is a telephone number.", "No telephone number."),
        _motivation(lead, motivators),
        _channel(lead.channel),
        _if(ScoreCode.EMAIL, lead.email is not None, "There is an e-mail address.", "No e-mail address."),
        _if(ScoreCode.KNOWN, lead.party_id is not None, "The party is known.", "The party is not known yet."),
    )


def _if(code: ScoreCode, holds: bool, yes: str, no: str) -> Points:
    return Points(code, MOST[code] if holds else 0, yes if holds else no)


def _timing(decision_on: dt.date | None, *, today: dt.date) -> Points:
    if decision_on is None:
        return Points(ScoreCode.TIMING, 0, "No day of decision is known.")
    days = (decision_on - today).days
    if days < 0:
        return Points(ScoreCode.TIMING, 0, f"The day of decision passed on {decision_on}.")
    points = next((given for most, given in _TIMING if days <= most), 3)
    return Points(ScoreCode.TIMING, points, f"They decide on {decision_on}.")


def _motivation(lead: Lead, motivators: int) -> Points:
    known = lead.motivation is not None
    points = (5 if known else 0) + (5 if motivators else 0)
    why = f"by {lead.motivation.name.lower()}" if lead.motivation is not None else "for unknown reasons"
    return Points(ScoreCode.MOTIVATION, points, f"They would buy {why}; {motivators} motivators are known.")


def _channel(channel: Channel) -> Points:
    points = 10 if channel in _SOUGHT else 5
    return Points(ScoreCode.CHANNEL, points, f"They came by {channel.name}.")
