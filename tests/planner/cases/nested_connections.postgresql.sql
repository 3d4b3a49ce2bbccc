SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"displayName":', to_json((SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = $1::uuid AND t4.id = t2.party_id)), ',"transactions":', coalesce((SELECT concat('{"totalCount":', (SELECT count(*)
FROM ledger_transaction t5
WHERE t5.tenant_id = $1::uuid AND t5.customer_id = t2.id), ',"nodes":[', string_agg(concat('{"occurredAt":"', to_char(t6.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","lines":', coalesce((SELECT concat('{"totalCount":', (SELECT count(*)
FROM ledger_transaction_line t8
WHERE t8.tenant_id = $1::uuid AND t8.transaction_id = t6.id), ',"nodes":[', string_agg(concat('{"number":', t9.number, ',"sku":', coalesce(to_json(t9.sku)::text, 'null'), '}'), ','
ORDER BY t9.rn) FILTER (WHERE t9.rn <= $4::bigint), '],"pageInfo":', concat('{"hasNextPage":', CASE WHEN count(*) > $4::bigint THEN 'true' ELSE 'false' END, '}'), '}')
FROM (SELECT t10.*, row_number() OVER (ORDER BY t10.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t8.*
FROM ledger_transaction_line t8
WHERE t8.tenant_id = $1::uuid AND t8.transaction_id = t6.id
ORDER BY t8.id LIMIT $4::bigint + 1) t10) t9), 'null'), '}'), ','
ORDER BY t6.rn) FILTER (WHERE t6.rn <= $3::bigint), ']}')
FROM (SELECT t7.*, row_number() OVER (ORDER BY t7.k0 DESC, t7.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t5.*, t5.occurred_at AS k0
FROM ledger_transaction t5
WHERE t5.tenant_id = $1::uuid AND t5.customer_id = t2.id
ORDER BY t5.occurred_at DESC, t5.id LIMIT $3::bigint + 1) t7) t6), 'null'), ',"touchpoints":', coalesce((SELECT concat('{"edges":[', string_agg(concat('{"cursor":"tch_', t12.id, '.e16823","node":', concat('{"participants":', coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"role":', coalesce(to_json(t15.role)::text, 'null'), ',"party":', coalesce((SELECT CASE WHEN t17.kind = 'PERSON' THEN concat('{"displayName":', to_json(t17.display_name), '}') WHEN t17.kind = 'ORGANIZATION' THEN concat('{"displayName":', to_json(t17.display_name), '}') ELSE 'null' END
FROM party t17
WHERE t17.tenant_id = $1::uuid AND t17.id = t15.party_id), 'null'), '}'), ','
ORDER BY t15.rn) FILTER (WHERE t15.rn <= $6::bigint), ']}')
FROM (SELECT t16.*, row_number() OVER (ORDER BY t16.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t14.*
FROM touchpoint_participant t14
WHERE t14.tenant_id = $1::uuid AND t14.touchpoint_id = t12.id
ORDER BY t14.id LIMIT $6::bigint + 1) t16) t15), 'null'), '}'), '}'), ','
ORDER BY t12.rn DESC) FILTER (WHERE t12.rn <= $5::bigint), ']}')
FROM (SELECT t13.*, row_number() OVER (ORDER BY t13.id DESC) AS rn, count(*) OVER () AS cn
FROM (SELECT t11.*
FROM touchpoint t11
WHERE t11.tenant_id = $1::uuid AND t11.customer_id = t2.id
ORDER BY t11.id DESC LIMIT $5::bigint + 1) t13) t12), 'null'), '}'), ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $2::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint + 1) t3) t2), 'null')) END;
