SELECT (SELECT group_concat('' || json(CASE WHEN t2.kind = 'PERSON' THEN json_object('__typename', 'Person', 'displayName', t2.display_name, 'givenName', t2.given_name, 'birthDate', t2.birth_date, 'gender', t2.gender) WHEN t2.kind = 'ORGANIZATION' THEN json_object('__typename', 'Organization', 'displayName', t2.display_name, 'unitKind', t2.unit_kind, 'parent', json((SELECT json_object('displayName', t3.display_name)
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.kind = 'ORGANIZATION' AND t3.id = t2.parent_id))) END), char(10)
ORDER BY t2.id)
FROM (SELECT t1.*
FROM party t1
WHERE t1.tenant_id = ?1 AND t1.deleted_at IS NULL
ORDER BY t1.id LIMIT ?2) t2);
