SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (CASE WHEN (EXISTS (SELECT 1
FROM touchpoint t14
WHERE t14.tenant_id = $1::uuid AND t14.id = $3::uuid) OR EXISTS (SELECT 1
FROM ledger_transaction t15
WHERE t15.tenant_id = $1::uuid AND t15.id = $3::uuid)) THEN ARRAY(SELECT convert_to(concat('{"timeline":', coalesce((SELECT concat('␍{"nodes":[', string_agg(t5.n0, ','
ORDER BY t5.k0 DESC, t5.gid DESC) FILTER (WHERE t5.rn <= $5::bigint), '],"pageInfo":{"hasNextPage":', CASE WHEN count(*) > $5::bigint THEN 'true' ELSE 'false' END, ',"hasPreviousPage":true}}')
FROM (SELECT t13.*, row_number() OVER (ORDER BY t13.k0 DESC, t13.gid DESC) AS rn
FROM (SELECT t6.*
FROM (SELECT t7.k0 AS k0, t7.gid AS gid, concat('␍{"occurredAt":"', to_char(t7.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","summary":', to_json((t7.topic)), '}') AS n0
FROM (SELECT t3.*, t3.occurred_at AS k0, 'tch_' || (t3.id::text COLLATE "C") AS gid
FROM touchpoint t3
WHERE t3.tenant_id = $1::uuid AND t3.customer_id = t2.id AND (t3.occurred_at < coalesce((SELECT t8.occurred_at
FROM touchpoint t8
WHERE t8.tenant_id = $1::uuid AND t8.id = $3::uuid), (SELECT t9.occurred_at
FROM ledger_transaction t9
WHERE t9.tenant_id = $1::uuid AND t9.id = $3::uuid)) OR (t3.occurred_at = coalesce((SELECT t8.occurred_at
FROM touchpoint t8
WHERE t8.tenant_id = $1::uuid AND t8.id = $3::uuid), (SELECT t9.occurred_at
FROM ledger_transaction t9
WHERE t9.tenant_id = $1::uuid AND t9.id = $3::uuid)) AND 'tch_' || (t3.id::text COLLATE "C") < $4::text))
ORDER BY k0 DESC, gid DESC LIMIT $5::bigint + 1) t7
UNION ALL SELECT t10.k0 AS k0, t10.gid AS gid, concat('␍{"occurredAt":"', to_char(t10.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","summary":', to_json((CASE WHEN (t10.kind = 'SALE') THEN 'Sale' WHEN (t10.kind = 'REFUND') THEN 'Refund' WHEN (t10.kind = 'FEE') THEN 'Fee' WHEN (t10.kind = 'COST_TO_SERVE') THEN 'Cost to serve' ELSE 'Adjustment' END)), '}') AS n0
FROM (SELECT t4.*, t4.occurred_at AS k0, 'txn_' || (t4.id::text COLLATE "C") AS gid
FROM ledger_transaction t4
WHERE t4.tenant_id = $1::uuid AND t4.customer_id = t2.id AND (t4.occurred_at < coalesce((SELECT t11.occurred_at
FROM touchpoint t11
WHERE t11.tenant_id = $1::uuid AND t11.id = $3::uuid), (SELECT t12.occurred_at
FROM ledger_transaction t12
WHERE t12.tenant_id = $1::uuid AND t12.id = $3::uuid)) OR (t4.occurred_at = coalesce((SELECT t11.occurred_at
FROM touchpoint t11
WHERE t11.tenant_id = $1::uuid AND t11.id = $3::uuid), (SELECT t12.occurred_at
FROM ledger_transaction t12
WHERE t12.tenant_id = $1::uuid AND t12.id = $3::uuid)) AND 'txn_' || (t4.id::text COLLATE "C") < $4::text))
ORDER BY k0 DESC, gid DESC LIMIT $5::bigint + 1) t10) t6
ORDER BY t6.k0 DESC, t6.gid DESC LIMIT $5::bigint + 1) t13) t5), 'null'), '}'), 'UTF8')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT $2::bigint) t2
ORDER BY t2.id) ELSE ARRAY[convert_to('!cursor', 'UTF8')] END) END;
