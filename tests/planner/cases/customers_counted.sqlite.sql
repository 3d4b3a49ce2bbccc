SELECT json_object('__typename', 'CustomerConnection', 'totalCount', (SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = ?1 AND (t1.kind = ?2 AND t1.deleted_at IS NULL)));
