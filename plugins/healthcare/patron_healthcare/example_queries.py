"""Queries that show what care adds: GraphiQL opens each in a tab, the tests run each."""

from __future__ import annotations

from typing import Final

from patron_schema.plugin import Example

__all__ = ["EXAMPLES"]

_OPEN_FOLLOW_UPS: Final = """\
# Customers somebody has to see to: a filter of the core's customers through the plugin's fields.
query OpenFollowUps {
  customers(
    where: { patient: { followUps: { some: { status: { eq: REQUESTED } } } } }
    orderBy: [{ field: DISPLAY_NAME, direction: ASC }]
    first: 10
  ) {
    totalCount
    nodes {
      displayName
      patient {
        openFollowUps
        followUps(where: { status: { eq: REQUESTED } }, orderBy: [{ field: DUE_ON, direction: ASC }], first: 5) {
          nodes { dueOn reason basedOn { display value unit interpretation interpretationOrigin referenceText effectiveAt } }
        }
      }
    }
  }
}
"""

_CHART: Final = """\
# A patient's chart in one statement: recent encounters with what was measured, conditions that last, vaccines.
query Chart {
  patients(first: 3, orderBy: [{ field: CUSTOMER_DISPLAY_NAME, direction: ASC }]) {
    nodes {
      medicalRecordNumber
      birthSex
      customer { displayName party { ... on Person { birthDate } } }
      encounters(first: 3, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) {
        nodes {
          occurredAt
          encounterClass
          typeText
          practitioner { person { displayName } }
          observations(first: 5) { nodes { code display value unit valueText interpretation } }
        }
      }
      conditions(where: { clinicalStatus: { eq: ACTIVE } }, first: 5) { nodes { display onsetAt } }
      immunizations(first: 3, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) { nodes { display occurredAt } }
    }
  }
}
"""

_HIGH_PRESSURE: Final = """\
# Systolic pressures (LOINC 8480-6) above the range, and who said so: the source, or Patron by a range it names.
query HighPressure {
  observations(
    where: { code: { eq: "8480-6" }, interpretation: { eq: H } }
    orderBy: [{ field: EFFECTIVE_AT, direction: DESC }]
    first: 10
  ) {
    totalCount
    nodes {
      value
      unit
      effectiveAt
      interpretationOrigin
      referenceText
      followUp { dueOn status }
      patient { customer { displayName } }
    }
  }
}
"""

_DAY: Final = """\
# A practitioner's times, as a reception sees them.
query Times {
  practitioners(first: 5, where: { active: { eq: true } }) {
    nodes {
      person { displayName }
      appointments(where: { status: { eq: BOOKED } }, orderBy: [{ field: STARTS_AT, direction: ASC }], first: 5) {
        nodes { startsAt endsAt minutes patient { customer { displayName } } }
      }
    }
  }
}
"""

EXAMPLES: Final = (
    Example("Open follow-ups", _OPEN_FOLLOW_UPS, owner="healthcare"),
    Example("A patient's chart", _CHART, owner="healthcare"),
    Example("High blood pressure", _HIGH_PRESSURE, owner="healthcare"),
    Example("Appointments of practitioners", _DAY, owner="healthcare"),
)
