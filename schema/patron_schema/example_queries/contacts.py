"""Contacts: tasks, calls to make, what is known, how good they were."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final[tuple[Example, ...]] = (
    Example(
        title="Whom to call today",
        query="""\
# Three customers, each with the reasons and the ids of the rows these follow from. The same facts give the same list.
query Calls($owner: String!) {
  dailyCallList(owner: $owner, n: 3) {
    on
    considered
    entries {
      rank
      customerId
      score
      reasons {
        code
        points
        text
        evidenceIds
      }
    }
    leftOut {
      code
      customers
    }
    method
  }
}
""",
        variables='{ "owner": "north team" }',
    ),
    Example(
        title="Gaps in contact",
        query="""\
# Who has not heard from us for longer than the rhythm of contact says, the longest first, with the task that closes the gap.
query Gaps {
  contactPlans(
    first: 10
    where: { gapSince: { isNull: false } }
    orderBy: [{ field: NEXT_TOUCH_DUE }]
  ) {
    totalCount
    nodes {
      nextTouchDue
      lastContactAt
      cadence {
        name
        everyDays
      }
      customer {
        displayName
        owner
      }
      task {
        state
        assignee
        dueAt
      }
    }
  }
}
""",
    ),
    Example(
        title="Channels, what they cost and where teams meet",
        query="""\
# The mix of a time with the cost of each channel, and where two teams were at one customer within a week.
query Channels($from: DateTime!, $to: DateTime!) {
  channelMix(from: $from, to: $to) {
    contacts
    shares {
      channel
      code
      contacts
      share {
        value
      }
      cost {
        money {
          amount
          currencyCode
        }
        reason
      }
    }
    costs {
      money {
        amount
        currencyCode
      }
      sampleSize
      method
    }
  }
  contactConflicts(from: $from, to: $to, first: 5) {
    customerId
    earlier {
      id
      hands
      at
    }
    later {
      id
      hands
      at
      planned
    }
  }
}
""",
        variables='{ "from": "2020-01-01T00:00:00Z", "to": "2035-01-01T00:00:00Z" }',
    ),
    Example(
        title="Who finished what we teach",
        query="""\
# Published knowledge, who finished it, and who was given it and did not.
query Knowledge {
  knowledgeAssets(where: { state: { eq: PUBLISHED } }, orderBy: [{ field: CODE }]) {
    nodes {
      code
      title
      edition
      finished: deliveries(where: { finishedAt: { isNull: false } }) {
        totalCount
        nodes {
          finishedAt
          customer {
            displayName
          }
        }
      }
      waiting: deliveries(where: { finishedAt: { isNull: true } }) {
        totalCount
      }
    }
  }
}
""",
    ),
    Example(
        title="How good contacts were",
        query="""\
# Scores by who had the contact, and how often each of our values was lived.
query Reviews {
  touchpointReviewsAggregate(groupBy: [{ field: AGENT }]) {
    key {
      agent
    }
    count
    average {
      score
    }
  }
  reviewCriteriaAggregate(
    where: { lived: { eq: true } }
    groupBy: [{ field: CODE }]
  ) {
    key {
      code
    }
    count
  }
}
""",
    ),
    Example(
        title="A task, to be reminded of",
        query="""\
# Makes a task for a customer; `aboutId` may name a deal, a contract or any other row about them.
mutation Remind($input: TaskCreateInput!) {
  taskCreate(input: $input) {
    task {
      id
      version
      state
      dueAt
      customer {
        displayName
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}
""",
        variables="""{
  "input": {
    "title": "Ask whether the lamp arrived",
    "dueAt": "2030-01-01T09:00:00Z",
    "assignee": "north team",
    "channel": "PHONE"
  }
}""",
    ),
)
