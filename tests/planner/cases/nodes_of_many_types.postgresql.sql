SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (concat('[', coalesce((SELECT concat('{"id":"txn_', t1.id, '","amount":', concat('{"amount":"', CASE WHEN t1.amount_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN (t1.amount_minor)::text WHEN t1.amount_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN (t1.amount_minor * 0.001)::text WHEN t1.amount_currency IN ('CLF', 'UYW') THEN (t1.amount_minor * 0.0001)::text ELSE (t1.amount_minor * 0.01)::text END, '","currencyCode":', to_json(t1.amount_currency), '}'), '}')
FROM ledger_transaction t1
WHERE t1.tenant_id = $1::uuid AND t1.id = $2::uuid), 'null'), ',', coalesce((SELECT concat('{"id":"cus_', t2.id, '","displayName":', to_json((SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.party_id)), '}')
FROM customer t2
WHERE t2.tenant_id = $1::uuid AND t2.id = $3::uuid), 'null'), ',null,', coalesce((SELECT CASE WHEN t4.kind = 'PERSON' THEN concat('{"id":"pty_', t4.id, '","displayName":', to_json(t4.display_name), '}') WHEN t4.kind = 'ORGANIZATION' THEN concat('{"id":"pty_', t4.id, '","displayName":', to_json(t4.display_name), ',"legalName":', coalesce(to_json(t4.legal_name)::text, 'null'), '}') ELSE 'null' END
FROM party t4
WHERE t4.tenant_id = $1::uuid AND t4.id = $4::uuid), 'null'), ',', coalesce((SELECT concat('{"id":"rty_', t5.id, '"}')
FROM relationship_type t5
WHERE t5.tenant_id = $1::uuid AND t5.id = $5::uuid), 'null'), ']')) END;
