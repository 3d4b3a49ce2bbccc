SELECT json((SELECT json_object('nodes', json_group_array(json_object('displayName', (SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = ?1 AND t4.id = t2.party_id), 'transactions', json((SELECT json_object('totalCount', (SELECT count(*)
FROM ledger_transaction t5
WHERE t5.tenant_id = ?1 AND t5.customer_id = t2.id), 'nodes', json_group_array(json_object('occurredAt', t6.occurred_at, 'lines', json((SELECT json_object('totalCount', (SELECT count(*)
FROM ledger_transaction_line t8
WHERE t8.tenant_id = ?1 AND t8.transaction_id = t6.id), 'nodes', json_group_array(json_object('number', t9.number, 'sku', t9.sku)
ORDER BY t9.rn) FILTER (WHERE t9.rn <= ?4), 'pageInfo', json_object('hasNextPage', json(CASE WHEN count(*) > ?4 THEN 'true' ELSE 'false' END)))
FROM (SELECT t10.*, row_number() OVER (ORDER BY t10.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t8.*
FROM ledger_transaction_line t8
WHERE t8.tenant_id = ?1 AND t8.transaction_id = t6.id
ORDER BY t8.id LIMIT ?4 + 1) t10) t9)))
ORDER BY t6.rn) FILTER (WHERE t6.rn <= ?3))
FROM (SELECT t7.*, row_number() OVER (ORDER BY t7.k0 DESC, t7.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t5.*, t5.occurred_at AS k0
FROM ledger_transaction t5
WHERE t5.tenant_id = ?1 AND t5.customer_id = t2.id
ORDER BY t5.occurred_at DESC, t5.id LIMIT ?3 + 1) t7) t6)), 'touchpoints', json((SELECT json_object('edges', json_group_array(json_object('cursor', 'tch_' || t12.id || '.e16823', 'node', json_object('participants', json((SELECT json_object('nodes', json_group_array(json_object('role', t15.role, 'party', json((SELECT json(CASE WHEN t17.kind = 'PERSON' THEN json_object('displayName', t17.display_name) WHEN t17.kind = 'ORGANIZATION' THEN json_object('displayName', t17.display_name) END)
FROM party t17
WHERE t17.tenant_id = ?1 AND t17.id = t15.party_id)))
ORDER BY t15.rn) FILTER (WHERE t15.rn <= ?6))
FROM (SELECT t16.*, row_number() OVER (ORDER BY t16.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t14.*
FROM touchpoint_participant t14
WHERE t14.tenant_id = ?1 AND t14.touchpoint_id = t12.id
ORDER BY t14.id LIMIT ?6 + 1) t16) t15))))
ORDER BY t12.rn DESC) FILTER (WHERE t12.rn <= ?5))
FROM (SELECT t13.*, row_number() OVER (ORDER BY t13.id DESC) AS rn, count(*) OVER () AS cn
FROM (SELECT t11.*
FROM touchpoint t11
WHERE t11.tenant_id = ?1 AND t11.customer_id = t2.id
ORDER BY t11.id DESC LIMIT ?5 + 1) t13) t12)))
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?2))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1
ORDER BY t1.id LIMIT ?2 + 1) t3) t2));
