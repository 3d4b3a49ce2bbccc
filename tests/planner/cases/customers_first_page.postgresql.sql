SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN ((SELECT concat('␍{"totalCount":', (SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = $1::uuid), ',"pageInfo":{"hasNextPage":', CASE WHEN count(*) > $2::bigint THEN 'true' ELSE 'false' END, ',"hasPreviousPage":false,"startCursor":', coalesce('"' || 'cus_' || (array_agg(t2.id
ORDER BY t2.id))[1] || '.469e65' || '"', 'null'), ',"endCursor":', coalesce('"' || 'cus_' || (array_agg(t2.id
ORDER BY t2.id))[CASE WHEN count(*) > $2::bigint THEN $2::bigint ELSE count(*) END] || '.469e65' || '"', 'null'), '},"edges":[␉') || coalesce(string_agg(concat('{"cursor":"cus_', t2.id, '.469e65","node":{"id":"cus_', t2.id, '","displayName":', to_json((SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = $1::uuid AND t3.id = t2.party_id)), '}}'), '␊'
ORDER BY t2.id), '') || concat('␉', count(*), '␉]}')
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint + 1) t2)) END;
