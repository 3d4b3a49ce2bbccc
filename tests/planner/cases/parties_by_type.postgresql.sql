SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('', CASE WHEN t2.kind = 'PERSON' THEN concat('{"__typename":"Person","displayName":', to_json(t2.display_name), ',"givenName":', coalesce(to_json(t2.given_name)::text, 'null'), ',"birthDate":', coalesce('"' || (t2.birth_date)::text || '"', 'null'), ',"gender":', coalesce('"' || t2.gender || '"', 'null'), '}') WHEN t2.kind = 'ORGANIZATION' THEN concat('{"__typename":"Organization","displayName":', to_json(t2.display_name), ',"unitKind":', coalesce('"' || t2.unit_kind || '"', 'null'), ',"parent":', coalesce((SELECT concat('␍{"displayName":', to_json(t3.display_name), '}')
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.kind = 'ORGANIZATION' AND t3.id = t2.parent_id), 'null'), '}') ELSE 'null' END), 'UTF8')
FROM (SELECT t1.*
FROM party t1
WHERE t1.tenant_id = $1::uuid AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT $2::bigint) t2
ORDER BY t2.id)) END;
