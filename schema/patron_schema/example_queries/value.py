"""What customers are worth, and how the business does."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        title="Profit by month",
        query="""\
# What customers brought and cost, month by month, and the rows of the ledger it was built from.
query ProfitByMonth {
  profitContributions(first: 5, orderBy: [{ field: MONTH, direction: DESC }]) {
    nodes {
      month
      revenue { amount currencyCode }
      costOfGoods { amount }
      costToServe { amount }
      contribution { amount }
      granularity
      coverage
      customer {
        displayName
        transactions(first: 3, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) {
          nodes {
            kind
            occurredAt
            amount { amount }
            lines(first: 3) {
              nodes { sku amount { amount } cost { amount } }
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
        title="Who brings the profit",
        query="""\
# The whale curve in tenths, the share that brings nothing, and what may be done about those.
query WhoBringsTheProfit($from: Date!, $to: Date!) {
  profitDistribution(from: $from, to: $to, currency: "EUR") {
    tenths { number customers contribution { amount } cumulativeShare }
    notProfitable { value reason sampleSize method }
    suggestions { treatment reason customers contribution { amount } }
  }
  unprofitableCustomers(from: $from, to: $to, currency: "EUR", first: 3) {
    customerId
    contribution { amount }
    treatment
    reason
  }
}
""",
        variables='{ "from": "2020-01-01", "to": "2029-12-31" }',
    ),
    Example(
        title="Champions",
        query="""\
# Consumers who bought lately, often and for much; what to expect of them; and what the fifths are made of.
query Champions {
  rfmScores(
    first: 5
    where: { recency: { gte: 4 }, frequency: { gte: 3 } }
    orderBy: [{ field: VALUE, direction: DESC }]
  ) {
    nodes {
      value
      lastPurchaseOn
      purchases
      spent { amount currencyCode }
      customer {
        displayName
        clv { value { amount } alive expectedPurchases applicable reason }
      }
    }
  }
  valueModels(first: 2) {
    nodes {
      kind
      applicable
      reason
      sampleSize
      asOf
      method
      parameters(first: 20) {
        nodes { name value }
      }
    }
  }
}
""",
    ),
    Example(
        title="Indicators",
        query="""\
# The catalogue: what each indicator means, how it is computed, what it is, and where to look for the rows.
query Indicators($from: Date!, $to: Date!) {
  kpis(from: $from, to: $to, currency: "EUR") {
    code
    definition
    formula
    sources
    value { value unit applicable reason sampleSize asOf }
    drillDown
  }
}
""",
        variables='{ "from": "2020-01-01", "to": "2029-12-31" }',
    ),
    Example(
        title="Balanced scorecard",
        query="""\
# Four perspectives with objectives and targets; and the programmes that are to better them.
query BalancedScorecard($from: Date!, $to: Date!) {
  scorecardReport(code: "COMPANY", from: $from, to: $to, currency: "EUR") {
    perspectives {
      perspective
      objectives { name target direction status actual { value unit reason } }
    }
  }
  programmes(first: 5) {
    nodes { id name indicator startedOn cost { amount currencyCode } }
  }
}
""",
        variables='{ "from": "2020-01-01", "to": "2029-12-31" }',
    ),
)
