SELECT (SELECT '{"nodes":[␉' || coalesce(group_concat(json_object('linesAggregate', json((SELECT json_group_array(json_object('sum', json_object('quantity', CASE WHEN t6.s0 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t6.s0 < 0 THEN '-' ELSE '' END, abs(t6.s0 / 1000), abs(t6.s0 % 1000)) END, 'amount', json(t6.j0), 'unitPrice', json(t6.j1)), 'average', json_object('quantity', CASE WHEN patron_average(t6.s0, t6.q0, 3) IS NOT NULL THEN printf('%s%d.%06d', CASE WHEN patron_average(t6.s0, t6.q0, 3) < 0 THEN '-' ELSE '' END, abs(patron_average(t6.s0, t6.q0, 3) / 1000000), abs(patron_average(t6.s0, t6.q0, 3) % 1000000)) END, 'number', CASE WHEN patron_average(t6.s3, t6.q3, 6) IS NOT NULL THEN printf('%s%d.%06d', CASE WHEN patron_average(t6.s3, t6.q3, 6) < 0 THEN '-' ELSE '' END, abs(patron_average(t6.s3, t6.q3, 6) / 1000000), abs(patron_average(t6.s3, t6.q3, 6) % 1000000)) END), 'min', json_object('number', t6.a3, 'quantity', CASE WHEN t6.a0 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t6.a0 < 0 THEN '-' ELSE '' END, abs(t6.a0 / 1000), abs(t6.a0 % 1000)) END))
ORDER BY t6.rn)
FROM (SELECT t5.*, 1 AS rn
FROM (SELECT coalesce(sum(t4.n), 0) AS n, sum(t4.s0) AS s0, sum(t4.q0) AS q0, min(t4.a0) AS a0, sum(t4.s3) AS s3, sum(t4.q3) AS q3, min(t4.a3) AS a3, json_group_array(json_object('amount', CASE WHEN t4.c1 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN CAST(t4.s1 AS TEXT) WHEN t4.c1 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN CASE WHEN t4.s1 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t4.s1 < 0 THEN '-' ELSE '' END, abs(t4.s1 / 1000), abs(t4.s1 % 1000)) END WHEN t4.c1 IN ('CLF', 'UYW') THEN CASE WHEN t4.s1 IS NOT NULL THEN printf('%s%d.%04d', CASE WHEN t4.s1 < 0 THEN '-' ELSE '' END, abs(t4.s1 / 10000), abs(t4.s1 % 10000)) END ELSE CASE WHEN t4.s1 IS NOT NULL THEN printf('%s%d.%02d', CASE WHEN t4.s1 < 0 THEN '-' ELSE '' END, abs(t4.s1 / 100), abs(t4.s1 % 100)) END END, 'currencyCode', t4.c1)
ORDER BY t4.c1) FILTER (WHERE t4.c1 IS NOT NULL AND t4.w1 = 1) AS j0, json_group_array(json_object('currencyCode', t4.c2, '__typename', 'Money')
ORDER BY t4.c2) FILTER (WHERE t4.c2 IS NOT NULL AND t4.w2 = 1) AS j1
FROM (SELECT t4.n, t4.s0, t4.q0, t4.a0, t4.s3, t4.q3, t4.a3, t4.c1, t4.c2, sum(t4.s1) OVER (PARTITION BY t4.c1) AS s1, row_number() OVER (PARTITION BY t4.c1) AS w1, sum(t4.s2) OVER (PARTITION BY t4.c2) AS s2, row_number() OVER (PARTITION BY t4.c2) AS w2
FROM (SELECT t3.c1, t3.c2, count(*) AS n, sum(t3.v0) AS s0, count(t3.v0) AS q0, min(t3.v0) AS a0, sum(t3.v1) AS s1, sum(t3.v2) AS s2, sum(t3.v3) AS s3, count(t3.v3) AS q3, min(t3.v3) AS a3
FROM (SELECT t7.quantity AS v0, t7.amount_minor AS v1, t7.amount_currency AS c1, t7.unit_price_minor AS v2, t7.unit_price_currency AS c2, t7.number AS v3
FROM ledger_transaction_line t7
WHERE t7.tenant_id = ?1 AND t7.transaction_id = t2.id) t3 GROUP BY t3.c1, t3.c2) t4) t4) t5 LIMIT ?3) t6))), char(10)
ORDER BY t2.id), '') || '␉' || count(*) || '␉]' || '}'
FROM (SELECT t1.*
FROM ledger_transaction t1
WHERE t1.tenant_id = ?1
ORDER BY t1.id LIMIT ?2) t2);
