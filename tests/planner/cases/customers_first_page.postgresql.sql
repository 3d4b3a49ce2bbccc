SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('{"totalCount":', (SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = $1::uuid), ',"pageInfo":', concat('{"hasNextPage":', CASE WHEN count(*) > $2::bigint THEN 'true' ELSE 'false' END, ',"hasPreviousPage":false,"startCursor":', coalesce(max(concat('"cus_', t2.id, '.469e65"')) FILTER (WHERE t2.rn = 1), 'null'), ',"endCursor":', coalesce(max(concat('"cus_', t2.id, '.469e65"')) FILTER (WHERE (t2.rn = $2::bigint OR (t2.rn < $2::bigint AND t2.rn = t2.cn))), 'null'), '}'), ',"edges":[', string_agg(concat('{"cursor":"cus_', t2.id, '.469e65","node":', concat('{"id":"cus_', t2.id, '","displayName":', to_json((SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = $1::uuid AND t4.id = t2.party_id)), '}'), '}'), ','
ORDER BY t2.rn) FILTER (WHERE t2.rn <= $2::bigint), ']}')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.id LIMIT $2::bigint + 1) t3) t2), 'null')) END;
