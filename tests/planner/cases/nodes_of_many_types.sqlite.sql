SELECT json_array(json((SELECT json_object('id', 'txn_' || t1.id, 'amount', json_object('amount', CASE WHEN t1.amount_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN CAST(t1.amount_minor AS TEXT) WHEN t1.amount_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN CASE WHEN t1.amount_minor IS NOT NULL THEN printf('%s%d.%03d', CASE WHEN t1.amount_minor < 0 THEN '-' ELSE '' END, abs(t1.amount_minor / 1000), abs(t1.amount_minor % 1000)) END WHEN t1.amount_currency IN ('CLF', 'UYW') THEN CASE WHEN t1.amount_minor IS NOT NULL THEN printf('%s%d.%04d', CASE WHEN t1.amount_minor < 0 THEN '-' ELSE '' END, abs(t1.amount_minor / 10000), abs(t1.amount_minor % 10000)) END ELSE CASE WHEN t1.amount_minor IS NOT NULL THEN printf('%s%d.%02d', CASE WHEN t1.amount_minor < 0 THEN '-' ELSE '' END, abs(t1.amount_minor / 100), abs(t1.amount_minor % 100)) END END, 'currencyCode', t1.amount_currency))
FROM ledger_transaction t1
WHERE t1.tenant_id = ?1 AND t1.id = ?2)), json((SELECT json_object('id', 'cus_' || t2.id, 'displayName', (SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.party_id))
FROM customer t2
WHERE t2.tenant_id = ?1 AND t2.id = ?3)), json('null'), json((SELECT json(CASE WHEN t4.kind = 'PERSON' THEN json_object('id', 'pty_' || t4.id, 'displayName', t4.display_name) WHEN t4.kind = 'ORGANIZATION' THEN json_object('id', 'pty_' || t4.id, 'displayName', t4.display_name, 'legalName', t4.legal_name) END)
FROM party t4
WHERE t4.tenant_id = ?1 AND t4.id = ?4)), json((SELECT json_object('id', 'rty_' || t5.id)
FROM relationship_type t5
WHERE t5.tenant_id = ?1 AND t5.id = ?5)));
