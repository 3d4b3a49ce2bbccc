"""Golden families: what a query is planned to, what it is answered, and for a dozen shapes the SQL of both databases.

A family is `cases/<name>.graphql`, perhaps with `.variables.json`; beside it `.plan`, `.json` and, where named below,
`.sqlite.sql` and `.postgresql.sql`. `pytest tests/planner/test_golden.py --update` writes them; the diff is reviewed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from tests.planner.asking import without_fingerprints
from tests.planner.conftest import Twins

from patron_schema.operations import PreparedRoot
from patron_schema.planner.explain import describe
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.asyncio(loop_scope="session")

CASES: Final = Path(__file__).parent / "cases"
NAMES: Final = sorted(path.stem for path in CASES.glob("*.graphql"))
#: Families that keep the SQL of both databases: one for each shape of statement.
WITH_SQL: Final = (
    "customer_by_id",
    "customers_and_or_not",
    "customers_counted",
    "customers_every_transaction",
    "customers_first_page",
    "customers_in_groups",
    "customers_page_between",
    "customers_with_figures",
    "lines_of_two_amounts",
    "nested_connections",
    "nodes_of_many_types",
    "parties_by_type",
    "periods",
    "timeline_after",
    "transactions_by_amount",
    "transactions_by_month",
    "transactions_in_order_of_amount",
)
#: Characters that mark places in an answer, as the files show them.
_MARKS: Final = str.maketrans({"\r": "␍", "\n": "␊", "\t": "␉"})
_CLAUSES = re.compile(r" (?=(?:FROM|WHERE|ORDER BY|UNION ALL) )")


class Golden:
    """Compares texts with files, or writes them."""

    def __init__(self, *, update: bool) -> None:
        self.update = update

    def check(self, name: str, text: str) -> None:
        """Whether a file of `cases` holds this text."""
        path = CASES / name
        if self.update:
            path.write_text(text, encoding="utf-8")
        known = path.read_text(encoding="utf-8") if path.exists() else None
        assert text == known, f"{name} is not what it was; review, and write it with --update"


@pytest.fixture(scope="module")
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(update=request.config.getoption("--update"))


def case(name: str) -> tuple[str, dict[str, Any]]:
    """The document and the variables of a family."""
    variables = CASES / f"{name}.variables.json"
    given = orjson.loads(variables.read_bytes()) if variables.exists() else {}
    return (CASES / f"{name}.graphql").read_text(encoding="utf-8"), given


async def roots(patron: Patron, name: str) -> tuple[PreparedRoot, ...]:
    """The plans and statements of a family."""
    return (await patron.gateway._ready(patron.request(*case(name)))).prepared.roots


@pytest.mark.parametrize("name", NAMES)
async def test_a_query_is_planned_as_before(small: Twins, golden: Golden, name: str) -> None:
    plans = [[describe(root.plan) for root in await roots(patron, name) if root.plan] for patron in small]

    assert plans[0] == plans[1]
    golden.check(f"{name}.plan", "\n".join(plans[0]))


@pytest.mark.parametrize("name", NAMES)
async def test_a_query_is_answered_as_before(small: Twins, golden: Golden, name: str) -> None:
    answers = [await patron.raw(*case(name)) for patron in small]
    answer = orjson.loads(answers[0])

    assert answers[0] == answers[1]
    golden.check(f"{name}.json", orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode() + "\n")
    if "errors" not in answer:
        expected = orjson.dumps(small.naive.answer(*case(name)))
        assert without_fingerprints(orjson.dumps(answer["data"])) == expected


@pytest.mark.parametrize("name", WITH_SQL)
async def test_a_query_is_written_as_before(small: Twins, golden: Golden, name: str) -> None:
    for patron in small:
        statements = [root.statement.sql for root in await roots(patron, name) if root.statement]
        text = "\n\n".join(_CLAUSES.sub("\n", statement.translate(_MARKS)) + ";" for statement in statements) + "\n"
        golden.check(f"{name}.{patron.prepared.dialect}.sql", text)


async def test_every_family_is_whole() -> None:
    written = {f"{name}{ending}" for name in NAMES for ending in (".graphql", ".plan", ".json")}
    written |= {f"{name}.{dialect}.sql" for name in WITH_SQL for dialect in ("sqlite", "postgresql")}
    variables = {path.name for path in CASES.glob("*.variables.json") if path.name.split(".")[0] in NAMES}

    assert {path.name for path in CASES.iterdir()} == written | variables
    assert len(NAMES) >= 40
