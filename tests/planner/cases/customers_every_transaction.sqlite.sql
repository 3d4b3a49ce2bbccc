SELECT json((SELECT json_object('nodes', json_group_array(json_object('displayName', (SELECT t5.display_name
FROM party t5
WHERE t5.tenant_id = ?1 AND t5.id = t3.party_id))
ORDER BY t3.rn) FILTER (WHERE t3.rn <= ?3))
FROM (SELECT t4.*, row_number() OVER (ORDER BY t4.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND NOT EXISTS (SELECT 1
FROM ledger_transaction t2
WHERE t2.tenant_id = ?1 AND t2.customer_id = t1.id AND NOT coalesce(t2.amount_currency IN (SELECT value
FROM json_each(?2)), 0))
ORDER BY t1.id LIMIT ?3 + 1) t4) t3));
