SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (CASE WHEN (EXISTS (SELECT 1
FROM touchpoint t14
WHERE t14.tenant_id = $1::uuid AND t14.id = $3::uuid) OR EXISTS (SELECT 1
FROM ledger_transaction t15
WHERE t15.tenant_id = $1::uuid AND t15.id = $3::uuid)) THEN coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"timeline":', coalesce((SELECT concat('{"nodes":[', string_agg(t6.n0, ','
ORDER BY t6.rn) FILTER (WHERE t6.rn <= $5::bigint), '],"pageInfo":', concat('{"hasNextPage":', CASE WHEN count(*) > $5::bigint THEN 'true' ELSE 'false' END, ',"hasPreviousPage":true}'), '}')
FROM (SELECT t7.*, row_number() OVER (ORDER BY t7.k0 DESC, t7.gid DESC) AS rn, count(*) OVER () AS cn
FROM (SELECT t8.k0 AS k0, t8.gid AS gid, concat('{"occurredAt":"', to_char(t8.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","summary":', to_json((t8.topic)), '}') AS n0
FROM (SELECT t4.*, t4.occurred_at AS k0, 'tch_' || (t4.id::text COLLATE "C") AS gid
FROM touchpoint t4
WHERE t4.tenant_id = $1::uuid AND t4.customer_id = t2.id AND (t4.occurred_at < coalesce((SELECT t9.occurred_at
FROM touchpoint t9
WHERE t9.tenant_id = $1::uuid AND t9.id = $3::uuid), (SELECT t10.occurred_at
FROM ledger_transaction t10
WHERE t10.tenant_id = $1::uuid AND t10.id = $3::uuid)) OR (t4.occurred_at = coalesce((SELECT t9.occurred_at
FROM touchpoint t9
WHERE t9.tenant_id = $1::uuid AND t9.id = $3::uuid), (SELECT t10.occurred_at
FROM ledger_transaction t10
WHERE t10.tenant_id = $1::uuid AND t10.id = $3::uuid)) AND 'tch_' || (t4.id::text COLLATE "C") < $4::text))
ORDER BY k0 DESC, gid DESC LIMIT $5::bigint + 1) t8
UNION ALL SELECT t11.k0 AS k0, t11.gid AS gid, concat('{"occurredAt":"', to_char(t11.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","summary":', to_json((CASE WHEN (t11.kind = 'SALE') THEN 'Sale' WHEN (t11.kind = 'REFUND') THEN 'Refund' WHEN (t11.kind = 'FEE') THEN 'Fee' WHEN (t11.kind = 'COST_TO_SERVE') THEN 'Cost to serve' ELSE 'Adjustment' END)), '}') AS n0
FROM (SELECT t5.*, t5.occurred_at AS k0, 'txn_' || (t5.id::text COLLATE "C") AS gid
FROM ledger_transaction t5
WHERE t5.tenant_id = $1::uuid AND t5.customer_id = t2.id AND (t5.occurred_at < coalesce((SELECT t12.occurred_at
FROM touchpoint t12
WHERE t12.tenant_id = $1::uuid AND t12.id = $3::uuid), (SELECT t13.occurred_at
FROM ledger_transaction t13
WHERE t13.tenant_id = $1::uuid AND t13.id = $3::uuid)) OR (t5.occurred_at = coalesce((SELECT t12.occurred_at
FROM touchpoint t12
WHERE t12.tenant_id = $1::uuid AND t12.id = $3::uuid), (SELECT t13.occurred_at
FROM ledger_transaction t13
WHERE t13.tenant_id = $1::uuid AND t13.id = $3::uuid)) AND 'txn_' || (t5.id::text COLLATE "C") < $4::text))
ORDER BY k0 DESC, gid DESC LIMIT $5::bigint + 1) t11) t7) t6), 'null'), '}'), ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $2::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint + 1) t3) t2), 'null') ELSE '!cursor' END) END;
