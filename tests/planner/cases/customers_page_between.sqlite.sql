SELECT CASE WHEN (EXISTS (SELECT 1
FROM customer t9
WHERE t9.tenant_id = ?1 AND t9.id = ?3)) THEN CASE WHEN (EXISTS (SELECT 1
FROM customer t8
WHERE t8.tenant_id = ?1 AND t8.id = ?2)) THEN (SELECT group_concat('' || json_object('cursor', 'cus_' || t2.id || '.296504', 'node', json_object('owner', t2.owner, 'displayName', (SELECT t7.display_name
FROM party t7
WHERE t7.tenant_id = ?1 AND t7.id = t2.party_id))), char(10)
ORDER BY t2.k0 DESC NULLS FIRST, t2.k1, t2.id)
FROM (SELECT t1.*, t1.owner AS k0, t1.created_at AS k1
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL AND (((t1.owner < (SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = ?1 AND t3.id = ?2) OR ((SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = ?1 AND t3.id = ?2) IS NULL AND t1.owner IS NOT NULL))) OR (t1.owner IS (SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = ?1 AND t3.id = ?2) AND t1.created_at > (SELECT t4.created_at
FROM customer t4
WHERE t4.tenant_id = ?1 AND t4.id = ?2)) OR (t1.owner IS (SELECT t3.owner
FROM customer t3
WHERE t3.tenant_id = ?1 AND t3.id = ?2) AND t1.created_at = (SELECT t4.created_at
FROM customer t4
WHERE t4.tenant_id = ?1 AND t4.id = ?2) AND t1.id > ?2)) AND (((t1.owner > (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = ?1 AND t5.id = ?3) OR (t1.owner IS NULL AND (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = ?1 AND t5.id = ?3) IS NOT NULL))) OR (t1.owner IS (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = ?1 AND t5.id = ?3) AND t1.created_at < (SELECT t6.created_at
FROM customer t6
WHERE t6.tenant_id = ?1 AND t6.id = ?3)) OR (t1.owner IS (SELECT t5.owner
FROM customer t5
WHERE t5.tenant_id = ?1 AND t5.id = ?3) AND t1.created_at = (SELECT t6.created_at
FROM customer t6
WHERE t6.tenant_id = ?1 AND t6.id = ?3) AND t1.id < ?3))
ORDER BY t1.owner DESC NULLS FIRST, t1.created_at, t1.id LIMIT ?4 + 1) t2) ELSE '!cursor' END ELSE '!cursor' END;
