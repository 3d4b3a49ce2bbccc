"""Queries that show what the plugin adds; GraphiQL opens each in a tab, and the tests run each."""

from __future__ import annotations

from typing import Final

from patron_schema.plugin import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        title="Portfolios",
        owner="banking",
        query="""# Everything a customer has with the bank, in one statement.
query Portfolios {
  customers(first: 5, where: { portfolio: { accountCount: { gt: 0 } } }) {
    totalCount
    nodes {
      displayName
      kyc {
        status
        riskRating
        nextReviewOn
      }
      portfolio {
        accountCount
        loanCount
        accounts {
          nodes {
            role
            share
            account {
              kind
              iban
              status
              balances(last: 1, where: { type: { eq: CLBD } }, orderBy: [{ field: AS_OF }]) {
                nodes {
                  asOf
                  amount {
                    amount
                    currencyCode
                  }
                }
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
        title="Borrowers without a card",
        owner="banking",
        query="""# Customers found by what they have and by what they lack.
query BorrowersWithoutCard {
  customers(
    first: 10
    where: { portfolio: { loanCount: { gt: 0 }, cardCount: { eq: 0 } } }
  ) {
    nodes {
      displayName
      portfolio {
        accounts(where: { kind: { eq: LOAN } }) {
          nodes {
            account {
              loan {
                principal {
                  amount
                  currencyCode
                }
                months
                standing
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
        title="Movements on an account",
        owner="banking",
        query="""# Large credits of all accounts, newest first, followed down to the statement that lists them.
query LargeCredits($atLeast: Decimal!) {
  accountEntries(
    first: 10
    where: { direction: { eq: CRDT }, amount: { amount: { gte: $atLeast } } }
    orderBy: [{ field: OCCURRED_AT, direction: DESC }]
  ) {
    nodes {
      bookedOn
      status
      amount {
        amount
        currencyCode
      }
      bankTransactionCode
      remittance
      account {
        iban
        customer {
          displayName
        }
      }
      statement {
        number
      }
    }
  }
}
""",
        variables='{"atLeast": "1000.00"}',
    ),
    Example(
        title="Reviews that come next",
        owner="banking",
        query="""# Whose approval ends first.
query NextReviews {
  kycProfiles(first: 10, where: { status: { eq: APPROVED } }, orderBy: [{ field: NEXT_REVIEW_ON }]) {
    nodes {
      nextReviewOn
      riskRating
      decidedBy
      customer {
        displayName
        owner
      }
    }
  }
}
""",
    ),
)
