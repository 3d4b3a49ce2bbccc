"""Defects that are planted one at a time, each in one place of the code, with the tests that must notice.

`planting` applies them to a copy of the tree; `test_defects_fit` holds that every place is there exactly once.
"""

# ruff: noqa: E501 - texts of the code stand as they are there
from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["DEFECTS", "Defect"]

_SQL: Final = "schema/patron_schema/planner/sql"
_NETS: Final = "tests/security/test_b3_guard.py tests/planner/test_statements.py tests/planner/test_filters.py tests/planner/test_paging.py"
_ROWS: Final = "tests/security/test_b4_rows_of_others.py"
_SEEN: Final = "tests/schema/test_visibility.py"
_OURS: Final = "tests/security/test_b4_rows_that_are_ours.py"
_RLS: Final = "tests/core/test_row_security.py"
_DATABASE: Final = "tests/core/test_database.py"
_ORACLE: Final = "tests/security/test_b4_no_oracle.py"


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect. old: text that stands exactly once in the file; new: what stands there instead. tests: pytest's words."""

    name: str
    file: str
    old: str
    new: str
    tests: str


DEFECTS: Final = (
    # -- the writer's predicates
    Defect("rows_carry_no_tenant", f"{_SQL}/scope.py", "return self.owned(alias) + tag + self.limited(entry, alias)",
           'return "1 = 1" + tag + self.limited(entry, alias)', _NETS),
    Defect("a_joined_row_carries_no_tenant", f"{_SQL}/aggregates.py",
           'rows = f"{self.scope.owned(other)}{self.scope.limited(target, other)}"',
           'rows = f"1 = 1{self.scope.limited(target, other)}"', "tests/planner/test_aggregates.py"),
    Defect("an_order_one_reference_away_carries_no_tenant", f"{_SQL}/scope.py",
           'mine = f"{self.owned(other)}{self.limited(target, other)}"', 'mine = f"1 = 1{self.limited(target, other)}"',
           "tests/planner/test_paging.py tests/planner/test_golden.py tests/planner/test_aggregates.py"),
    Defect("the_row_of_a_cursor_carries_no_tenant", f"{_SQL}/pages.py",
           "WHERE {self.scope.owned(other)} AND {other}.id = {self.scope.param(cursor)}",
           "WHERE {other}.id = {self.scope.param(cursor)}", "tests/planner/test_paging.py"),
    Defect("a_values_presence_carries_no_tenant", f"{_SQL}/scope.py",
           'f"EXISTS (SELECT 1 FROM {field.present_table} {other} WHERE {self.owned(other)}"',
           'f"EXISTS (SELECT 1 FROM {field.present_table} {other} WHERE 1 = 1"',
           "tests/security/test_b1_tenants_never_mix.py -k random"),
    Defect("a_total_carries_no_tenant", "schema/patron_schema/compose/binding.py",
           "{SUMMED} WHERE {SUMMED}.tenant_id = {{outer}}.tenant_id", "{SUMMED} WHERE 1 = 1",
           "tests/security/test_b1_tenants_never_mix.py -k random"),
    Defect("the_guard_sees_nothing", f"{_SQL}/guard.py", "if pinned[alias] < count:", "if pinned[alias] < 0:",
           "tests/security/test_b3_guard.py"),
    Defect("the_guard_takes_any_value_for_the_tenant", f"{_SQL}/guard.py", "binds[int(place) - 1] == _TENANT",
           "binds[int(place) - 1] >= _TENANT", "tests/security/test_b3_guard.py"),
    Defect("the_guard_is_not_asked", f"{_SQL}/writer.py", "        refuse_unowned(gated, self.scope.binds)\n", "        _ = refuse_unowned\n",
           "tests/security/test_b3_nets.py -k guard_refuses"),
    Defect("the_gate_sets_no_tenant", f"{_SQL}/postgresql.py", "set_config('app.tenant', ({tenant()})::text, true) IS NOT NULL",
           "({tenant()})::text IS NOT NULL", "tests/planner/test_statements.py tests/planner/test_paging.py"),
    # -- rows and columns beyond an actor
    Defect("rows_are_not_limited", f"{_SQL}/scope.py", "return theirs + self._not_ours(table, alias)",
           "return self._not_ours(table, alias)", _SEEN),
    Defect("rows_that_are_ours_are_shown", f"{_SQL}/scope.py", "return theirs + self._not_ours(table, alias)",
           "return theirs", _OURS),
    Defect("what_hangs_below_rows_that_are_ours_is_shown", f"{_SQL}/scope.py", 'mine = f"{self.owned(other)}{self._not_ours(table, other)}"',
           'mine = f"{self.owned(other)}"', _OURS),
    Defect("rows_that_are_ours_are_written", "core/patron_core/access/kept_back.py",
           "return where is not None and is_outside(actor) and getattr(record, where[0]) is where[1]", "return False",
           "tests/security/test_b4_rows_that_are_ours.py -k takes_no_such_row"),
    Defect("the_feed_tells_of_rows_that_are_ours", "core/patron_core/outbox/telling.py",
           "(is_outside(actor) and _is_ours(event, type_))", "(is_outside(actor) and _is_ours(event, type_) and False)", _OURS),
    Defect("a_total_counts_rows_of_others", f"{_SQL}/scope.py", "limits=self.about(field.via_table, field.subjects, SUMMED)",
           "limits=str()", "tests/security/test_b4_totals_of_others.py"),
    Defect("a_value_is_there_by_rows_of_others", f"{_SQL}/scope.py",
           'f"{self.about(field.present_table, field.present_subjects, other)}"', 'f""', "tests/security/test_b4_totals_of_others.py"),
    Defect("one_of_two_limits_is_enough", "core/patron_core/access/row_limits.py",
           "return all(any(_is_seen(party, limit, uow) for party in parties) for limit in uow.actor.limits)",
           "return True", _SEEN),
    Defect("an_agreement_that_ended_still_shares", f"{_SQL}/scope.py", "AND ({given}.validity_to IS NULL OR {given}.validity_to > {now}))",
           "AND ({given}.validity_to IS NULL OR {given}.validity_to > {given}.validity_to - {now} + {now} OR 1 = 1))", _ROWS),
    Defect("an_agreement_to_come_already_shares", f"{_SQL}/scope.py",
           "AND ({given}.validity_from IS NULL OR {given}.validity_from <= {now})", "AND {now} IS NOT NULL", _ROWS),
    Defect("every_partner_sees_every_agreement", f"{_SQL}/scope.py", 'f" AND {given}.partner_id = {who} AND (',
           'f" AND {who} IS NOT NULL AND (', _ROWS),
    Defect("every_owner_sees_every_customer", f"{_SQL}/scope.py", "AND {mine}.owner = {who})", "AND {who} IS NOT NULL)", _ROWS),
    Defect("customers_see_what_we_earn", "schema/patron_schema/planner/grants.py", "if field.ours and self._outside:",
           "if field.ours and not field.name:", "tests/security/test_b4_what_we_earn.py"),
    Defect("uses_are_not_checked", "schema/patron_schema/planner/grants.py",
           "if seen and self._allows(owner, field, Use.READ) and (wanted is Use.READ or self._allows(owner, field, wanted)):",
           "if seen and self._allows(owner, field, Use.READ):", _SEEN),
    Defect("every_column_is_read_by_everybody", "schema/patron_schema/planner/grants.py",
           "            return field.classification in classes\n", "            return True\n", _SEEN),
    Defect("a_computed_field_is_of_no_class", "schema/patron_schema/planner/grants.py",
           "return all(self._reads(table, of, classes if table == own else None, use) for table, of in field.sources)",
           "return True", _ORACLE),
    Defect("keys_of_orders_are_not_hidden", "schema/patron_schema/compose/visibility.py",
           "return key not in paths or self.grants.reaches(type_name, paths[key])", "return True",
           f"{_SEEN} {_ORACLE}"),
    Defect("types_are_seen_without_their_scope", "schema/patron_schema/planner/grants.py",
           "if entry.scope is not None and not opens(self._permissions, entry.scope):", "if entry.scope == \"never\":", _SEEN),
    Defect("that_a_row_exists_is_for_everybody", "schema/patron_schema/planner/grants.py",
           "return entry.existence in classes or bool(fields)", "return True", _SEEN),
    Defect("plans_are_shared_whatever_one_may", "core/patron_core/messages.py",
           "return hashlib.sha256(text.encode()).hexdigest()[:16]", 'return "the same"',
           f"{_SEEN} tests/schema/test_interleaved.py"),
    Defect("a_root_field_needs_no_scope", "schema/patron_schema/compose/visibility.py",
           "return scope is None or opens(self.actor.permissions, scope)", "return True", f"{_SEEN} {_ORACLE} tests/schema/test_privacy.py"),
    # -- the write side
    Defect("the_session_adds_no_tenant", "core/patron_core/database/tenancy.py",
           "lambda model: model.tenant_id == tenant_id, include_aliases=True", "lambda model: model.tenant_id == model.tenant_id, include_aliases=True",
           f"{_DATABASE} tests/security/test_b3_nets.py -k 'tenant or criteria'"),
    Defect("records_of_others_are_written", "core/patron_core/database/tenancy.py",
           "if isinstance(row, Record) and row.tenant_id != session.tenant_id:", "if isinstance(row, Record) and row.tenant_id is None:", _DATABASE),
    Defect("rows_of_others_are_inserted", "core/patron_core/database/tenancy.py",
           'if "tenant_id" in table.c and set(tenants) != {tenant_id}:', 'if "tenant_id" in table.c and not tenant_id:',
           "tests/security/test_b3_nets.py -k session_writes"),
    Defect("core_statements_need_no_tenant", "core/patron_core/database/tenancy.py",
           'if "tenant_id" in source.c and source not in pinned:', 'if "tenant_id" not in source.c and source not in pinned:', _DATABASE),
    Defect("commands_need_no_permission", "core/patron_core/unit_of_work/unit.py",
           "        require(self.actor, handler.permission)\n", "        _ = require\n", "tests/core/test_unit_of_work.py"),
    Defect("what_is_written_is_not_audited", "core/patron_core/audit/service.py",
           "    shared = {\n", "    changes = ()\n    shared = {\n", "tests/core/test_unit_of_work.py"),
    # -- row-level security
    Defect("a_table_does_not_force_row_security", "core/patron_core/migrations/tables.py", "FORCE ROW LEVEL SECURITY", "ENABLE ROW LEVEL SECURITY", _RLS),
    Defect("a_policy_lets_everything_through", "core/patron_core/migrations/tables.py",
           "_TENANT: Final = \"(SELECT nullif(current_setting('app.tenant', true), '')::uuid)\"",
           "_TENANT: Final = \"tenant_id\"", _RLS),
    Defect("the_check_overlooks_superusers", "core/patron_core/database/row_security.py",
           "WHERE rolname = current_user AND rolsuper\n", "WHERE rolname = current_user AND rolsuper AND false\n", _RLS),
    Defect("the_check_overlooks_odd_policies", "core/patron_core/database/row_security.py",
           "if not given or any(expression not in allowed for expression in given):", "if not given:", _RLS),
    # -- credentials
    Defect("a_revoked_key_works", "core/patron_core/access/credentials.py", "if stored is None or stored.key.revoked_at is not None:",
           "if stored is None:", "tests/core/test_access.py tests/schema/test_actors.py tests/schema/test_revocation.py"),
    Defect("expiry_is_not_looked_at", "core/patron_core/access/authentication.py",
           "if expires_at is not None and expires_at <= now:", "if expires_at is None and now is None:",
           "tests/core/test_access.py tests/schema/test_actors.py"),
    Defect("any_secret_opens_a_key", "core/patron_core/access/keys.py", "return hmac.compare_digest(secret_hash(self.secret), stored_sha256)",
           "return bool(stored_sha256)", "tests/core/test_access.py tests/schema/test_authentication.py"),
    Defect("a_token_for_others_is_taken", "core/patron_core/access/tokens.py", "if issuer.audience not in audiences or not payload",
           "if not payload", "tests/schema/test_tokens.py"),
    Defect("a_token_chooses_its_algorithm", "core/patron_core/access/tokens.py", 'or header.get("alg") not in issuer.algorithms:',
           "or False:", "tests/schema/test_tokens.py"),
    Defect("more_is_given_than_one_has", "core/patron_core/access/opened.py", "    if missing:\n", "    if missing is None:\n", "tests/schema/test_actors.py"),
    Defect("wrong_keys_are_not_counted", "schema/patron_schema/wrong_tries.py", "                count.failed()\n", "                pass\n",
           "tests/schema/test_authentication_tries.py"),
    # -- audit, emergency, encryption
    Defect("who_took_it_reviews_it", "core/patron_core/emergency/service.py", "if uow.actor.subject in involved or", "if", "tests/schema/test_break_glass.py"),
    Defect("emergency_access_never_ends", "core/patron_core/emergency/service.py", "access.expires_at <= now or", "", "tests/schema/test_break_glass.py"),
    Defect("in_an_emergency_all_rows_are_seen", "core/patron_core/emergency/service.py", '        rows=frozenset({"subject"}),\n',
           "        rows=frozenset(),\n", "tests/schema/test_break_glass.py"),
    Defect("reads_are_shown_before_they_are_kept", "schema/patron_schema/auditing.py",
           "            await self.log.keep(self._read(ready.request, ready.document, disclosed, ready.subjects))\n",
           "            pass\n", "tests/schema/test_read_audit.py"),
    Defect("health_is_read_for_no_purpose", "schema/patron_schema/auditing.py",
           "if prepared.disclosed is not None and is_health(prepared.disclosed):", "if prepared.disclosed is None:",
           "tests/schema/test_read_audit.py plugins/healthcare/tests/test_api.py"),
    Defect("a_seal_does_not_hold_the_one_before", "core/patron_core/audit/canonical.py", "hashlib.sha256(row + bytes.fromhex(previous))",
           "hashlib.sha256(row)", "tests/security/test_e2_chain.py"),
    Defect("a_text_opens_in_another_row", "core/patron_core/encryption/cipher.py",
           "about = self._about(table, column) + row.replace(\"-\", \"\").encode()\n            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about).decode()",
           "return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._about(table, column)).decode()", "tests/core/test_encryption.py"),
    # -- documents, errors, texts
    Defect("errors_are_not_masked", "schema/patron_schema/errors.py", "    return Internal(_MASKED)\n", "    return Internal(str(cause))\n",
           "tests/schema/test_endpoint.py tests/schema/test_gateway.py"),
    Defect("suggestions_tell_of_the_schema", "schema/patron_schema/gateway.py", "raise refusal if may_look else without_suggestions(refusal) from None",
           "raise", "tests/schema tests/security -k 'suggest or introspect or c7'"),
    Defect("a_word_in_a_filter_is_a_pattern", f"{_SQL}/sqlite.py", 'return f"instr({value}, {needle}) > 0"',
           "return f\"{value} LIKE '%' || {needle} || '%'\"", "tests/planner/test_filters.py tests/planner/test_agreement.py -k 'filter or 0'"),
    Defect("a_cell_is_a_formula", "core/patron_core/exports/cells.py", "return f\"'{text}\" if _DANGEROUS.match(text) else text", "return text",
           "tests/core/test_privacy_cells.py"),
    Defect("card_numbers_are_kept", "core/patron_core/card_numbers.py", "return len(text) >= _SHORTEST and _RUN.search(text) is not None and any(_found(text, product=product))",
           "return False", "tests/core/test_card_numbers.py"),
    Defect("private_addresses_are_called", "core/patron_core/outbound/addresses.py",
           "return address.is_global and not any(address in block for block in _NOT_PUBLIC_4)", "return True", "tests/core/test_outbound.py"),
    Defect("a_key_used_again_gives_anything", "core/patron_core/idempotency.py",
           "if (record.command, record.content_sha256) != (type(command).__name__, command_hash(command)):", "if record is None:",
           "tests/core/test_idempotency.py tests/schema/test_idempotency.py"),
    Defect("pages_of_any_origin_open_sockets", "schema/patron_schema/websocket.py", "if not _is_allowed(headers, self._allowed_origins):",
           "if headers is None:", "tests/schema/test_websocket.py -k origin"),
)  # fmt: skip
