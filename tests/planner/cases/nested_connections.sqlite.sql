SELECT (SELECT group_concat('' || json_object('displayName', (SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.party_id), 'transactions', json((SELECT json_object('totalCount', (SELECT count(*)
FROM ledger_transaction t4
WHERE t4.tenant_id = ?1 AND t4.customer_id = t2.id), 'nodes', json_group_array(json_object('occurredAt', t5.occurred_at, 'lines', json((SELECT json_object('totalCount', (SELECT count(*)
FROM ledger_transaction_line t6
WHERE t6.tenant_id = ?1 AND t6.transaction_id = t5.id), 'nodes', json_group_array(json_object('number', CASE WHEN t7.number NOT BETWEEN -2147483648 AND 2147483647 THEN abs(-9223372036854775807 - 1 + 0 * t7.number) ELSE t7.number END, 'sku', t7.sku)
ORDER BY t7.id) FILTER (WHERE t7.rn <= ?4), 'pageInfo', json_object('hasNextPage', json(CASE WHEN count(*) > ?4 THEN 'true' ELSE 'false' END)))
FROM (SELECT t8.*, row_number() OVER (ORDER BY t8.id) AS rn
FROM (SELECT t6.*
FROM ledger_transaction_line t6
WHERE t6.tenant_id = ?1 AND t6.transaction_id = t5.id
ORDER BY t6.id LIMIT ?4 + 1) t8) t7)))
ORDER BY t5.k0 DESC, t5.id DESC))
FROM (SELECT t4.*, t4.occurred_at AS k0
FROM ledger_transaction t4
WHERE t4.tenant_id = ?1 AND t4.customer_id = t2.id
ORDER BY t4.occurred_at DESC, t4.id DESC LIMIT ?3) t5)), 'touchpoints', json((SELECT json_object('edges', json_group_array(json_object('cursor', 'tch_' || t10.id || '.e16823', 'node', json_object('participants', json((SELECT json_object('nodes', json_group_array(json_object('role', t12.role, 'party', json((SELECT json_object('displayName', t13.display_name)
FROM party t13
WHERE t13.tenant_id = ?1 AND t13.id = t12.party_id)))
ORDER BY t12.id))
FROM (SELECT t11.*
FROM touchpoint_participant t11
WHERE t11.tenant_id = ?1 AND t11.touchpoint_id = t10.id
ORDER BY t11.id LIMIT ?6) t12))))
ORDER BY t10.id))
FROM (SELECT t9.*
FROM touchpoint t9
WHERE t9.tenant_id = ?1 AND t9.customer_id = t2.id
ORDER BY t9.id DESC LIMIT ?5) t10))), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT ?2) t2);
