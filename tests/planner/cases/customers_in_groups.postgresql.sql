SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (coalesce((SELECT concat('␍[', string_agg(concat('␍{"key":{"lifecycleStage":', coalesce('"' || t4.k0 || '"', 'null'), ',"owner":', coalesce(to_json(t4.k1)::text, 'null'), '},"count":', t4.n, '}'), ','
ORDER BY t4.rn), ']')
FROM (SELECT t3.*, row_number() OVER (ORDER BY t3.n DESC NULLS FIRST, t3.k1 NULLS LAST, t3.k0) AS rn
FROM (SELECT t1.k0, t1.k1, count(*) AS n
FROM (SELECT t5.lifecycle_stage AS k0, t5.owner AS k1
FROM customer t5
WHERE t5.tenant_id = $1::uuid AND t5.deleted_at IS NULL) t1 GROUP BY t1.k0, t1.k1) t3
ORDER BY t3.n DESC NULLS FIRST, t3.k1 NULLS LAST, t3.k0 LIMIT $2::bigint) t4), 'null')) END;
