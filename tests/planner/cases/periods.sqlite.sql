SELECT json((SELECT json_object('nodes', json_group_array(json_object('validity', json_object('from', t2.validity_from, 'to', t2.validity_to))
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?4))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM relationship t1
WHERE t1.tenant_id = ?1 AND ((t1.validity_from IS NULL) = ?2 AND t1.validity_to > ?3)
ORDER BY t1.id LIMIT ?4 + 1) t3) t2));

SELECT json((SELECT json_object('nodes', json_group_array(json_object('validity', json_object('to', t2.validity_to), 'influence', t2.influence)
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?2))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.k0 DESC NULLS FIRST, t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*, t1.validity_to AS k0
FROM relationship t1
WHERE t1.tenant_id = ?1
ORDER BY t1.validity_to DESC NULLS FIRST, t1.id LIMIT ?2 + 1) t3) t2));
