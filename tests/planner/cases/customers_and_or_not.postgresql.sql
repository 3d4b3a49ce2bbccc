SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"displayName":', to_json((SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = $1::uuid AND t4.id = t2.party_id)), '}'), ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $6::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND ((t1.kind = $2::text AND NOT coalesce((t1.owner IS NULL) = $3::boolean, false)) OR (t1.owner = $4::text AND (t1.since IS NULL) = $5::boolean))
ORDER BY t1.id LIMIT $6::bigint + 1) t3) t2), 'null')) END;
