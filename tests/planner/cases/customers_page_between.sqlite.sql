SELECT CASE WHEN (EXISTS (SELECT 1
FROM customer t10
WHERE t10.tenant_id = ?1 AND t10.id = ?3)) THEN CASE WHEN (EXISTS (SELECT 1
FROM customer t9
WHERE t9.tenant_id = ?1 AND t9.id = ?2)) THEN json((SELECT json_object('edges', json_group_array(json_object('cursor', 'cus_' || t2.id || '.296504', 'node', json_object('owner', t2.owner, 'displayName', (SELECT t8.display_name
FROM party t8
WHERE t8.tenant_id = ?1 AND t8.id = t2.party_id)))
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?4), 'pageInfo', json_object('hasNextPage', json(CASE WHEN count(*) > ?4 THEN 'true' ELSE 'false' END), 'hasPreviousPage', json('true')))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.k0 DESC NULLS FIRST, t3.k1, t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*, t1.owner AS k0, t1.created_at AS k1
FROM customer t1
WHERE t1.tenant_id = ?1 AND (((t1.owner < (SELECT t4.owner
FROM customer t4
WHERE t4.tenant_id = ?1 AND t4.id = ?2) OR ((SELECT t4.owner
FROM customer t4
WHERE t4.tenant_id = ?1 AND t4.id = ?2) IS NULL AND t1.owner IS NOT NULL))) OR (t1.owner IS (SELECT t4.owner
FROM customer t4
WHERE t4.tenant_id = ?1 AND t4.id = ?2) AND t1.created_at > (SELECT t5.created_at
FROM customer t5
WHERE t5.tenant_id = ?1 AND t5.id = ?2)) OR (t1.owner IS (SELECT t4.owner
FROM customer t4
WHERE t4.tenant_id = ?1 AND t4.id = ?2) AND t1.created_at = (SELECT t5.created_at
FROM customer t5
WHERE t5.tenant_id = ?1 AND t5.id = ?2) AND t1.id > ?2)) AND (((t1.owner > (SELECT t6.owner
FROM customer t6
WHERE t6.tenant_id = ?1 AND t6.id = ?3) OR (t1.owner IS NULL AND (SELECT t6.owner
FROM customer t6
WHERE t6.tenant_id = ?1 AND t6.id = ?3) IS NOT NULL))) OR (t1.owner IS (SELECT t6.owner
FROM customer t6
WHERE t6.tenant_id = ?1 AND t6.id = ?3) AND t1.created_at < (SELECT t7.created_at
FROM customer t7
WHERE t7.tenant_id = ?1 AND t7.id = ?3)) OR (t1.owner IS (SELECT t6.owner
FROM customer t6
WHERE t6.tenant_id = ?1 AND t6.id = ?3) AND t1.created_at = (SELECT t7.created_at
FROM customer t7
WHERE t7.tenant_id = ?1 AND t7.id = ?3) AND t1.id < ?3))
ORDER BY t1.owner DESC NULLS FIRST, t1.created_at, t1.id LIMIT ?4 + 1) t3) t2)) ELSE '!cursor' END ELSE '!cursor' END;
