SELECT json((WITH t2 (gid, shown) AS MATERIALIZED (SELECT 'cus_' || t3.id, json_object(char(1), t3.party_id, 'id', 'cus_' || t3.id, 'displayName', (SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = ?2 AND t4.id = t3.party_id))
FROM customer t3
WHERE t3.tenant_id = ?2 AND t3.id IN (SELECT value
FROM json_each(?3))
UNION ALL SELECT 'pty_' || t5.id, json(CASE WHEN t5.kind = 'PERSON' THEN json_object(char(1), t5.id, 'id', 'pty_' || t5.id, 'displayName', t5.display_name) WHEN t5.kind = 'ORGANIZATION' THEN json_object(char(1), t5.id, 'id', 'pty_' || t5.id, 'displayName', t5.display_name, 'legalName', t5.legal_name) END)
FROM party t5
WHERE t5.tenant_id = ?2 AND t5.id IN (SELECT value
FROM json_each(?4))
UNION ALL SELECT 'rty_' || t6.id, json_object('id', 'rty_' || t6.id)
FROM relationship_type t6
WHERE t6.tenant_id = ?2 AND t6.id IN (SELECT value
FROM json_each(?5))
UNION ALL SELECT 'txn_' || t7.id, json_object(char(1), (SELECT t8.party_id
FROM customer t8
WHERE t8.tenant_id = ?2 AND t8.id = t7.customer_id), 'id', 'txn_' || t7.id, 'amount', json_object('amount', CASE WHEN t7.amount_currency NOT IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW') THEN CASE WHEN t7.amount_minor IS NOT NULL THEN printf('%s%d.%02d', CASE WHEN t7.amount_minor < 0 THEN '-' ELSE '' END, abs(t7.amount_minor / 100), abs(t7.amount_minor % 100)) END WHEN t7.amount_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN CAST(t7.amount_minor AS TEXT) WHEN t7.amount_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN CASE WHEN t7.amount_minor IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t7.amount_minor < 0 THEN '-' ELSE '' END, abs(t7.amount_minor / 1000), abs(t7.amount_minor % 1000)) END WHEN t7.amount_currency IN ('CLF', 'UYW') THEN CASE WHEN t7.amount_minor IS NOT NULL THEN printf('%s%d.%04d', CASE WHEN t7.amount_minor < 0 THEN '-' ELSE '' END, abs(t7.amount_minor / 10000), abs(t7.amount_minor % 10000)) END END, 'currencyCode', t7.amount_currency))
FROM ledger_transaction t7
WHERE t7.tenant_id = ?2 AND t7.id IN (SELECT value
FROM json_each(?6))) SELECT json_group_array(json(CASE WHEN t2.shown IS NOT NULL THEN json(t2.shown) END)
ORDER BY t1.key)
FROM json_each(?1) t1 LEFT JOIN t2 ON t2.gid = t1.value));
