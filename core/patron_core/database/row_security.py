"""The start-up check of PostgreSQL: every way in which row-level security could be off for the role of the requests.

In comes the application's URL, out come problems, each with the fix; a service that finds one does not start. Asked are
the catalogues, on a connection like the application's own, so that what is checked is what is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from patron_core.address import dialect_of, normalise
from patron_core.database.faults import translate

__all__ = ["row_security_problems"]

# Tables with the tenant column or the directory of tenants, and the policies that apply to this role.
_COMMON: Final = """
WITH ours AS (
  SELECT c.oid, c.relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
         quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'f', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
     AND n.nspname NOT LIKE 'pg\\_%'
     AND (c.relname = 'tenant' AND c.relkind IN ('r', 'p') OR EXISTS (
           SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))),
policies AS (
  SELECT p.polrelid, p.polname, p.polcmd::text AS command, p.polpermissive,
         pg_get_expr(p.polqual, p.polrelid) AS using_, pg_get_expr(p.polwithcheck, p.polrelid) AS check_
    FROM pg_policy p
   WHERE EXISTS (SELECT 1 FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(current_user, r, 'MEMBER')))
"""

_ROLE: Final = """
SELECT format('The role %s is a superuser, whom no policy binds. Connect as patron_app.', rolname)
  FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT format('The role %s has BYPASSRLS. Take it away: ALTER ROLE %s NOBYPASSRLS.', rolname, quote_ident(rolname))
  FROM pg_roles WHERE rolname = current_user AND rolbypassrls
UNION ALL
SELECT format('The session was opened by %s, whose rights RESET ROLE gives back. Connect as patron_app.', rolname)
  FROM pg_roles WHERE rolname = session_user AND session_user <> current_user AND (rolsuper OR rolbypassrls)
UNION ALL
SELECT format('The role %s may become %s, whom no policy binds. Revoke that membership.', current_user, rolname)
  FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND rolname <> current_user
   AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND pg_has_role(current_user, oid, 'MEMBER')
UNION ALL
SELECT format('The role %s may create roles. Take it away: ALTER ROLE %s NOCREATEROLE.', rolname, quote_ident(rolname))
  FROM pg_roles WHERE rolname = current_user AND rolcreaterole AND NOT rolsuper
UNION ALL
SELECT 'The setting row_security is off. Set it on for this role.' WHERE current_setting('row_security') <> 'on'
UNION ALL
SELECT 'A tenant is set before any request came. Remove app.tenant from the settings of role, database and server.'
 WHERE nullif(current_setting('app.tenant', true), '') IS NOT NULL
"""

_TABLES: Final = f"""{_COMMON}
SELECT format('%s belongs to %s, whom this role is or may become. Let patron_owner own it.', name, relowner::regrole)
  FROM ours WHERE pg_has_role(current_user, relowner, 'MEMBER')
   AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
UNION ALL
SELECT format('%s has no row-level security. ALTER TABLE %s ENABLE ROW LEVEL SECURITY.', name, name)
  FROM ours WHERE relkind IN ('r', 'p') AND NOT relrowsecurity
UNION ALL
SELECT format('%s does not force row-level security on its owner. ALTER TABLE %s FORCE ROW LEVEL SECURITY.', name, name)
  FROM ours WHERE relkind IN ('r', 'p') AND relrowsecurity AND NOT relforcerowsecurity
UNION ALL
SELECT format('%s is no plain table, and no policy can protect it. Revoke the grants on it.', name)
  FROM ours WHERE relkind IN ('m', 'f') AND has_any_column_privilege(current_user, oid, 'SELECT')
UNION ALL
SELECT format('%s may be used for %s and has no policy for it. Add the policy `tenant` or revoke the grant.', name, use)
  FROM ours CROSS JOIN (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE')) k (letter, use)
 WHERE relkind IN ('r', 'p')
   AND CASE WHEN use = 'DELETE' THEN has_table_privilege(current_user, oid, use)
            ELSE has_any_column_privilege(current_user, oid, use) END
   AND NOT EXISTS (SELECT 1 FROM policies WHERE polrelid = oid AND polpermissive AND command IN ('*', letter))
UNION ALL
SELECT format('%s may be truncated, which no policy stops. REVOKE TRUNCATE ON %s.', name, name)
  FROM ours WHERE relkind IN ('r', 'p') AND has_table_privilege(current_user, oid, 'TRUNCATE')
UNION ALL
SELECT format('%s grants %s, which nobody needs. REVOKE %s ON %s.', name, use, use, name)
  FROM ours CROSS JOIN (VALUES ('REFERENCES'), ('TRIGGER')) k (use)
 WHERE relkind IN ('r', 'p') AND has_table_privilege(current_user, oid, use)
UNION ALL
SELECT format('%s is a partition that may be read by its own name, unprotected. Protect it as its parent is.', name)
  FROM ours WHERE relispartition AND NOT relrowsecurity AND has_any_column_privilege(current_user, oid, 'SELECT')
"""

# Views over views count too: what a view reads is read with the rights of the nearest view that is no security invoker.
_VIEWS: Final = """
WITH RECURSIVE reads (view, relation) AS (
  SELECT w.ev_class, d.refobjid
    FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
   WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND w.ev_class <> d.refobjid),
reaches (view, relation) AS (
  SELECT view, relation FROM reads
  UNION
  SELECT above.view, below.relation FROM reads above JOIN reaches below ON below.view = above.relation),
readable (view) AS (
  SELECT oid FROM pg_class WHERE relkind IN ('v', 'm') AND has_any_column_privilege(current_user, oid, 'SELECT')
  UNION
  SELECT r.relation FROM readable JOIN reads r USING (view) JOIN pg_class c ON c.oid = r.relation AND c.relkind = 'v')
SELECT DISTINCT format('%s reads %s with the rights of %s. Make it a view WITH (security_invoker), or revoke it.',
       v.oid::regclass, t.oid::regclass, v.relowner::regrole)
  FROM readable JOIN pg_class v ON v.oid = readable.view JOIN reaches r ON r.view = v.oid
  JOIN pg_class t ON t.oid = r.relation AND t.relkind IN ('r', 'p')
  JOIN pg_namespace n ON n.oid = v.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
 WHERE (v.relkind = 'm' OR NOT coalesce(v.reloptions::text ~* 'security_invoker=(true|on|1|yes)', false))
   AND (t.relname = 'tenant'
        OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id'))
UNION ALL
SELECT format('%s is a function that runs with the rights of %s, whom no policy binds. Make it SECURITY INVOKER.',
       f.oid::regprocedure, o.rolname)
  FROM pg_proc f JOIN pg_roles o ON o.oid = f.proowner JOIN pg_namespace n ON n.oid = f.pronamespace
 WHERE f.prosecdef AND (o.rolsuper OR o.rolbypassrls) AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND has_function_privilege(current_user, f.oid, 'EXECUTE')
"""

_POLICIES: Final = f"""{_COMMON}
SELECT name, relname, polname, command, using_, check_ FROM ours JOIN policies ON polrelid = oid WHERE polpermissive
"""

_SETTING: Final = "selectnullifcurrent_setting'app.{0}',true,''"
#: The expressions a policy may have, in canonical form, by the policy's name.
_ALLOWED: Final = {
    "tenant": (f"tenant_id={_SETTING.format('tenant')}",),
    "tenant of tenant": (f"id={_SETTING.format('tenant')}",),
    "by_name of tenant": (f"name={_SETTING.format('tenant_name')}",),
}


async def row_security_problems(url: str) -> list[str]:
    """Everything that would let a request see or write another tenant's rows; empty when all is well, and on SQLite.

    url: the application's, as it will be used. Raises UNAVAILABLE where the database is down.
    """
    if dialect_of(url) == "sqlite":
        return []
    engine = create_async_engine(normalise(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await _problems(connection)
    except Exception as error:
        raise translate(error) from error
    finally:
        await engine.dispose()


async def _problems(connection: AsyncConnection) -> list[str]:
    found: set[str] = set()
    for question in (_ROLE, _TABLES, _VIEWS):
        found.update((await connection.execute(text(question.replace(":", r"\:")))).scalars())
    rows = (await connection.execute(text(_POLICIES.replace(":", r"\:")))).all()
    found.update(_policy_problems(rows))
    return sorted(found)


def _policy_problems(rows: Iterable[Any]) -> list[str]:
    """Permissive policies are joined by OR: one that says anything else than the tenant opens the table."""
    problems = []
    for name, table, policy, _command, using, check in rows:
        own = f"{policy} of {table}" if table == "tenant" else policy
        allowed = _ALLOWED.get(own, _ALLOWED["tenant"] if table != "tenant" else ())
        given = [_canonical(expression) for expression in (using, check) if expression is not None]
        if not given or any(expression not in allowed for expression in given):
            problems.append(f"{name} has the policy {policy}, which does not compare the tenant. Drop or mend it.")
    return problems


def _canonical(expression: str) -> str:
    """An expression without what PostgreSQL adds when it prints one: casts, parentheses, spaces, a column name."""
    return re.sub(r'::\w+|as "?nullif"?|[()\s]', "", expression.lower().replace(' as "nullif"', ""))
