SELECT (SELECT group_concat('' || json_object('displayName', (SELECT t3.display_name
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t2.party_id)), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND (((t1.kind = ?2 AND NOT coalesce((t1.owner IS NULL) = ?3, 0)) OR (t1.owner = ?4 AND (t1.since IS NULL) = ?5)) AND t1.deleted_at IS NULL)
ORDER BY t1.id LIMIT ?6) t2);
