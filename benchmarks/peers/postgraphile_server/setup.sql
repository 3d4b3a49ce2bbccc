-- What PostGraphile's users would add to the tables: the sum of question 4 as a computed column, simple enough that PostgreSQL
-- inlines it, and defaults for what its bare create mutation does not say. Patron says all of them itself.
DO $setup$
BEGIN
  IF to_regprocedure('retail_loyalty_member_earned(retail_loyalty_member)') IS NOT NULL THEN
    RETURN;
  END IF;
  CREATE FUNCTION retail_loyalty_member_earned(member retail_loyalty_member) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(entry.delta), 0)::bigint
    FROM retail_points_entry entry
    WHERE entry.tenant_id = member.tenant_id AND entry.member_id = member.id AND entry.kind = 'EARN'
  $$;
  EXECUTE format(
    'ALTER TABLE ledger_transaction ALTER id SET DEFAULT %s, ALTER version SET DEFAULT 1, '
    'ALTER created_at SET DEFAULT now(), ALTER updated_at SET DEFAULT now()',
    CASE WHEN to_regprocedure('uuidv7()') IS NULL THEN 'gen_random_uuid()' ELSE 'uuidv7()' END
  );
END
$setup$;
