SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('␍{"displayName":', to_json((SELECT t2.display_name
FROM party t2
WHERE t2.tenant_id = $1::uuid AND t2.id = t1.party_id)), ',"party":', coalesce((SELECT CASE WHEN t3.kind = 'PERSON' THEN concat('␍{"__typename":"Person","id":"pty_', t3.id, '"}') WHEN t3.kind = 'ORGANIZATION' THEN concat('␍{"__typename":"Organization","id":"pty_', t3.id, '"}') ELSE 'null' END
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t1.party_id), 'null'), '}')
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND t1.id = $2::uuid), 'null')) END;
