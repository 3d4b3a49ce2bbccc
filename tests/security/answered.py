"""Questions to the fields of the root that Python answers, with arguments that each takes: what a walk guesses is refused by most.

A value in braces is one of the tenant's own: `{cus}` an id of that kind, `{cus3}` the third one, `{Pipeline.code}` a value of a field.
"""

from __future__ import annotations

import re
from typing import Any, Final

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLSchema, get_named_type, is_composite_type
from tests.planner.questions import Samples

__all__ = ["QUESTIONS", "question"]

_DAYS: Final = 'from: "2025-12-01", to: "2026-12-01"'
_TIMES: Final = 'from: "2020-01-01T00:00:00Z", to: "2029-12-01T00:00:00Z"'

QUESTIONS: Final = {
    "accountWhitespace": 'customerId: "{cus}", by: CATEGORY, days: 3650, minimumShare: "0.01"',
    "amountConverted": 'amount: "10.00", currency: "EUR", into: "USD"',
    "bestCustomers": 'asOf: "2026-12-01", currency: "USD", by: REVENUE, first: 20, days: 3000, comparedWith: "2026-01-01"',
    "changes": 'since: "0", first: 50',
    "channelMix": _TIMES,
    "contactConflicts": f"{_TIMES}, windowDays: 90",
    "customerMergePreview": 'sourceId: "{cus}", targetId: "{cus3}"',
    "customerMetrics": 'customerId: "{cus}", currency: "EUR"',
    "customerSatisfaction": 'since: "2020-01-01T00:00:00Z", minimumSample: 1',
    "customerValue": 'customerId: "{cus}", currency: "EUR"',
    "dailyCallList": 'owner: "{Customer.owner}", n: 20, closingWithinDays: 365, renewalWithinDays: 365',
    "dueForRepeat": 'limit: 200, leastPurchases: 3, lapsedAfter: "1000"',
    "duplicatesOf": 'name: "{Person.displayName}", most: 20, minimum: 1',
    "forecast": 'from: "2035-01-01", to: "2035-04-01", currency: "EUR"',
    "forecastAccuracy": 'currency: "EUR", daysAhead: 1',
    "kpi": f'code: "REVENUE", {_DAYS}, currency: "USD", byMonth: true',
    "kpis": f'{_DAYS}, currency: "CHF"',
    "offerSimulate": 'cost: "1.00", currencyCode: "EUR", segmentId: "{seg}"',
    "organizationRollUp": 'organizationId: "{Organization.id2}"',
    "pipelineConformance": f'{_TIMES}, pipelineCode: "{{Pipeline.code}}"',
    "profitCheck": 'month: "2026-01-01", currency: "EUR"',
    "profitDistribution": f'{_DAYS}, currency: "EUR"',
    "programmeResult": 'id: "{pgm}", to: "2029-01-01"',
    "relationshipGraph": 'partyId: "{pty}", depth: 6, limit: 500',
    "relationshipPath": 'fromId: "{pty}", toId: "{pty2}", maxDepth: 6',
    "repeatBusiness": f'{_DAYS}, currency: "EUR"',
    "retentionCohorts": 'from: "2024-06-01", to: "2027-01-01", currency: "EUR", by: SINCE',
    "salesFunnel": f'{_TIMES}, pipelineCode: "{{Pipeline.code}}"',
    "scorecardReport": f'code: "{{Scorecard.code}}", {_DAYS}, currency: "EUR"',
    "segmentMix": 'from: "2026-01-01", to: "2026-04-01"',
    "segmentPreview": "parties: {}, sample: 20",
    "serviceLevelChangeSimulate": "changes: []",
    "serviceLevelFairness": "days: 3650",
    "unprofitableCustomers": f'{_DAYS}, currency: "EUR"',
    "winLoss": f"by: OWNER, {_TIMES}",
}
_DEEPEST: Final = 4
_OWN: Final = re.compile(r"\{(?:(\w+)\.(\w+?)|([a-z]+))(\d?)\}")


def question(field: str, schema: GraphQLSchema, samples: Samples) -> str:
    """A document that selects all that a field shows."""
    roots: Any = schema.type_map["Query"]
    given = _OWN.sub(lambda found: _own(found, samples), QUESTIONS[field])
    return f"{{ {field}({given}){_all(get_named_type(roots.fields[field].type), _DEEPEST)} }}"


def _own(found: re.Match[str], samples: Samples) -> str:
    type_, field, prefix, other = found.groups()
    if field is not None:
        return str(samples.by_field[type_, field][int(other or 1) - 1])
    ids = [id for id in samples.ids if len(id) > 36 and id.startswith(f"{prefix}_")]
    return ids[int(other or 1) - 1]


def _all(kind: Any, depth: int) -> str:
    """Everything that needs no argument, as deep as that."""
    if not is_composite_type(kind):
        return ""
    if not isinstance(kind, GraphQLObjectType):
        return " { __typename id }"
    parts = [
        f"{name}{_all(shown, depth - 1)}"
        for name, field in kind.fields.items()
        if not any(isinstance(a.type, GraphQLNonNull) and a.default_value is None for a in field.args.values())
        and (not is_composite_type(shown := get_named_type(field.type)) or (depth > 1 and "id" not in shown.fields))
    ]
    return f" {{ {' '.join(parts or ['__typename'])} }}"
