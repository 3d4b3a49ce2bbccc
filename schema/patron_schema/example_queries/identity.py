"""Who is who: twice in the books, together in households, everything about one."""

from __future__ import annotations

from typing import Final

from patron_schema.graphiql import Example

__all__ = ["EXAMPLES"]

EXAMPLES: Final[tuple[Example, ...]] = (
    Example(
        title="Twice in the books",
        query="""\
# Parties that may be one, the likeliest first, with what speaks for it. `customerMergePreview` says what a merge would do.
query TwiceInTheBooks {
  duplicateCandidates(first: 10, where: { status: { eq: OPEN } }, orderBy: [{ field: SCORE, direction: DESC }]) {
    nodes {
      score
      reasons
      nameSimilarity
      first {
        id
        displayName
      }
      second {
        id
        displayName
      }
    }
  }
}
""",
    ),
    Example(
        title="Is she there already?",
        query="""\
# Before somebody is made: who of those in the books it may be.
query Draft($name: String!) {
  duplicatesOf(name: $name, most: 5, minimum: 30) {
    partyId
    score
    reasons
  }
}
""",
        variables='{ "name": "Ada Almond" }',
    ),
    Example(
        title="Everything about one customer",
        query="""\
# One statement: roles, ways to reach them, what other systems call them, history, deals, groups.
query Everything {
  customers(first: 1, orderBy: [{ field: DISPLAY_NAME }]) {
    nodes {
      id
      displayName
      lifecycleStage
      party {
        roles {
          nodes {
            kind
            validity {
              from
              to
            }
          }
        }
        contactMedia {
          nodes {
            kind
            value
            preferred
            verifiedAt
          }
        }
        externalIdentifiers {
          nodes {
            system
            value
          }
        }
        householdMemberships {
          nodes {
            role
            household {
              name
            }
          }
        }
      }
      lifecycleChanges {
        nodes {
          fromStage
          toStage
          occurredAt
          durationSeconds
        }
      }
      timeline(first: 10) {
        nodes {
          __typename
          occurredAt
          summary
        }
      }
    }
  }
}
""",
    ),
    Example(
        title="Households",
        query="""\
# Who belongs together, and in which role.
query Households {
  households(first: 10) {
    nodes {
      name
      kind
      members {
        nodes {
          role
          party {
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
        title="Suppliers and distributors",
        query="""\
# What parties are to us beside customers, and since when.
query Roles {
  partyRoles(first: 10, where: { kind: { in: [SUPPLIER, DISTRIBUTOR] } }) {
    nodes {
      kind
      validity {
        from
        to
      }
      party {
        displayName
      }
    }
  }
}
""",
    ),
    Example(
        title="From stage to stage",
        query="""\
# How many customers went from one stage to another, and after how many seconds.
query Funnel {
  lifecycleChangesAggregate(groupBy: [{ field: FROM_STAGE }, { field: TO_STAGE }]) {
    key {
      fromStage
      toStage
    }
    count
    average {
      durationSeconds
    }
  }
}
""",
    ),
)
