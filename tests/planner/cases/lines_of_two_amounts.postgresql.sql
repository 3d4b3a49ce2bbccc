SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN ((SELECT '␍{"nodes":[␉' || coalesce(string_agg(concat('{"linesAggregate":', coalesce((SELECT concat('␍[', string_agg(concat('␍{"sum":{"quantity":', coalesce('"' || (t6.s0 * 0.001)::text || '"', 'null'), ',"amount":', t6.j0, ',"unitPrice":', t6.j1, '},"average":{"quantity":', coalesce('"' || ((div((t6.s0 * 1000::numeric), t6.q0) + CASE WHEN 2 * abs((t6.s0 * 1000::numeric) % t6.q0) > t6.q0 OR (2 * abs((t6.s0 * 1000::numeric) % t6.q0) = t6.q0 AND div((t6.s0 * 1000::numeric), t6.q0) % 2 <> 0) THEN sign(t6.s0::numeric) ELSE 0 END)::bigint * 0.000001)::text || '"', 'null'), ',"number":', coalesce('"' || ((div((t6.s3 * 1000000::numeric), t6.q3) + CASE WHEN 2 * abs((t6.s3 * 1000000::numeric) % t6.q3) > t6.q3 OR (2 * abs((t6.s3 * 1000000::numeric) % t6.q3) = t6.q3 AND div((t6.s3 * 1000000::numeric), t6.q3) % 2 <> 0) THEN sign(t6.s3::numeric) ELSE 0 END)::bigint * 0.000001)::text || '"', 'null'), '},"min":{"number":', coalesce((t6.a3)::text, 'null'), ',"quantity":', coalesce('"' || (t6.a0 * 0.001)::text || '"', 'null'), '}}'), ','
ORDER BY t6.rn), ']')
FROM (SELECT t5.*, 1 AS rn
FROM (SELECT coalesce((sum(t4.n))::bigint, 0) AS n, (sum(t4.s0))::bigint AS s0, (sum(t4.q0))::bigint AS q0, min(t4.a0) AS a0, (sum(t4.s3))::bigint AS s3, (sum(t4.q3))::bigint AS q3, min(t4.a3) AS a3, concat('[', string_agg(concat('{"amount":', coalesce('"' || CASE WHEN t4.c1 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t4.s1)::text WHEN t4.c1 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t4.s1 * 0.001)::text WHEN t4.c1 IN ('CLF', 'UYW') THEN (t4.s1 * 0.0001)::text ELSE (t4.s1 * 0.01)::text END || '"', 'null'), ',"currencyCode":', to_json(t4.c1), '}'), ','
ORDER BY t4.c1) FILTER (WHERE t4.c1 IS NOT NULL AND t4.w1 = 1), ']') AS j0, concat('[', string_agg(concat('{"currencyCode":', to_json(t4.c2), ',"__typename":"Money"}'), ','
ORDER BY t4.c2) FILTER (WHERE t4.c2 IS NOT NULL AND t4.w2 = 1), ']') AS j1
FROM (SELECT t4.n, t4.s0, t4.q0, t4.a0, t4.s3, t4.q3, t4.a3, t4.c1, t4.c2, (sum(t4.s1) OVER (PARTITION BY t4.c1))::bigint AS s1, row_number() OVER (PARTITION BY t4.c1) AS w1, (sum(t4.s2) OVER (PARTITION BY t4.c2))::bigint AS s2, row_number() OVER (PARTITION BY t4.c2) AS w2
FROM (SELECT t3.c1, t3.c2, count(*) AS n, (sum(t3.v0))::bigint AS s0, count(t3.v0) AS q0, min(t3.v0) AS a0, (sum(t3.v1))::bigint AS s1, (sum(t3.v2))::bigint AS s2, (sum(t3.v3))::bigint AS s3, count(t3.v3) AS q3, min(t3.v3) AS a3
FROM (SELECT t7.quantity AS v0, t7.amount_minor AS v1, t7.amount_currency AS c1, t7.unit_price_minor AS v2, t7.unit_price_currency AS c2, t7.number AS v3
FROM ledger_transaction_line t7
WHERE t7.tenant_id = $1::uuid AND t7.transaction_id = t2.id) t3 GROUP BY t3.c1, t3.c2) t4) t4) t5 LIMIT $3::bigint) t6), 'null'), '}'), '␊'
ORDER BY t2.id), '') || concat('␉', count(*), '␉]}')
FROM (SELECT t1.*
FROM ledger_transaction t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint) t2)) END;
