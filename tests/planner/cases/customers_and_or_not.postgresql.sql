SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('{"displayName":', to_json((SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.party_id)), '}'), 'UTF8')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND (((t1.kind = $2::text AND NOT coalesce((t1.owner IS NULL) = $3::boolean, false)) OR (t1.owner = $4::text AND (t1.since IS NULL) = $5::boolean)) AND t1.deleted_at IS NULL)
ORDER BY t1.id LIMIT $6::bigint) t2
ORDER BY t2.id)) END;
