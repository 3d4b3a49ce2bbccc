"""Accounts: who decides, what they need, where they are to go."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final[tuple[Example, ...]] = (
    Example(
        title="Who must sign",
        query="""\
# Steps of customers' approvals that are open, in which deals, and who signs them: nobody yet where the list is empty.
query WhoMustSign {
  opportunities(first: 10, where: { approvalSteps: { some: { status: { eq: PENDING } } } }) {
    nodes {
      name
      customer {
        displayName
      }
      openApprovals
      approvalSteps(first: 5, where: { status: { eq: PENDING } }, orderBy: [{ field: POSITION }]) {
        nodes {
          position
          name
          stakeholders(first: 5) {
            nodes {
              role
              stance
              influence
              person {
                displayName
              }
            }
          }
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Stakeholders and their concerns",
        query="""\
# Who has a say, on which side, what they answer for and what they worry about.
query Stakeholders {
  stakeholders(first: 20, where: { endedAt: { isNull: true } }) {
    nodes {
      person {
        displayName
      }
      customer {
        displayName
      }
      role
      stance
      responsibility
      openConcerns
      concerns(first: 5, where: { resolvedAt: { isNull: true } }) {
        nodes {
          text
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="How well an account is covered",
        query="""\
# Paste a customer's id and set ask to true: roles nobody has, people nobody spoke with, and what similar customers buy.
query Coverage($customer: ID!, $ask: Boolean! = false) {
  stakeholderCoverage(customerId: $customer, days: 90) @include(if: $ask) {
    missingRoles
    singleThread
    silent {
      displayName
      lastContactAt
    }
    peopleReached {
      value
      reason
    }
  }
  accountWhitespace(customerId: $customer, first: 10) @include(if: $ask) {
    openPositions {
      value
      reason
      method
    }
    positions {
      name
      reason
    }
  }
  __typename
}
""",
        variables='{ "customer": "cus_…", "ask": false }',
    ),
    Example(
        title="Plans and goals",
        query="""\
# Where accounts stand and are to come, what they could be offered, and how far their goals are.
query Plans {
  accountPlans(first: 10, where: { status: { eq: ACTIVE } }) {
    nodes {
      name
      customer {
        displayName
      }
      developmentStage
      targetAmount {
        amount
        currencyCode
      }
      whitespaceItems(first: 10) {
        nodes {
          sku
          status
          reason
        }
      }
      goals(first: 10) {
        nodes {
          name
          status
          current
          target
          unit
          progress
          milestonesDone
          milestoneCount
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Needs by division",
        query="""\
# How many needs each division has, soon and later.
query Needs {
  needsAggregate(
    where: { status: { in: [OPEN, MATCHED] } }
    groupBy: [{ field: DIVISION_DISPLAY_NAME }, { field: HORIZON }]
  ) {
    key {
      divisionDisplayName
      horizon
    }
    count
  }
}
""",
    ),
)
