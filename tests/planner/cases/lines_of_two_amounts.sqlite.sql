SELECT (SELECT group_concat('' || json_object(char(1), (SELECT t3.party_id
FROM customer t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.customer_id), 'linesAggregate', json((SELECT json_group_array(json_object('sum', json_object('quantity', CASE WHEN t7.s0 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t7.s0 < 0 THEN '-' ELSE '' END, abs(t7.s0 / 1000), abs(t7.s0 % 1000)) END, 'amount', json(t7.j0), 'unitPrice', json(t7.j1)), 'average', json_object('quantity', CASE WHEN patron_average(t7.s0, t7.q0, 3) IS NOT NULL THEN printf('%s%d.%06d', CASE WHEN patron_average(t7.s0, t7.q0, 3) < 0 THEN '-' ELSE '' END, abs(patron_average(t7.s0, t7.q0, 3) / 1000000), abs(patron_average(t7.s0, t7.q0, 3) % 1000000)) END, 'number', CASE WHEN patron_average(t7.s3, t7.q3, 6) IS NOT NULL THEN printf('%s%d.%06d', CASE WHEN patron_average(t7.s3, t7.q3, 6) < 0 THEN '-' ELSE '' END, abs(patron_average(t7.s3, t7.q3, 6) / 1000000), abs(patron_average(t7.s3, t7.q3, 6) % 1000000)) END), 'min', json_object('number', CASE WHEN t7.a3 NOT BETWEEN -2147483648 AND 2147483647 THEN abs(-9223372036854775807 - 1 + 0 * t7.a3) ELSE t7.a3 END, 'quantity', CASE WHEN t7.a0 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t7.a0 < 0 THEN '-' ELSE '' END, abs(t7.a0 / 1000), abs(t7.a0 % 1000)) END))
ORDER BY t7.rn)
FROM (SELECT t6.*, 1 AS rn
FROM (SELECT coalesce(sum(t5.n), 0) AS n, sum(t5.s0) AS s0, sum(t5.q0) AS q0, min(t5.a0) AS a0, sum(t5.s3) AS s3, sum(t5.q3) AS q3, min(t5.a3) AS a3, json_group_array(json_object('amount', CASE WHEN t5.c1 NOT IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW') THEN CASE WHEN t5.s1 IS NOT NULL THEN printf('%s%d.%02d', CASE WHEN t5.s1 < 0 THEN '-' ELSE '' END, abs(t5.s1 / 100), abs(t5.s1 % 100)) END WHEN t5.c1 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN CAST(t5.s1 AS TEXT) WHEN t5.c1 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN CASE WHEN t5.s1 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t5.s1 < 0 THEN '-' ELSE '' END, abs(t5.s1 / 1000), abs(t5.s1 % 1000)) END WHEN t5.c1 IN ('CLF', 'UYW') THEN CASE WHEN t5.s1 IS NOT NULL THEN printf('%s%d.%04d', CASE WHEN t5.s1 < 0 THEN '-' ELSE '' END, abs(t5.s1 / 10000), abs(t5.s1 % 10000)) END END, 'currencyCode', t5.c1)
ORDER BY t5.c1) FILTER (WHERE t5.c1 IS NOT NULL AND t5.w1 = 1) AS j0, json_group_array(json_object('currencyCode', t5.c2, '__typename', 'Money')
ORDER BY t5.c2) FILTER (WHERE t5.c2 IS NOT NULL AND t5.w2 = 1) AS j1
FROM (SELECT t5.n, t5.s0, t5.q0, t5.a0, t5.s3, t5.q3, t5.a3, t5.c1, t5.c2, sum(t5.s1) OVER (PARTITION BY t5.c1) AS s1, row_number() OVER (PARTITION BY t5.c1) AS w1, sum(t5.s2) OVER (PARTITION BY t5.c2) AS s2, row_number() OVER (PARTITION BY t5.c2) AS w2
FROM (SELECT t4.c1, t4.c2, count(*) AS n, sum(t4.v0) AS s0, count(t4.v0) AS q0, min(t4.v0) AS a0, sum(t4.v1) AS s1, sum(t4.v2) AS s2, sum(t4.v3) AS s3, count(t4.v3) AS q3, min(t4.v3) AS a3
FROM (SELECT t8.quantity AS v0, t8.amount_minor AS v1, t8.amount_currency AS c1, t8.unit_price_minor AS v2, t8.unit_price_currency AS c2, t8.number AS v3
FROM ledger_transaction_line t8
WHERE t8.tenant_id = ?1 AND t8.transaction_id = t2.id) t4 GROUP BY t4.c1, t4.c2) t5) t5) t6 LIMIT ?3) t7))), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM ledger_transaction t1
WHERE t1.tenant_id = ?1
ORDER BY t1.id LIMIT ?2) t2);
