"""First steps: find, make, change, follow."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        title="Customers",
        query="""\
# Who the customers are, and the latest that happened with each.
query Customers($first: Int = 10) {
  customers(first: $first, orderBy: [{ field: DISPLAY_NAME }]) {
    totalCount
    nodes {
      id
      displayName
      kind
      lifecycleStage
      engagementMode
      timeline(first: 3) {
        nodes {
          __typename
          occurredAt
          summary
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
""",
        variables='{ "first": 10 }',
    ),
    Example(
        title="Find customers",
        query="""\
# Comparators, and, or, not, and conditions on what a customer is related to.
query FindCustomers($where: CustomerWhere) {
  customers(first: 10, where: $where) {
    totalCount
    nodes {
      displayName
      since
      transactions(first: 2, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) {
        totalCount
        nodes {
          occurredAt
          kind
          amount {
            amount
            currencyCode
          }
        }
      }
    }
  }
}
""",
        variables='{ "where": { "transactions": { "some": { "kind": { "eq": "SALE" } } } } }',
    ),
    Example(
        title="Make a customer",
        query="""\
# A mutation has one input. What the caller can mend comes back as userErrors.
mutation MakeACustomer($input: CustomerCreateInput!) {
  customerCreate(input: $input) {
    customer {
      id
      displayName
    }
    userErrors {
      code
      message
      path
    }
  }
}
""",
        variables='{ "input": { "person": { "givenName": "Ada", "familyName": "Lovelace" }, "kind": "B2C" } }',
    ),
    Example(
        title="Who am I",
        query="""\
query WhoAmI {
  viewer {
    subject
    tenantName
    mode
    roles
    scopes
  }
  plugins {
    name
    label
    version
  }
}
""",
    ),
)
