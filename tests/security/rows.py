"""The rows of the bar and the groups of failures, and which tests prove each: by their names, or by a list for older ones."""

from __future__ import annotations

from typing import Final

from tests.proofs import proofs as proofs_named

__all__ = ["GROUPS", "OTHER_PROOFS", "ROWS", "proofs"]

#: The rows that this issue answers for.
ROWS: Final = {
    "b1": "tenants never mix",
    "b2": "existence is not revealed",
    "b3": "the net under the net works",
    "b4": "a forbidden column is not an oracle",
    "b5": "a change of permissions applies at once",
    "b6": "deny by default",
    "b7": "a plugin cannot break the core",
    "c1": "no 500, no leak on garbage",
    "c2": "GraphQL over HTTP",
    "c3": "too big, deep or costly is refused early",
    "c4": "cost is truthful",
    "c5": "query deadline",
    "c6": "CSRF",
    "c7": "the schema is not guessable when hidden",
    "c8": "tokens",
    "c9": "brute force",
    "d1": "same idempotency key: first result, once",
    "e1": "every read and write of health and money is logged",
    "e2": "tampering shows",
    "e3": "erasure is complete",
    "e4": "access and portability export",
    "e5": "secrets and health not in logs",
    "e6": "field encryption",
    "e7": "no card numbers stored",
    "e8": "an export cannot run formulas",
    "e9": "break-glass",
    "f3": "the tests bite",
}

GROUPS: Final = {
    "failures_01": "field permissions bypassed by groups and subqueries",
    "failures_02": "a forbidden column usable in filter, sort, group or search",
    "failures_03": "an alias or an aggregate unmasks a redacted column",
    "failures_04": "related objects not restricted",
    "failures_05": "writes across tenants by id",
    "failures_06": "the bulk path misses the row rule",
    "failures_07": "permission only in the user interface",
    "failures_08": "sensitive fields public by default",
    "failures_09": "a trap in the policies' own language",
    "failures_10": "no principal is an administrator",
    "failures_11": "the WebSocket skips HTTP's checks",
    "failures_12": "a subscription outlives its token or role",
    "failures_13": "limits bypassed by fragments",
    "failures_14": "denial of service by validation",
    "failures_15": "masking of errors raced",
    "failures_16": "a cache shared across users",
    "failures_17": "the pool gives a dirty connection",
    "failures_18": "row-level security silently off",
    "failures_19": "holes in the ORM's tenant filter",
    "failures_20": "webhooks before commit, lost or skipped",
    "failures_21": "SSRF in webhooks",
    "failures_22": "idempotency that wedges or repeats",
    "failures_23": "lost updates on values like money",
    "failures_24": "an audit chain that cannot verify or forks",
    "failures_25": "data in the wrong place",
}

_WRITES: Final = (
    "tests/security/test_failures_05_writes_across_tenants.py::"
    "test_failures_05_no_mutation_takes_an_id_of_another_tenant_or_of_another_kind"
)
#: Tests that prove a row under a name of their own, as `file::test`.
OTHER_PROOFS: Final[dict[str, tuple[str, ...]]] = {
    "b2": (
        _WRITES,
        "tests/security/test_b4_rows_of_others.py::test_b4_an_id_beyond_an_actor_is_answered_like_one_nobody_has",
        "tests/core/test_unit_of_work.py::test_a_foreign_a_missing_and_a_wrong_id_are_refused_in_the_same_words",
    ),
    "c2": ("tests/schema/test_graphql_over_http.py::test_all_audits_are_ok",),
    "c3": (
        "tests/schema/test_documents.py::test_a_limit_says_which_the_value_and_the_maximum",
        "tests/schema/test_documents.py::test_the_size_is_looked_at_before_anything_else",
        "tests/schema/test_documents.py::test_hard_documents_cost_no_more_than_four_plain_ones",
    ),
    "c4": ("tests/planner/test_cost.py::test_an_answer_takes_what_plain_python_counts",),
    "c6": (
        "tests/schema/test_endpoint.py::test_forms_plain_text_and_multipart_are_refused",
        "tests/schema/test_endpoint.py::test_a_mutation_over_get_is_405_and_changes_nothing",
    ),
    "failures_01": ("tests/security/test_b4_no_oracle.py::test_b4_no_use_of_a_closed_column_is_accepted",),
    "failures_02": (
        "tests/security/test_b4_no_oracle.py::test_b4_twins_that_differ_in_what_is_closed_are_answered_alike",
    ),
    "failures_03": ("tests/security/test_b4_no_oracle.py::test_b4_no_use_of_a_closed_column_is_accepted",),
    "failures_04": (
        "tests/security/test_b4_rows_of_others.py::test_b4_rows_beyond_an_actor_change_no_byte_of_its_answers",
        "tests/security/test_b4_no_oracle.py::test_b4_twins_that_differ_in_what_is_closed_are_answered_alike",
    ),
    "failures_06": (
        "tests/core/test_unit_of_work.py::test_a_set_based_change_stays_inside_its_tenant",
        _WRITES,
    ),
    "failures_07": ("tests/core/test_imports.py::test_an_import_needs_its_scope_and_stays_in_its_tenant",),
    "failures_08": (
        "tests/security/test_b4_no_oracle.py::test_b4_the_matrix_knows_every_closed_column",
        "tests/schema/test_visibility.py::test_a_key_with_a_scope_alone_reads_no_personal_data",
    ),
    "failures_11": ("tests/schema/test_authentication_nobody.py::test_failures_10_nobody_is_nobody_over_a_socket",),
    "failures_12": ("tests/schema/test_actors.py::test_b5_a_socket_is_told_when_a_role_changes",),
    "failures_13": (
        "tests/planner/test_cost.py::test_fragments_cost_what_they_cost_written_out",
        "tests/schema/test_documents.py::test_the_limiter_agrees_with_fragments_written_out",
    ),
    "failures_14": ("tests/schema/test_documents.py::test_hard_documents_cost_no_more_than_four_plain_ones",),
    "failures_16": (
        "tests/schema/test_interleaved.py::test_requests_of_all_take_turns_and_nobody_gets_the_plan_of_another",
    ),
    "failures_18": (
        "tests/core/test_row_security.py::test_a_broken_table_is_found",
        "tests/core/test_row_security.py::test_a_broken_role_is_found",
    ),
    "failures_19": (
        "tests/core/test_database.py::test_every_shape_of_a_read_is_held_to_its_tenant",
        "tests/security/test_b3_nets.py::test_b3_without_the_sessions_criteria_other_nets_hold",
    ),
    "failures_20": (
        "tests/core/test_unit_of_work.py::test_an_event_is_in_the_outbox_and_broadcast_after_the_commit",
        "tests/core/test_unit_of_work.py::test_nothing_is_broadcast_when_the_work_fails",
    ),
    "failures_21": ("tests/core/test_outbound.py::test_d4_no_url_of_any_notation_is_called",),
    "failures_22": (
        "tests/core/test_idempotency.py::test_d1_after_a_kill_at_any_step_a_retry_does_it_once_and_at_once",
    ),
    "failures_23": (
        "plugins/retail/tests/test_ledger.py::test_sales_at_the_same_time_all_count",
        "plugins/hospitality/tests/test_reservations.py::test_of_two_at_once_one_gets_the_room",
    ),
    "failures_25": ("tests/schema/test_logs.py::test_e5_nothing_of_a_request_is_in_the_logs",),
}


def proofs(row: str) -> list[str]:
    """The tests that prove a row or a group."""
    return proofs_named(row, OTHER_PROOFS.get(row, ()))
