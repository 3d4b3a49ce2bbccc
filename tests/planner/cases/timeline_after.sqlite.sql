SELECT CASE WHEN (EXISTS (SELECT 1
FROM touchpoint t14
WHERE t14.tenant_id = ?1 AND t14.id = ?3) OR EXISTS (SELECT 1
FROM ledger_transaction t15
WHERE t15.tenant_id = ?1 AND t15.id = ?3)) THEN (SELECT group_concat('' || json_object('timeline', json((SELECT json_object('nodes', json_group_array(json(t5.n0)
ORDER BY t5.k0 DESC, t5.gid DESC) FILTER (WHERE t5.rn <= ?5), 'pageInfo', json_object('hasNextPage', json(CASE WHEN count(*) > ?5 THEN 'true' ELSE 'false' END), 'hasPreviousPage', json('true')))
FROM (SELECT t13.*, row_number() OVER (ORDER BY t13.k0 DESC, t13.gid DESC) AS rn
FROM (SELECT t6.*
FROM (SELECT t7.k0 AS k0, t7.gid AS gid, json_object('occurredAt', t7.occurred_at, 'summary', (t7.topic)) AS n0
FROM (SELECT t3.*, t3.occurred_at AS k0, 'tch_' || t3.id AS gid
FROM touchpoint t3
WHERE t3.tenant_id = ?1 AND t3.customer_id = t2.id AND (t3.occurred_at < coalesce((SELECT t8.occurred_at
FROM touchpoint t8
WHERE t8.tenant_id = ?1 AND t8.id = ?3), (SELECT t9.occurred_at
FROM ledger_transaction t9
WHERE t9.tenant_id = ?1 AND t9.id = ?3)) OR (t3.occurred_at = coalesce((SELECT t8.occurred_at
FROM touchpoint t8
WHERE t8.tenant_id = ?1 AND t8.id = ?3), (SELECT t9.occurred_at
FROM ledger_transaction t9
WHERE t9.tenant_id = ?1 AND t9.id = ?3)) AND 'tch_' || t3.id < ?4))
ORDER BY k0 DESC, gid DESC LIMIT ?5 + 1) t7
UNION ALL SELECT t10.k0 AS k0, t10.gid AS gid, json_object('occurredAt', t10.occurred_at, 'summary', (CASE WHEN (t10.kind = 'SALE') THEN 'Sale' WHEN (t10.kind = 'REFUND') THEN 'Refund' WHEN (t10.kind = 'FEE') THEN 'Fee' WHEN (t10.kind = 'COST_TO_SERVE') THEN 'Cost to serve' ELSE 'Adjustment' END)) AS n0
FROM (SELECT t4.*, t4.occurred_at AS k0, 'txn_' || t4.id AS gid
FROM ledger_transaction t4
WHERE t4.tenant_id = ?1 AND t4.customer_id = t2.id AND (t4.occurred_at < coalesce((SELECT t11.occurred_at
FROM touchpoint t11
WHERE t11.tenant_id = ?1 AND t11.id = ?3), (SELECT t12.occurred_at
FROM ledger_transaction t12
WHERE t12.tenant_id = ?1 AND t12.id = ?3)) OR (t4.occurred_at = coalesce((SELECT t11.occurred_at
FROM touchpoint t11
WHERE t11.tenant_id = ?1 AND t11.id = ?3), (SELECT t12.occurred_at
FROM ledger_transaction t12
WHERE t12.tenant_id = ?1 AND t12.id = ?3)) AND 'txn_' || t4.id < ?4))
ORDER BY k0 DESC, gid DESC LIMIT ?5 + 1) t10) t6
ORDER BY t6.k0 DESC, t6.gid DESC LIMIT ?5 + 1) t13) t5))), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT ?2) t2) ELSE '!cursor' END;
