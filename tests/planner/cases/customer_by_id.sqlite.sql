SELECT json((SELECT json_object('displayName', (SELECT t2.display_name
FROM party t2
WHERE t2.tenant_id = ?1 AND t2.id = t1.party_id), 'party', json((SELECT json(CASE WHEN t3.kind = 'PERSON' THEN json_object('__typename', 'Person', 'id', 'pty_' || t3.id) WHEN t3.kind = 'ORGANIZATION' THEN json_object('__typename', 'Organization', 'id', 'pty_' || t3.id) END)
FROM party t3
WHERE t3.tenant_id = ?1 AND t3.id = t1.party_id)))
FROM customer t1
WHERE t1.tenant_id = ?1 AND t1.id = ?2));
