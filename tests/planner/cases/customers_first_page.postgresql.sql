SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY[convert_to((SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL)::text, 'UTF8')] || ARRAY(SELECT convert_to(concat(t2.id::text, '{"cursor":"cus_', t2.id, '.469e65","node":{"id":"cus_', t2.id, '","displayName":', to_json((SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.party_id)), '}}'), 'UTF8')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT $2::bigint + 1) t2
ORDER BY t2.id)) END;
