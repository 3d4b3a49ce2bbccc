SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (concat('␍{"__typename":"CustomerConnection","totalCount":', (SELECT count(*)
FROM customer t1
WHERE t1.tenant_id = $1::uuid AND (t1.kind = $2::text AND t1.deleted_at IS NULL)), '}')) END;
