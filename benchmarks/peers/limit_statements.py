"""The hand-written SQL of LIMIT, over Patron's tables: one JSON text per edge by concat and to_json, an array of
them as one value, joined in Python.

What a developer who knows the data writes: joins where the planner of a general API sub-selects, no window functions, the party of
a customer skipped where only its relationships are wanted, the currencies that occur asked for first. The tenant is compared at every
table, as the keys begin with it. LIMIT runs the statements as the owner; LIMIT-S as patron_app with row-level security behind the
CASE gate that Patron uses, and names the party of each customer before its edge where money is shown, for the audit of reads.
"""

from __future__ import annotations

from typing import Final

__all__ = ["OPEN", "SECURED"]

_EXPONENT_0: Final = (
    "'BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','UYI','VND','VUV','XAF','XOF','XPF'"
)
_EXPONENT_3: Final = "'BHD','IQD','JOD','KWD','LYD','OMR','TND'"


def _time(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def _money(minor: str, currency: str) -> str:
    return f"""'{{"amount":"', CASE WHEN {currency} IN ('EUR', 'USD') THEN ({minor} * 0.01)::text
        WHEN {currency} IN ({_EXPONENT_0}) THEN {minor}::text
        WHEN {currency} IN ({_EXPONENT_3}) THEN ({minor} * 0.001)::text
        WHEN {currency} IN ('CLF', 'UYW') THEN ({minor} * 0.0001)::text
        ELSE ({minor} * 0.01)::text END, '","currencyCode":"', {currency}, '"}}'"""


_FIELDS: Final = """'{"id":"cus_', c.id, '","displayName":', to_json(p.display_name), ',"kind":"', c.kind,
    '","engagementMode":"', c.engagement_mode, '","lifecycleStage":"', c.lifecycle_stage,
    '","owner":', coalesce(to_json(c.owner)::text, 'null'), ',"since":', coalesce('"' || c.since || '"', 'null')"""
_NODE: Final = f"""{_FIELDS}, ',"version":', c.version, ',"createdAt":"', {_time("c.created_at")},
    '","updatedAt":"', {_time("c.updated_at")}"""
_OF_STAGE: Final = "c.tenant_id = $1 AND c.lifecycle_stage = $2"
_PAGE: Final = f"""FROM customer c JOIN party p ON p.tenant_id = c.tenant_id AND p.id = c.party_id
    WHERE {_OF_STAGE} ORDER BY c.id LIMIT $3"""

_TRANSACTIONS: Final = f"""(SELECT string_agg(concat('{{"id":"txn_', t.id, '","kind":"', t.kind,
    '","amount":', {_money("t.amount_minor", "t.amount_currency")},
    ',"occurredAt":"', {_time("t.occurred_at")}, '","channel":', coalesce('"' || t.channel || '"', 'null'), '}}'), ',')
    FROM (SELECT * FROM ledger_transaction t WHERE t.tenant_id = $1 AND t.customer_id = c.id
          ORDER BY t.occurred_at DESC, t.id DESC LIMIT 5) t)"""
_LOYALTY: Final = f"""coalesce((SELECT concat('{{"tier":"', l.tier, '","points":', l.points,
    ',"enrolledAt":"', {_time("l.enrolled_at")}, '"}}')
    FROM retail_loyalty_member l WHERE l.tenant_id = $1 AND l.customer_id = c.id), 'null')"""
_RELATIONSHIPS: Final = """(SELECT string_agg(concat('{"roleTitle":', coalesce(to_json(r.role_title)::text, 'null'),
    ',"influence":', coalesce(r.influence::text, 'null'),
    ',"target":{"id":"pty_', o.id, '","displayName":', to_json(o.display_name), '}}'), ',')
    FROM (SELECT * FROM relationship r WHERE r.tenant_id = $1 AND r.source_id = c.party_id ORDER BY r.id LIMIT 3) r
    JOIN party o ON o.tenant_id = $1 AND o.id = r.target_id)"""

_CUSTOMER: Final = f"""SELECT convert_to(concat({_FIELDS}, ',"createdAt":"', {_time("c.created_at")}, '"}}'), 'UTF8')
    FROM customer c JOIN party p ON p.tenant_id = c.tenant_id AND p.id = c.party_id WHERE c.tenant_id = $1 AND c.id = $2"""
_CUSTOMERS: Final = f"""SELECT concat('{{"cursor":"cus_', c.id, '","node":', {_NODE}, '"}}}}') {_PAGE}"""
_NESTED: Final = f"""SELECT concat('{{"cursor":"cus_', c.id, '","node":', {_NODE},
    '","transactions":{{"nodes":[', {_TRANSACTIONS}, ']}},"loyalty":', {_LOYALTY},
    ',"party":{{"outgoingRelationships":{{"nodes":[', {_RELATIONSHIPS}, ']}}}}}}}}') {_PAGE}"""
_SUMS: Final = f"""SELECT concat('{{"node":{{"id":"cus_', c.id, '","displayName":', to_json(p.display_name), ',"loyalty":',
    coalesce((SELECT concat('{{"points":', l.points, ',"earned":', (SELECT coalesce(sum(e.delta), 0) FROM retail_points_entry e
        WHERE e.tenant_id = $1 AND e.member_id = l.id AND e.kind = 'EARN'), '}}')
      FROM retail_loyalty_member l WHERE l.tenant_id = $1 AND l.customer_id = c.id), 'null'), '}}}}') {_PAGE}"""
_TOTAL: Final = f"SELECT count(*)::text FROM customer c WHERE {_OF_STAGE}"

_GROUPS: Final = f"""SELECT concat('{{"key":{{"occurredAt":"', month, '","kind":"', kind, '"}},"count":', sum(rows), ',"sum":{{"amount":[',
    string_agg(concat({_money("total", "currency")}), ',' ORDER BY currency), ']}},"max":{{"amount":[',
    string_agg(concat({_money("most", "currency")}), ',' ORDER BY currency), ']}}}}')
    FROM (SELECT date_trunc('month', occurred_at AT TIME ZONE $3)::date AS month, kind, amount_currency AS currency,
          count(*) AS rows, sum(amount_minor) AS total, max(amount_minor) AS most
          FROM ledger_transaction WHERE tenant_id = $1 AND occurred_at >= $2 GROUP BY 1, 2, 3) g
    GROUP BY month, kind ORDER BY month, kind LIMIT 20"""


def _value(statement: str) -> str:
    """A statement of texts as one array of bytes.

    Measured beside rows, one aggregated text and arrays of text (CPU of driver and PostgreSQL together, Q5): rows 5.7 ms, aggregated
    text 5.4, array of text 4.3, array of bytes, which the driver neither decodes nor the server encodes again, 4.1.
    """
    return f"ARRAY(SELECT convert_to(each, 'UTF8') FROM ({statement}) AS edges (each))"


def _gate(value: str) -> str:
    return f"SELECT CASE WHEN set_config('app.tenant', $1::uuid::text, true) IS NOT NULL THEN {value} END"


_VALUES: Final = {
    "q1": f"({_CUSTOMER})",
    "q2": _value(_CUSTOMERS),
    "q3": _value(_NESTED),
    "q4": _value(f"({_TOTAL}) UNION ALL ({_SUMS})"),
    "q5": _value(_CUSTOMERS),
    "q8": _value(_GROUPS),
}
#: As the owner.
OPEN: Final = {name: f"SELECT {value}" for name, value in _VALUES.items()}
#: As patron_app, behind the gate.
SECURED: Final = {
    **{name: _gate(value) for name, value in _VALUES.items()},
    "q3": _gate(_value(_NESTED.replace("SELECT concat(", "SELECT concat(c.party_id, ", 1))),
}
