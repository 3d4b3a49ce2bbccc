"""Row C1, by somebody else's generator: schemathesis asks root fields of the schema, with examples that repeat.

Each sixth field on every change, not the same ones on both databases; every one with `--whole`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import httpx2 as httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from tests.fuzz.judge import Answer, complaints, log_complaints
from tests.server_process import ServerProcess

pytestmark = pytest.mark.security

NUMBERS = st.sampled_from(["0", "12.34", "-1", "9" * 30, "NaN", "x"])
TIMES = st.sampled_from(["2026-03-14", "2026-03-14T12:00:00Z", "9999-12-31", "2026-02-30", "x"])
for name, texts in {"Decimal": NUMBERS, "Date": TIMES, "DateTime": TIMES}.items():
    schemathesis.graphql.scalar(name, texts.map(nodes.String))

USUAL = 6  # of the fields, which one is asked on every change
FEW = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_c1_schemathesis_finds_nothing_at_any_root_field(
    server: ServerProcess,
    key: str,
    dialect: str,
    one_of: Callable[[int], int],
    record_property: Callable[[str, object], None],
) -> None:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    schema: Any = schemathesis.graphql.from_url(f"{server.url}/graphql", headers=headers)
    first_line, asked, wrong = len(server.log), [0], []

    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:

        def ask(case: Any) -> None:
            asked[0] += 1
            response = client.post("/graphql", json={"query": case.body})
            for complaint in complaints(Answer(response.status_code, response.content), canary="\x00"):
                wrong.append(f"{case.operation.label}: {complaint}\n  {case.body}\n  {response.text[:400]}")

        step = one_of(USUAL)
        first = step // 2 if dialect == "postgresql" else 0
        for operation in islice((found.ok() for found in schema.get_all_operations()), first, None, step):
            FEW(given(case=operation.as_strategy())(lambda case: ask(case)))()

    wrong += [found for line in server.log[first_line:] for found in log_complaints(line)]
    assert not wrong, "\n".join(wrong[:10])
    assert asked[0] > 100
    record_property("figure", f"C1 {dialect}: schemathesis asked {asked[0]} times, 0 wrong")
