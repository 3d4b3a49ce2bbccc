SELECT (SELECT group_concat('' || json_object(char(1), t2.party_id, 'displayName', (SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.party_id), 'transactionsAggregate', json((SELECT json_group_array(json_object('count', t7.n, 'sum', json_object('amount', json(t7.j0)), 'max', json_object('occurredAt', t7.z1))
ORDER BY t7.rn)
FROM (SELECT t6.*, 1 AS rn
FROM (SELECT coalesce(sum(t5.n), 0) AS n, max(t5.z1) AS z1, json_group_array(json_object('amount', CASE WHEN t5.c0 NOT IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW') THEN CASE WHEN t5.s0 IS NOT NULL THEN printf('%s%d.%02d', CASE WHEN t5.s0 < 0 THEN '-' ELSE '' END, abs(t5.s0 / 100), abs(t5.s0 % 100)) END WHEN t5.c0 IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN CAST(t5.s0 AS TEXT) WHEN t5.c0 IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN CASE WHEN t5.s0 IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t5.s0 < 0 THEN '-' ELSE '' END, abs(t5.s0 / 1000), abs(t5.s0 % 1000)) END WHEN t5.c0 IN ('CLF', 'UYW') THEN CASE WHEN t5.s0 IS NOT NULL THEN printf('%s%d.%04d', CASE WHEN t5.s0 < 0 THEN '-' ELSE '' END, abs(t5.s0 / 10000), abs(t5.s0 % 10000)) END END, 'currencyCode', t5.c0)
ORDER BY t5.c0) FILTER (WHERE t5.c0 IS NOT NULL) AS j0
FROM (SELECT t4.c0, count(*) AS n, sum(t4.v0) AS s0, max(t4.v1) AS z1
FROM (SELECT t8.amount_minor AS v0, t8.amount_currency AS c0, t8.occurred_at AS v1
FROM ledger_transaction t8
WHERE t8.tenant_id = ?1 AND t8.customer_id = t2.id) t4 GROUP BY t4.c0) t5) t6 LIMIT ?3) t7)), 'byKind', json((SELECT json_group_array(json_object('key', json_object('kind', t12.k0), 'count', t12.n)
ORDER BY t12.rn)
FROM (SELECT t11.*, row_number() OVER (ORDER BY t11.k0) AS rn
FROM (SELECT t9.k0, count(*) AS n
FROM (SELECT t13.kind AS k0
FROM ledger_transaction t13
WHERE t13.tenant_id = ?1 AND t13.customer_id = t2.id AND t13.amount_currency = ?4) t9 GROUP BY t9.k0) t11
ORDER BY t11.k0 LIMIT ?5) t12))), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT ?2) t2);
