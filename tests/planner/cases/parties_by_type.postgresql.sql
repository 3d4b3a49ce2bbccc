SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"nodes":[', string_agg(CASE WHEN t2.kind = 'PERSON' THEN concat('{"__typename":"Person","displayName":', to_json(t2.display_name), ',"givenName":', coalesce(to_json(t2.given_name)::text, 'null'), ',"birthDate":', coalesce('"' || to_char(t2.birth_date, 'YYYY-MM-DD') || '"', 'null'), ',"gender":', coalesce('"' || t2.gender || '"', 'null'), '}') WHEN t2.kind = 'ORGANIZATION' THEN concat('{"__typename":"Organization","displayName":', to_json(t2.display_name), ',"unitKind":', coalesce('"' || t2.unit_kind || '"', 'null'), ',"parent":', coalesce((SELECT concat('{"displayName":', to_json(t4.display_name), '}')
FROM party t4
WHERE t4.tenant_id = $1::uuid AND t4.kind = 'ORGANIZATION' AND t4.id = t2.parent_id), 'null'), '}') ELSE 'null' END, ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $2::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM party t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint + 1) t3) t2), 'null')) END;
