"""Products, orders, carts, offers and bills."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final[tuple[Example, ...]] = (
    Example(
        title="Orders and their margin",
        query="""\
# What was ordered, and what the sale in the ledger left item by item.
query OrdersAndTheirMargin($first: Int = 5) {
  orders(first: $first, where: { placedAt: { isNull: false } }, orderBy: [{ field: PLACED_AT, direction: DESC }]) {
    nodes {
      number
      status
      total {
        amount
        currencyCode
      }
      sale {
        margin {
          amount
        }
        lines(first: 10) {
          nodes {
            sku
            description
            quantity
            amount {
              amount
            }
            margin {
              amount
            }
          }
        }
      }
      returns(first: 3) {
        nodes {
          occurredAt
          refund {
            amount {
              amount
            }
          }
        }
      }
    }
  }
}
""",
        variables='{ "first": 5 }',
    ),
    Example(
        title="Products and prices",
        query="""\
# What is sold, what it costs us, and its prices one after the other.
query ProductsAndPrices {
  products(first: 10, where: { active: { eq: true } }, orderBy: [{ field: SKU }]) {
    nodes {
      sku
      name
      category
      unitCost {
        amount
      }
      prices(first: 5, orderBy: [{ field: VALIDITY_FROM, direction: DESC }]) {
        nodes {
          amount {
            amount
            currencyCode
          }
          validity {
            from
            to
          }
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Due to buy again",
        query="""\
# Who would usually have bought again by now, from each customer's own habit.
query DueToBuyAgain($limit: Int = 5) {
  dueForRepeat(limit: $limit) {
    customerId
    dueOn
    overdueDays
    reason
    interval {
      value
      unit
      sampleSize
      method
      inputs {
        name
        value
        ids
      }
    }
  }
}
""",
        variables='{ "limit": 5 }',
    ),
    Example(
        title="Abandoned carts",
        query="""\
# What was left behind, the newest first. `cartRecover` opens a cart again, `cartConvert` makes an order of it.
query AbandonedCarts {
  carts(first: 10, where: { status: { eq: ABANDONED } }, orderBy: [{ field: LAST_ACTIVITY_AT, direction: DESC }]) {
    totalCount
    nodes {
      lastActivityAt
      total {
        amount
        currencyCode
      }
      customer {
        displayName
      }
      lines(first: 5) {
        nodes {
          sku
          quantity
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Who pays late",
        query="""\
# Invoices that were paid after their day. `paymentBehaviour` weighs a customer's by amount.
query WhoPaysLate {
  invoices(first: 10, where: { daysLate: { gt: 0 } }, orderBy: [{ field: DAYS_LATE, direction: DESC }]) {
    nodes {
      number
      dueOn
      paidOn
      daysLate
      total {
        amount
        currencyCode
      }
      customer {
        displayName
      }
    }
  }
}
""",
    ),
    Example(
        title="Simulate an offer",
        query="""\
# How many could get an offer, how many of them may be asked, and what it would cost. Nothing is written.
query SimulateAnOffer {
  offerSimulate(cost: "10.00", currencyCode: "EUR", channel: EMAIL, maxRedemptions: 100, budget: "500.00") {
    eligible
    withConsent
    withoutConsent
    redemptions
    limitedBy
    cost {
      money {
        amount
        currencyCode
      }
      reason
    }
  }
}
""",
    ),
)
