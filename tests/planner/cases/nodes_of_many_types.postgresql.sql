SELECT CASE WHEN set_config('app.tenant', ($2::uuid)::text, true) IS NOT NULL THEN (coalesce((WITH t2 (gid, shown) AS MATERIALIZED (SELECT 'cus_' || (t3.id::text COLLATE "C"), concat('␍', t3.party_id, '{"id":"cus_', t3.id, '","displayName":', to_json((SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = $2::uuid AND t4.id = t3.party_id)), '}')
FROM customer t3
WHERE t3.tenant_id = $2::uuid AND t3.id = ANY($3::uuid[])
UNION ALL SELECT 'pty_' || (t5.id::text COLLATE "C"), CASE WHEN t5.kind = 'PERSON' THEN concat('␍', t5.id, '{"id":"pty_', t5.id, '","displayName":', to_json(t5.display_name), '}') WHEN t5.kind = 'ORGANIZATION' THEN concat('␍', t5.id, '{"id":"pty_', t5.id, '","displayName":', to_json(t5.display_name), ',"legalName":', coalesce(to_json(t5.legal_name)::text, 'null'), '}') ELSE 'null' END
FROM party t5
WHERE t5.tenant_id = $2::uuid AND t5.id = ANY($4::uuid[])
UNION ALL SELECT 'rty_' || (t6.id::text COLLATE "C"), concat('␍{"id":"rty_', t6.id, '"}')
FROM relationship_type t6
WHERE t6.tenant_id = $2::uuid AND t6.id = ANY($5::uuid[])
UNION ALL SELECT 'txn_' || (t7.id::text COLLATE "C"), concat('␍', (SELECT t8.party_id
FROM customer t8
WHERE t8.tenant_id = $2::uuid AND t8.id = t7.customer_id), '{"id":"txn_', t7.id, '","amount":{"amount":"', CASE WHEN t7.amount_currency NOT IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW') THEN (t7.amount_minor * 0.01)::text WHEN t7.amount_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t7.amount_minor)::text WHEN t7.amount_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t7.amount_minor * 0.001)::text WHEN t7.amount_currency IN ('CLF', 'UYW') THEN (t7.amount_minor * 0.0001)::text END, '","currencyCode":', to_json(t7.amount_currency), '}}')
FROM ledger_transaction t7
WHERE t7.tenant_id = $2::uuid AND t7.id = ANY($6::uuid[])) SELECT concat('␍[', string_agg(CASE WHEN t2.shown IS NOT NULL THEN t2.shown ELSE 'null' END, ','
ORDER BY t1.place), ']')
FROM unnest($1::text[]) WITH ORDINALITY AS t1 (value, place) LEFT JOIN t2 ON t2.gid = t1.value), 'null')) END;
