SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"displayName":', to_json((SELECT t5.display_name
FROM party t5
WHERE t5.tenant_id = $1::uuid AND t5.id = t3.party_id)), '}'), ','
ORDER BY t3.rn) FILTER (WHERE t3.rn <= $3::bigint), ']}')
FROM (SELECT t4.*, row_number() OVER (ORDER BY t4.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND NOT EXISTS (SELECT 1
FROM ledger_transaction t2
WHERE t2.tenant_id = $1::uuid AND t2.customer_id = t1.id AND NOT coalesce(t2.amount_currency = ANY($2::text[]), false))
ORDER BY t1.id LIMIT $3::bigint + 1) t4) t3), 'null')) END;
