SELECT (SELECT '{"totalCount":' || json_quote((SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = ?1)) || ',"pageInfo":' || json_quote(json_object('hasNextPage', json(CASE WHEN count(*) > ?2 THEN 'true' ELSE 'false' END), 'hasPreviousPage', json('false'), 'startCursor', 'cus_' || (json_group_array(t2.id
ORDER BY t2.id) ->> (1 - 1)) || '.469e65', 'endCursor', 'cus_' || (json_group_array(t2.id
ORDER BY t2.id) ->> (CASE WHEN count(*) > ?2 THEN ?2 ELSE count(*) END - 1)) || '.469e65')) || ',"edges":[␉' || coalesce(group_concat(json_object('cursor', 'cus_' || t2.id || '.469e65', 'node', json_object('id', 'cus_' || t2.id, 'displayName', (SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.party_id))), char(10)
ORDER BY t2.id), '') || '␉' || count(*) || '␉]' || '}'
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1
ORDER BY t1.id LIMIT ?2 + 1) t2);
