"""Segments, and rules that watch."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

_MEMBERS: Final = """# Segments are stored conditions; memberships say who came when. Where leftAt is null, they are in it now.
# As of an instant: enteredAt is not after it, and leftAt is null or after it.
query SegmentMembers {
  segments(orderBy: [{ field: NAME, direction: ASC }]) {
    nodes {
      name
      target
      revision
      memberCount
      refreshedAt
      memberships(first: 3, where: { leftAt: { isNull: true } }, orderBy: [{ field: ENTERED_AT, direction: DESC }]) {
        totalCount
        nodes { enteredAt party { displayName } }
      }
    }
  }
}
"""

_PREVIEW: Final = """# What a segment would be, before it is defined: the condition is the one `customers` takes, plugins' fields included.
# Nothing is written. segmentCreate stores the same condition.
query SegmentPreview {
  segmentPreview(
    customers: { lifecycleStage: { eq: DORMANT }, transactions: { some: { kind: { eq: SALE } } } }
    sample: 3
  ) {
    count
    share
    sample
    overlaps { name members both share }
  }
}
"""

_MIX: Final = """# How many customers of each team are in each segment now: the history of memberships, grouped.
# segmentMix(from:, to:) gives members, entered and left by day.
query SegmentsByOwner {
  segmentMembershipsAggregate(
    where: { leftAt: { isNull: true }, customer: {} }
    groupBy: [{ field: SEGMENT_NAME }, { field: CUSTOMER_OWNER }]
  ) {
    key { segmentName customerOwner }
    count
  }
}
"""

_RULES: Final = """# Rules note changes in a behaviour only of customers of whom all requirements hold: here a margin of more than 1,000 EUR
# over twelve months, and more than five transactions a month on average.
query MonitoringRules {
  monitoringRules {
    nodes {
      name
      behaviour
      direction
      thresholdShare
      baselineDays
      currentDays
      requirements { nodes { behaviour months monthly moreThan } }
      evaluatedAt
      opened
    }
  }
}
"""

_ALERTS: Final = """# What rules noted: the figures, the windows and the newest facts behind them.
# alertAcknowledge takes one, alertClose ends it.
query OpenAlerts {
  alerts(first: 5, where: { status: { ne: CLOSED } }, orderBy: [{ field: OPENED_AT, direction: DESC }]) {
    totalCount
    nodes {
      rule { name }
      customer { displayName }
      severity
      behaviour
      baselineValue
      currentValue
      currency
      changeShare
      sampleSize
      baselineFrom
      currentFrom
      currentTo
      evidence
    }
  }
}
"""

EXAMPLES: Final[tuple[Example, ...]] = (
    Example(title="Segments and their members", query=_MEMBERS),
    Example(title="What a segment would be", query=_PREVIEW),
    Example(title="Segments by team", query=_MIX),
    Example(title="Rules that watch behaviour", query=_RULES),
    Example(title="Open alerts", query=_ALERTS),
)
