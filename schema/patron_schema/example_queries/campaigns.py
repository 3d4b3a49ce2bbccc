"""Campaigns, next steps, and who sells on."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        title="Campaigns",
        query="""\
# Who is in which campaign: treated, kept aside to compare with, or left out because consent is missing.
query Campaigns {
  campaigns(first: 5, orderBy: [{ field: STARTED_AT, direction: DESC }]) {
    nodes {
      id
      code
      status
      channel
      members(first: 5, where: { contactedAt: { isNull: false } }) {
        totalCount
        nodes {
          arm
          response
          customer {
            displayName
          }
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Answers to campaigns",
        query="""\
# Counts by campaign, arm and answer, in one statement.
query Answers {
  campaignMembersAggregate(groupBy: [{ field: ARM }, { field: RESPONSE }]) {
    key {
      arm
      response
    }
    count
  }
}
""",
    ),
    Example(
        title="What customers wish",
        query="""\
# Wishes that were said count before what was seen; what does not count says so.
query Wishes {
  preferences(first: 10, orderBy: [{ field: KEY }, { field: STANDING }]) {
    nodes {
      key
      preferred
      origin
      standing
      confidence
      customer {
        displayName
      }
    }
  }
}
""",
    ),
    Example(
        title="Through all hands",
        query="""\
# What reached an end customer, and the sales before it.
query SellThrough {
  sellThroughs(first: 5, where: { toEndCustomer: { eq: true } }) {
    nodes {
      sku
      quantity
      soldOn
      buyer {
        displayName
      }
      upstream {
        quantity
        seller {
          displayName
        }
      }
    }
  }
}
""",
    ),
)
