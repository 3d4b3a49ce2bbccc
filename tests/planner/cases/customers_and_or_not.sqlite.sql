SELECT json((SELECT json_object('nodes', json_group_array(json_object('displayName', (SELECT t4.display_name
FROM party t4
WHERE t4.tenant_id = ?1 AND t4.id = t2.party_id))
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?6))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM customer t1
WHERE t1.tenant_id = ?1 AND ((t1.kind = ?2 AND NOT coalesce((t1.owner IS NULL) = ?3, 0)) OR (t1.owner = ?4 AND (t1.since IS NULL) = ?5))
ORDER BY t1.id LIMIT ?6 + 1) t3) t2));
