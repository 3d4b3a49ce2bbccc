SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('{"displayName":', to_json((SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.party_id)), ',"transactions":', coalesce((SELECT concat('␍{"totalCount":', (SELECT count(*)
FROM ledger_transaction t4
WHERE t4.tenant_id = $1::uuid AND t4.customer_id = t2.id), ',"nodes":[', string_agg(concat('␍{"occurredAt":"', to_char(t5.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '","lines":', coalesce((SELECT concat('␍{"totalCount":', (SELECT count(*)
FROM ledger_transaction_line t6
WHERE t6.tenant_id = $1::uuid AND t6.transaction_id = t5.id), ',"nodes":[', string_agg(concat('␍{"number":', CASE WHEN t7.number NOT BETWEEN -2147483648 AND 2147483647 THEN abs(-9223372036854775807 - 1 + 0 * t7.number) ELSE t7.number END, ',"sku":', coalesce(to_json(t7.sku)::text, 'null'), '}'), ','
ORDER BY t7.id) FILTER (WHERE t7.rn <= $4::bigint), '],"pageInfo":{"hasNextPage":', CASE WHEN count(*) > $4::bigint THEN 'true' ELSE 'false' END, '}}')
FROM (SELECT t8.*, row_number() OVER (ORDER BY t8.id) AS rn
FROM (SELECT t6.*
FROM ledger_transaction_line t6
WHERE t6.tenant_id = $1::uuid AND t6.transaction_id = t5.id
ORDER BY t6.id LIMIT $4::bigint + 1) t8) t7), 'null'), '}'), ','
ORDER BY t5.k0 DESC, t5.id DESC), ']}')
FROM (SELECT t4.*, t4.occurred_at AS k0
FROM ledger_transaction t4
WHERE t4.tenant_id = $1::uuid AND t4.customer_id = t2.id
ORDER BY t4.occurred_at DESC, t4.id DESC LIMIT $3::bigint) t5), 'null'), ',"touchpoints":', coalesce((SELECT concat('␍{"edges":[', string_agg(concat('{"cursor":"tch_', t10.id, '.e16823","node":␍{"participants":', coalesce((SELECT concat('␍{"nodes":[', string_agg(concat('␍{"role":', coalesce(to_json(t12.role)::text, 'null'), ',"party":', coalesce((SELECT concat('␍{"displayName":', to_json(t13.display_name), '}')
FROM party t13
WHERE t13.tenant_id = $1::uuid AND t13.id = t12.party_id), 'null'), '}'), ','
ORDER BY t12.id), ']}')
FROM (SELECT t11.*
FROM touchpoint_participant t11
WHERE t11.tenant_id = $1::uuid AND t11.touchpoint_id = t10.id
ORDER BY t11.id LIMIT $6::bigint) t12), 'null'), '}}'), ','
ORDER BY t10.id), ']}')
FROM (SELECT t9.*
FROM touchpoint t9
WHERE t9.tenant_id = $1::uuid AND t9.customer_id = t2.id
ORDER BY t9.id DESC LIMIT $5::bigint) t10), 'null'), '}'), 'UTF8')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT $2::bigint) t2
ORDER BY t2.id)) END;
