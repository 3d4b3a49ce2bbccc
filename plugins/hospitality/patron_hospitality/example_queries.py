"""Queries that show what a hotel asks; GraphiQL opens each in a tab, and a test runs each."""

from __future__ import annotations

from typing import Final

from patron_schema.plugin import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        owner="hospitality",
        title="Repeat guests",
        query="""\
# Customers by what the hotels know of them: core and plugin in one statement.
query RepeatGuests($stays: Int!) {
  customers(first: 10, where: { guest: { isRepeatGuest: { eq: true }, completedStays: { gte: $stays } } }) {
    totalCount
    nodes {
      displayName
      guest {
        repeatSince
        completedStays
        nightsStayed
        cancellations
        preferences(where: { status: { eq: ACTIVE } }) {
          nodes {
            category
            value
            origin
            reason
          }
        }
      }
    }
  }
}
""",
        variables='{ "stays": 2 }',
    ),
    Example(
        owner="hospitality",
        title="Arrivals",
        query="""\
# Who comes in a span of days, with what they like.
query Arrivals($from: Date!, $to: Date!) {
  reservations(
    first: 20
    where: { arrival: { gte: $from, lt: $to }, status: { in: [CONFIRMED, IN_HOUSE] } }
    orderBy: [{ field: ARRIVAL }]
  ) {
    totalCount
    nodes {
      arrival
      nights
      room
      adults
      children
      meal
      property {
        name
      }
      guest {
        isRepeatGuest
        customer {
          displayName
        }
        preferences(where: { status: { eq: ACTIVE } }) {
          nodes {
            category
            value
          }
        }
      }
    }
  }
}
""",
        variables='{ "from": "2026-01-01", "to": "2027-01-01" }',
    ),
    Example(
        owner="hospitality",
        title="Preferences in conflict",
        query="""\
# Guests whose stays or other systems say otherwise than they themselves do.
query PreferencesInConflict {
  customers(first: 10, where: { guest: { preferences: { some: { status: { eq: OVERRULED } } } } }) {
    nodes {
      displayName
      guest {
        preferences(where: { status: { in: [ACTIVE, OVERRULED] } }) {
          nodes {
            category
            value
            origin
            status
            reason
            settledBy {
              value
              origin
            }
          }
        }
      }
    }
  }
}
""",
    ),
)
