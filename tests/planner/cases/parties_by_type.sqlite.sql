SELECT json((SELECT json_object('nodes', json_group_array(json(CASE WHEN t2.kind = 'PERSON' THEN json_object('__typename', 'Person', 'displayName', t2.display_name, 'givenName', t2.given_name, 'birthDate', t2.birth_date, 'gender', t2.gender) WHEN t2.kind = 'ORGANIZATION' THEN json_object('__typename', 'Organization', 'displayName', t2.display_name, 'unitKind', t2.unit_kind, 'parent', json((SELECT json_object('displayName', t4.display_name)
FROM party t4
WHERE t4.tenant_id = ?1 AND t4.kind = 'ORGANIZATION' AND t4.id = t2.parent_id))) END)
ORDER BY t2.rn) FILTER (WHERE t2.rn <= ?2))
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.id) AS rn, count(*) OVER () AS cn
FROM (SELECT t1.*
FROM party t1
WHERE t1.tenant_id = ?1
ORDER BY t1.id LIMIT ?2 + 1) t3) t2));
