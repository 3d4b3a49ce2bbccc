SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"validity":', concat('{"from":', coalesce('"' || to_char(t2.validity_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), ',"to":', coalesce('"' || to_char(t2.validity_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), '}'), '}'), ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $4::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM relationship t1
WHERE t1.tenant_id = $1::uuid AND ((t1.validity_from IS NULL) = $2::boolean AND t1.validity_to > $3::timestamptz)
ORDER BY t1.id LIMIT $4::bigint + 1) t3) t2), 'null')) END;

SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"nodes":[', string_agg(concat('{"validity":', concat('{"to":', coalesce('"' || to_char(t2.validity_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), '}'), ',"influence":', coalesce((t2.influence)::text, 'null'), '}'), ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $2::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.k0 DESC NULLS FIRST, t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*, t1.validity_to AS k0
FROM relationship t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.validity_to DESC NULLS FIRST, t1.id LIMIT $2::bigint + 1) t3) t2), 'null')) END;
