SELECT (SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL) || coalesce(char(10) || (SELECT group_concat(t2.id || json_object('cursor', 'cus_' || t2.id || '.469e65', 'node', json_object('id', 'cus_' || t2.id, 'displayName', (SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.party_id))), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT ?2 + 1) t2), '');
