SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('', (SELECT t3.party_id
FROM customer t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.customer_id), '{"linesAggregate":', coalesce((SELECT concat('␍[', string_agg(concat('␍{"sum":{"quantity":', coalesce('"' || (t7.s0 * 0.001)::text || '"', 'null'), ',"amount":', t7.j0, ',"unitPrice":', t7.j1, '},"average":{"quantity":', coalesce('"' || ((div((t7.s0 * 1000::numeric), t7.q0) + CASE WHEN 2 * abs((t7.s0 * 1000::numeric) % t7.q0) > t7.q0 OR (2 * abs((t7.s0 * 1000::numeric) % t7.q0) = t7.q0 AND div((t7.s0 * 1000::numeric), t7.q0) % 2 <> 0) THEN sign(t7.s0::numeric) ELSE 0 END)::bigint * 0.000001)::text || '"', 'null'), ',"number":', coalesce('"' || ((div((t7.s3 * 1000000::numeric), t7.q3) + CASE WHEN 2 * abs((t7.s3 * 1000000::numeric) % t7.q3) > t7.q3 OR (2 * abs((t7.s3 * 1000000::numeric) % t7.q3) = t7.q3 AND div((t7.s3 * 1000000::numeric), t7.q3) % 2 <> 0) THEN sign(t7.s3::numeric) ELSE 0 END)::bigint * 0.000001)::text || '"', 'null'), '},"min":{"number":', coalesce((CASE WHEN t7.a3 NOT BETWEEN -2147483648 AND 2147483647 THEN abs(-9223372036854775807 - 1 + 0 * t7.a3) ELSE t7.a3 END)::text, 'null'), ',"quantity":', coalesce('"' || (t7.a0 * 0.001)::text || '"', 'null'), '}}'), ','
ORDER BY t7.rn), ']')
FROM (SELECT t6.*, 1 AS rn
FROM (SELECT coalesce((sum(t5.n))::bigint, 0) AS n, (sum(t5.s0))::bigint AS s0, (sum(t5.q0))::bigint AS q0, min(t5.a0) AS a0, (sum(t5.s3))::bigint AS s3, (sum(t5.q3))::bigint AS q3, min(t5.a3) AS a3, concat('[', string_agg(concat('{"amount":', coalesce('"' || CASE WHEN t5.c1 NOT IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW') THEN (t5.s1 * 0.01)::text WHEN t5.c1 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t5.s1)::text WHEN t5.c1 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t5.s1 * 0.001)::text WHEN t5.c1 IN ('CLF', 'UYW') THEN (t5.s1 * 0.0001)::text END || '"', 'null'), ',"currencyCode":', to_json(t5.c1), '}'), ','
ORDER BY t5.c1) FILTER (WHERE t5.c1 IS NOT NULL AND t5.w1 = 1), ']') AS j0, concat('[', string_agg(concat('{"currencyCode":', to_json(t5.c2), ',"__typename":"Money"}'), ','
ORDER BY t5.c2) FILTER (WHERE t5.c2 IS NOT NULL AND t5.w2 = 1), ']') AS j1
FROM (SELECT t5.n, t5.s0, t5.q0, t5.a0, t5.s3, t5.q3, t5.a3, t5.c1, t5.c2, (sum(t5.s1) OVER (PARTITION BY t5.c1))::bigint AS s1, row_number() OVER (PARTITION BY t5.c1) AS w1, (sum(t5.s2) OVER (PARTITION BY t5.c2))::bigint AS s2, row_number() OVER (PARTITION BY t5.c2) AS w2
FROM (SELECT t4.c1, t4.c2, count(*) AS n, (sum(t4.v0))::bigint AS s0, count(t4.v0) AS q0, min(t4.v0) AS a0, (sum(t4.v1))::bigint AS s1, (sum(t4.v2))::bigint AS s2, (sum(t4.v3))::bigint AS s3, count(t4.v3) AS q3, min(t4.v3) AS a3
FROM (SELECT t8.quantity AS v0, t8.amount_minor AS v1, t8.amount_currency AS c1, t8.unit_price_minor AS v2, t8.unit_price_currency AS c2, t8.number AS v3
FROM ledger_transaction_line t8
WHERE t8.tenant_id = $1::uuid AND t8.transaction_id = t2.id) t4 GROUP BY t4.c1, t4.c2) t5) t5) t6 LIMIT $3::bigint) t7), 'null'), '}'), 'UTF8')
FROM (SELECT t1.*
FROM ledger_transaction t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint) t2
ORDER BY t2.id)) END;
