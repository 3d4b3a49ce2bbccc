SELECT (SELECT group_concat('' || json_object(char(1), t3.party_id, 'displayName', (SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = ?1 AND t4.id = t3.party_id)), char(10)
ORDER BY t3.id)
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND (NOT EXISTS (SELECT 1
FROM ledger_transaction t2
WHERE t2.tenant_id = ?1 AND t2.customer_id = t1.id AND NOT coalesce(t2.amount_currency IN (SELECT value
FROM json_each(?2)), 0)) AND t1.deleted_at IS NULL)
ORDER BY t1.id LIMIT ?3) t3);
