"""Queries that show what a shop asks; GraphiQL opens each in a tab, and a test runs each."""

from __future__ import annotations

from typing import Final

from patron_schema.plugin import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        owner="retail",
        title="Loyal customers",
        query="""\
# Customers by what the loyalty programme knows of them: one statement, core and plugin alike.
query LoyalCustomers($atLeast: Int!) {
  customers(
    first: 10
    where: { loyalty: { tier: { in: [SILVER, GOLD, PLATINUM] }, points: { gte: $atLeast } } }
    orderBy: [{ field: LOYALTY_POINTS, direction: DESC }]
  ) {
    totalCount
    nodes {
      displayName
      lifecycleStage
      loyalty {
        tier
        points
        earned
        redeemed
        pointsToNextTier
        entries(first: 3, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) {
          nodes {
            occurredAt
            kind
            delta
          }
        }
      }
    }
  }
}
""",
        variables='{ "atLeast": 100 }',
    ),
    Example(
        owner="retail",
        title="Large purchases",
        query="""\
# What was bought in large baskets, down to the items of the core's ledger.
query LargePurchases {
  purchases(first: 5, where: { units: { gte: "6" } }, orderBy: [{ field: UNITS, direction: DESC }]) {
    totalCount
    nodes {
      occurredAt
      units
      products
      customer {
        displayName
      }
      transaction {
        receiptNumber
        amount {
          amount
          currencyCode
        }
        lines(first: 5) {
          nodes {
            sku
            description
            quantity
          }
        }
      }
    }
  }
}
""",
    ),
    Example(
        owner="retail",
        title="Points that came and went",
        query="""\
# Points are entries in a customer's timeline, beside purchases and contacts.
query PointsThatCameAndWent {
  customers(first: 3, where: { loyalty: { entries: { some: { kind: { eq: BURN } } } } }) {
    nodes {
      displayName
      timeline(first: 6) {
        nodes {
          __typename
          occurredAt
          summary
          ... on PointsEntry {
            delta
            reason
          }
        }
      }
    }
  }
}
""",
    ),
    Example(
        owner="retail",
        title="Redeem points",
        query="""\
# Take a member's id from "Loyal customers". The same key again gives the same result, and spends nothing twice.
mutation RedeemPoints($input: LoyaltyPointsRedeemInput!) {
  loyaltyPointsRedeem(input: $input) {
    member {
      points
    }
    entry {
      delta
    }
    userErrors {
      code
      message
      path
    }
  }
}
""",
        variables='{ "input": { "memberId": "loy_…", "points": 50, "reason": "A coffee", "idempotencyKey": "coffee-1" } }',
    ),
)
