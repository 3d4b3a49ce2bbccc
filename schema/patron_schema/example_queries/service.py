"""Grades of service, cases, what customers think, how they do."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        title="Levels of service",
        query="""\
# What each level promises, and who has it. Nobody is promised less than the floor.
query ServiceLevels {
  serviceLevels(orderBy: [{ field: RANK }]) {
    nodes {
      code
      isFloor
      targets {
        nodes {
          severity
          firstResponseMinutes
          resolutionMinutes
        }
      }
      entitlements {
        nodes {
          code
          quantity
        }
      }
      customers(first: 5) {
        nodes {
          customer {
            displayName
          }
          assignment {
            origin
            reason
            assignedBy
          }
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Is service given fairly?",
        query="""\
# Customers by level, kind and age; how their cases went; who decided by hand.
query Fairness {
  serviceLevelFairness(days: 365) {
    shares {
      levelCode
      kind
      age
      customers
      byHand
    }
    performance {
      levelCode
      cases
      complaints
      answeredLate
      meanResponseMinutes
    }
    deciders {
      subject
      assignments
    }
  }
}
""",
    ),
    Example(
        title="Other thresholds, tried",
        query="""\
# How many customers would rise or fall if rules had other thresholds. Nothing is written. With no change it shows what the
# rules say now; try { ruleCode: "BIG_VOLUME", amount: { amount: "100.00", currencyCode: "EUR" } }.
query Simulate($changes: [ThresholdChangeInput!]!) {
  serviceLevelChangeSimulate(changes: $changes) {
    customers
    gaining
    losing
    decidedByHand
    moves {
      fromLevelCode
      toLevelCode
      customers
    }
  }
}
""",
        variables='{ "changes": [] }',
    ),
    Example(
        title="Open cases",
        query="""\
# What is due first, and where the clock stands still.
query OpenCases {
  cases(first: 20, where: { state: { in: [NEW, OPEN, WAITING_CUSTOMER] } }, orderBy: [{ field: RESOLUTION_DUE_AT }]) {
    nodes {
      topic
      kind
      severity
      state
      responseDueAt
      resolutionDueAt
      pausedAt
      customer {
        displayName
        service {
          serviceLevel {
            code
          }
        }
      }
    }
  }
  casesAggregate(groupBy: [{ field: ROOT_CAUSE }]) {
    key {
      rootCause
    }
    count
  }
}
""",
    ),
    Example(
        title="Warning signs",
        query="""\
# Customers who may leave or cost more than before, the worst first.
query WarningSigns {
  warningSigns(first: 20, orderBy: [{ field: SEVERITY, direction: DESC }]) {
    nodes {
      kind
      severity
      value
      threshold
      reason
      customer {
        displayName
      }
    }
  }
}
""",
    ),
    Example(
        title="What customers think, and how they do",
        query="""\
# Scores with their intervals, and the customers at risk.
query Voices {
  netPromoterScore(since: "2020-01-01T00:00:00Z", minimumSample: 10) {
    value
    reason
    sampleSize
    method
  }
  customerSatisfaction(since: "2020-01-01T00:00:00Z", minimumSample: 10) {
    value
    reason
  }
  healthSnapshots(first: 5, where: { latest: { eq: true } }, orderBy: [{ field: VALUE }]) {
    nodes {
      value
      change
      customer {
        displayName
      }
    }
  }
}
""",
    ),
)
