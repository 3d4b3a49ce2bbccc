SELECT CASE WHEN set_config('app.tenant', ($6::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('␍[', string_agg(concat('␍{"key":{"occurredAt":', coalesce('"' || (t4.k0)::text || '"', 'null'), ',"kind":', coalesce('"' || t4.k1 || '"', 'null'), '},"count":', t4.n, ',"sum":{"amount":', t4.j0, '},"average":{"amount":', t4.j1, '}}'), ','
ORDER BY t4.rn), ']')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.f3 DESC NULLS FIRST, t3.k0, t3.k1) AS rn
FROM (SELECT t2.k0, t2.k1, coalesce((sum(t2.n))::bigint, 0) AS n, concat('[', string_agg(concat('{"amount":', coalesce('"' || CASE WHEN t2.c0 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t2.s0)::text WHEN t2.c0 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t2.s0 * 0.001)::text WHEN t2.c0 IN ('CLF', 'UYW') THEN (t2.s0 * 0.0001)::text ELSE (t2.s0 * 0.01)::text END || '"', 'null'), ',"currencyCode":', to_json(t2.c0), '}'), ','
ORDER BY t2.c0) FILTER (WHERE t2.c0 IS NOT NULL), ']') AS j0, concat('[', string_agg(concat('{"amount":', coalesce('"' || CASE WHEN t2.c0 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t2.m0)::text WHEN t2.c0 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t2.m0 * 0.001)::text WHEN t2.c0 IN ('CLF', 'UYW') THEN (t2.m0 * 0.0001)::text ELSE (t2.m0 * 0.01)::text END || '"', 'null'), ',"currencyCode":', to_json(t2.c0), '}'), ','
ORDER BY t2.c0) FILTER (WHERE t2.c0 IS NOT NULL), ']') AS j1, max(t2.s0) FILTER (WHERE t2.c0 IS NOT NULL AND t2.c0 = $2::text) AS f2, max(t2.s0) FILTER (WHERE t2.c0 IS NOT NULL AND t2.c0 = $4::text) AS f3
FROM (SELECT t2.*, (div(t2.s0::numeric, t2.q0) + CASE WHEN 2 * abs(t2.s0::numeric % t2.q0) > t2.q0 OR (2 * abs(t2.s0::numeric % t2.q0) = t2.q0 AND div(t2.s0::numeric, t2.q0) % 2 <> 0) THEN sign(t2.s0::numeric) ELSE 0 END)::bigint AS m0
FROM (SELECT t1.k0, t1.k1, t1.c0, count(*) AS n, (sum(t1.v0))::bigint AS s0, count(t1.v0) AS q0
FROM (SELECT date_trunc('month', t5.occurred_at AT TIME ZONE $5::text)::date AS k0, t5.kind AS k1, t5.amount_minor AS v0, t5.amount_currency AS c0
FROM ledger_transaction t5
WHERE t5.tenant_id = $6::uuid OFFSET 0) t1 GROUP BY t1.k0, t1.k1, t1.c0) t2) t2 GROUP BY t2.k0, t2.k1) t3
WHERE ((t3.n >= $1::bigint) OR (t3.f2 > $3::bigint))
ORDER BY t3.f3 DESC NULLS FIRST, t3.k0, t3.k1 LIMIT $7::bigint) t4), 'null')) END;
