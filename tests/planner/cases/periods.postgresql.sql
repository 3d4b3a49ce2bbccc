SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('{"validity":{"from":', coalesce('"' || to_char(t2.validity_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), ',"to":', coalesce('"' || to_char(t2.validity_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), '}}'), 'UTF8')
FROM (SELECT t1.*
FROM relationship t1
WHERE t1.tenant_id = $1::uuid AND ((t1.validity_from IS NULL) = $2::boolean AND t1.validity_to > $3::timestamptz)
ORDER BY t1.id LIMIT $4::bigint) t2
ORDER BY t2.id)) END;

SELECT CASE WHEN set_config('app.tenant', ($1::uuid)::text, true) IS NOT NULL THEN (ARRAY(SELECT convert_to(concat('{"validity":{"to":', coalesce('"' || to_char(t2.validity_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null'), '},"influence":', coalesce((CASE WHEN t2.influence NOT BETWEEN -2147483648 AND 2147483647 THEN abs(-9223372036854775807 - 1 + 0 * t2.influence) ELSE t2.influence END)::text, 'null'), '}'), 'UTF8')
FROM (SELECT t1.*, t1.validity_to AS k0
FROM relationship t1
WHERE t1.tenant_id = $1::uuid
ORDER BY t1.validity_to DESC NULLS FIRST, t1.id DESC LIMIT $2::bigint) t2
ORDER BY t2.k0 DESC NULLS FIRST, t2.id DESC)) END;
