"""Leads, deals, quotes and forecasts."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final = (
    Example(
        title="Leads by score",
        query="""\
# The most promising leads first, each with the reasons of its score and when it is to be answered.
query LeadsByScore {
  leads(first: 10, where: { state: { in: [NEW, WORKING, QUALIFIED] } }, orderBy: [{ field: SCORE, direction: DESC }]) {
    totalCount
    nodes {
      givenName
      familyName
      channel
      motivation
      state
      score
      scoreFactors(first: 10, orderBy: [{ field: POINTS, direction: DESC }]) {
        nodes {
          code
          points
          most
          reason
        }
      }
      firstResponseDueAt
      respondedAt
      breachedAt
    }
  }
}
""",
    ),
    Example(
        title="How soon leads are answered",
        query="""\
# Minutes until the first answer, and the share that came in time. `inputs` leads to the rows.
query LeadResponse($from: DateTime!, $to: DateTime!) {
  leadResponse(from: $from, to: $to) {
    medianMinutes {
      value
      applicable
      reason
      sampleSize
      method
    }
    p90Minutes {
      value
      reason
    }
    shareInTime {
      value
      reason
      inputs {
        name
        value
      }
    }
  }
}
""",
        variables='{ "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" }',
    ),
    Example(
        title="From lead to care",
        query="""\
# How far leads and deals came, which share went on, and how long it took; then who left stages out.
query FromLeadToCare($from: DateTime!, $to: DateTime!) {
  salesFunnel(from: $from, to: $to) {
    part
    code
    reached
    conversion {
      value
      reason
    }
    hours {
      value
    }
  }
  pipelineConformance(from: $from, to: $to, first: 5) {
    conforming {
      value
      reason
    }
    skips {
      opportunityId
      changedBy
      fromStage
      toStage
    }
    lacking {
      opportunityId
      stage
      field
    }
  }
}
""",
        variables='{ "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" }',
    ),
    Example(
        title="Deals and what stands against them",
        query="""\
# Open deals with their approvals, our quotes, and what competitors bid.
query OpenDeals {
  opportunities(first: 10, where: { status: { eq: OPEN } }, orderBy: [{ field: EXPECTED_CLOSE_ON }]) {
    nodes {
      id
      name
      probability
      forecastCategory
      amount {
        amount
        currencyCode
      }
      stage {
        name
      }
      approvalSteps(first: 5) {
        nodes {
          name
          status
        }
      }
      quotes(first: 3, orderBy: [{ field: REVISION, direction: DESC }]) {
        nodes {
          number
          revision
          state
          total {
            amount
            currencyCode
          }
        }
      }
      competingOffers(first: 3, orderBy: [{ field: OFFERED_AT, direction: DESC }]) {
        nodes {
          competitor
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
    ),
    Example(
        title="Forecast",
        query="""\
# What is to come: booked, won, history's run-rate and deals by category. Each figure says what it was made from.
query Forecast($from: Date!, $to: Date!, $currency: String!) {
  forecast(from: $from, to: $to, currency: $currency) {
    booked {
      value
    }
    closed {
      value
    }
    runRate {
      value
      applicable
      reason
      method
    }
    categories {
      category
      full {
        value
        sampleSize
      }
      weighted {
        value
        inputs {
          name
          value
          ids
        }
      }
    }
    pessimistic {
      value
    }
    expected {
      value
      reason
    }
    optimistic {
      value
    }
  }
}
""",
        variables='{ "from": "2026-01-01", "to": "2028-12-31", "currency": "EUR" }',
    ),
    Example(
        title="Quotes by state",
        query="""\
# How many quotes stand where, and what they are worth.
query QuotesByState {
  quotesAggregate(groupBy: [{ field: STATE }], orderBy: { figure: COUNT, direction: DESC }) {
    key {
      state
    }
    count
    sum {
      total {
        amount
        currencyCode
      }
    }
  }
}
""",
    ),
)
