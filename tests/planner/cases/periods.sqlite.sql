SELECT (SELECT group_concat('' || json_object('validity', json_object('from', t2.validity_from, 'to', t2.validity_to)), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM relationship t1
WHERE t1.tenant_id = ?1 AND ((t1.validity_from IS NULL) = ?2 AND t1.validity_to > ?3)
ORDER BY t1.id LIMIT ?4) t2);

SELECT (SELECT group_concat('' || json_object('validity', json_object('to', t2.validity_to), 'influence', CASE WHEN t2.influence NOT BETWEEN -2147483648 AND 2147483647 THEN abs(-9223372036854775807 - 1 + 0 * t2.influence) ELSE t2.influence END), char(10)
ORDER BY t2.k0 DESC NULLS FIRST, t2.id DESC)
FROM (SELECT t1.*, t1.validity_to AS k0
FROM relationship t1
WHERE t1.tenant_id = ?1
ORDER BY t1.validity_to DESC NULLS FIRST, t1.id DESC LIMIT ?2) t2);
