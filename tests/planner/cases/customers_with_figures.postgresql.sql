SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('', t2.party_id, '{"displayName":', to_json((SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.party_id)), ',"transactionsAggregate":', coalesce((SELECT concat('␍[', string_agg(concat('␍{"count":', t7.n, ',"sum":{"amount":', t7.j0, '},"max":{"occurredAt":', coalesce('"' || to_char(t7.z1 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), '}}'), ','
ORDER BY t7.rn), ']')
FROM (SELECT t6.*, 1 AS rn
FROM (SELECT coalesce((sum(t5.n))::bigint, 0) AS n, max(t5.z1) AS z1, concat('[', string_agg(concat('{"amount":', coalesce('"' || CASE WHEN t5.c0 NOT IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW') THEN (t5.s0 * 0.01)::text WHEN t5.c0 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t5.s0)::text WHEN t5.c0 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t5.s0 * 0.001)::text WHEN t5.c0 IN ('CLF', 'UYW') THEN (t5.s0 * 0.0001)::text END || '"', 'null'), ',"currencyCode":', to_json(t5.c0), '}'), ','
ORDER BY t5.c0) FILTER (WHERE t5.c0 IS NOT NULL), ']') AS j0
FROM (SELECT t4.c0, count(*) AS n, (sum(t4.v0))::bigint AS s0, max(t4.v1) AS z1
FROM (SELECT t8.amount_minor AS v0, t8.amount_currency AS c0, t8.occurred_at AS v1
FROM ledger_transaction t8
WHERE t8.tenant_id = $1::uuid AND t8.customer_id = t2.id) t4 GROUP BY t4.c0) t5) t6 LIMIT $3::bigint) t7), 'null'), ',"byKind":', coalesce((SELECT concat('␍[', string_agg(concat('␍{"key":{"kind":', coalesce('"' || t12.k0 || '"', 'null'), '},"count":', t12.n, '}'), ','
ORDER BY t12.rn), ']')
FROM (SELECT t11.*, row_number() OVER (ORDER BY t11.k0) AS rn
FROM (SELECT t9.k0, count(*) AS n
FROM (SELECT t13.kind AS k0
FROM ledger_transaction t13
WHERE t13.tenant_id = $1::uuid AND t13.customer_id = t2.id AND t13.amount_currency = $4::text) t9 GROUP BY t9.k0) t11
ORDER BY t11.k0 LIMIT $5::bigint) t12), 'null'), '}'), 'UTF8')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT $2::bigint) t2
ORDER BY t2.id)) END;
