SELECT json((SELECT json_object('totalCount', (SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = ?1), 'pageInfo', json_object('hasNextPage', json(CASE WHEN count(*) > ?2 THEN 'true' ELSE 'false' END), 'hasPreviousPage', json('false'), 'startCursor', max('cus_' || t2.id || '.469e65') FILTER (WHERE t2.rn = 1), 'endCursor', max('cus_' || t2.id || '.469e65') FILTER (WHERE (t2.rn = ?2 OR (t2.rn < ?2 AND t2.rn = t2.cn)))), 'edges', json_group_array(json_object('cursor', 'cus_' || t2.id || '.469e65', 'node', json_object('id', 'cus_' || t2.id, 'displayName', (SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = ?1 AND t4.id = t2.party_id)))
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?2))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1
ORDER BY t1.id LIMIT ?2 + 1) t3) t2));
