SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('', t3.party_id, '{"displayName":', to_json((SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = $1::uuid AND t4.id = t3.party_id)), '}'), 'UTF8')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND (NOT EXISTS (SELECT 1
FROM ledger_transaction t2
WHERE t2.tenant_id = $1::uuid AND t2.customer_id = t1.id AND NOT coalesce(t2.amount_currency = ANY($2::text[]), false)) AND t1.deleted_at IS NULL)
ORDER BY t1.id LIMIT $3::bigint) t3
ORDER BY t3.id)) END;
