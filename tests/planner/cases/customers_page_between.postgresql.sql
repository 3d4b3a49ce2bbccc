SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (CASE WHEN (EXISTS (SELECT 1
FROM customer t9
WHERE t9.tenant_id = $1::uuid AND t9.id = $3::uuid)) THEN CASE WHEN (EXISTS (SELECT 1
FROM customer t8
WHERE t8.tenant_id = $1::uuid AND t8.id = $2::uuid)) THEN ARRAY(SELECT convert_to(concat('{"cursor":"cus_', t2.id, '.296504","node":{"owner":', coalesce(to_json(t2.owner)::text, 'null'), ',"displayName":', to_json((SELECT t7.display_name
FROM party t7
WHERE t7.tenant_id = $1::uuid AND t7.id = t2.party_id)), '}}'), 'UTF8')
FROM (SELECT t1.*, t1.owner AS k0, t1.created_at AS k1
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL AND (((t1.owner < (SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = $1::uuid AND t3.id = $2::uuid) OR ((SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = $1::uuid AND t3.id = $2::uuid) IS NULL AND t1.owner IS NOT NULL))) OR (t1.owner IS NOT DISTINCT
FROM (SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = $1::uuid AND t3.id = $2::uuid) AND t1.created_at > (SELECT t4.created_at
FROM customer t4
WHERE t4.tenant_id = $1::uuid AND t4.id = $2::uuid)) OR (t1.owner IS NOT DISTINCT
FROM (SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = $1::uuid AND t3.id = $2::uuid) AND t1.created_at = (SELECT t4.created_at
FROM customer t4
WHERE t4.tenant_id = $1::uuid AND t4.id = $2::uuid) AND t1.id > $2::uuid)) AND (((t1.owner > (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = $1::uuid AND t5.id = $3::uuid) OR (t1.owner IS NULL AND (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = $1::uuid AND t5.id = $3::uuid) IS NOT NULL))) OR (t1.owner IS NOT DISTINCT
FROM (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = $1::uuid AND t5.id = $3::uuid) AND t1.created_at < (SELECT t6.created_at
FROM customer t6
WHERE t6.tenant_id = $1::uuid AND t6.id = $3::uuid)) OR (t1.owner IS NOT DISTINCT
FROM (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = $1::uuid AND t5.id = $3::uuid) AND t1.created_at = (SELECT t6.created_at
FROM customer t6
WHERE t6.tenant_id = $1::uuid AND t6.id = $3::uuid) AND t1.id < $3::uuid))
ORDER BY t1.owner DESC NULLS FIRST, t1.created_at, t1.id LIMIT $4::bigint + 1) t2
ORDER BY t2.k0 DESC NULLS FIRST, t2.k1, t2.id) ELSE ARRAY[convert_to('!cursor', 'UTF8')] END ELSE ARRAY[convert_to('!cursor', 'UTF8')] END) END;
