"""Row B6: what a plugin does not declare stops the start, which names the plugin's place and the fix; nothing is shown by default.

The faulty plugin is copied and one line of it is changed; then `patron serve` is told to start with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import pytest
from tests.server_process import command, prepared_environment, server_process

from patron_schema.testing.databases import Databases

pytestmark = pytest.mark.security

FAULTY = Path(__file__).parent / "faulty"
LABEL = 'label: Mapped[str] = column(INTERNAL, doc="What it does.", filterable=True, orderable=True)'
OPINION = '    @resolver("display_name")\n    def opinion(self) -> str | None:'
#: What the changed lines use, in place of what a module imports.
IMPORTS = {
    "models": ("from sqlalchemy.orm import Mapped\n", "from sqlalchemy.orm import Mapped, mapped_column\n"),
    "types": ("import time\n", "import time\n\nfrom sqlalchemy import literal_column\n"),
    "plugin": ("import time\n", "import time\n"),
}
LOOSE = (
    'class Loose(Record):\n    """Loose."""\n\n    __tablename__ = "faulty_loose"\n    id_prefix = "lse"\n'
    '    note: Mapped[str] = column(INTERNAL, doc="A note.")\n\n\n'
)
GADGET = "    gadget: Gadget | None = related("


@pytest.mark.parametrize(
    ("module", "line", "instead", "says"),
    [
        ("models", LABEL, "label: Mapped[str]", ("label", "classif")),
        ("models", LABEL, "label: Mapped[str] = mapped_column()", ("label", "classif")),
        ("models", "class Gadget(Record):", LOOSE + "class Gadget(Record):", ("Loose has no subject path to a party",)),
        (
            "models",
            'id_prefix = "gdg"',
            'id_prefix = "gdg"\n    ours_where = ("kind", None)',
            ("Gadget.ours_where names 'kind'",),
        ),
        ("types", OPINION, OPINION.replace("display_name", "no_such_field"), ("opinion", "no_such_field")),
        ("types", OPINION, OPINION.replace("str | None", "str"), ("faulty", "Customer.opinion", "not nullable")),
        (
            "types",
            GADGET,
            GADGET.replace("gadget", "display_name"),
            ("displayName of faulty", "already defined by core"),
        ),
        (
            "types",
            GADGET,
            '    gadGets: Gadget | None = related(models.Gadget.customer, description="A twin.")\n' + GADGET,
            ("Customer.gadgets of faulty", "already defined by faulty"),
        ),
        (
            "types",
            "summary: str = expression(models.Gadget.label, ",
            'summary: str = expression(literal_column("label"), ',
            ("Gadget.summary", "its classification cannot be derived"),
        ),
        ("plugin", 'name="faulty"', 'name="gadgets"', ("'faulty'", "calls itself 'gadgets'")),
        (
            "plugin",
            "    return Manifest(",
            "    raise RuntimeError(1)\n    return Manifest(",
            ("'faulty'", "patron_manifest"),
        ),
        (
            "plugin",
            "    yield Contribution(",
            "    raise RuntimeError(1)\n    yield Contribution(",
            ("faulty", "patron_types"),
        ),
        (
            "plugin",
            "def patron_gate(command:",
            "def patron_gate(comand:",
            ("patron_gate has no argument 'comand'", "command"),
        ),
    ],
    ids=lambda value: None if isinstance(value, tuple) else str(value)[:24],
)
def test_b6_what_is_not_declared_stops_the_start_and_is_named(
    databases: Databases, tmp_path: Path, module: str, line: str, instead: str, says: tuple[str, ...]
) -> None:
    folder = shutil.copytree(FAULTY, tmp_path / "vendor", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "patron_faulty" / f"{module}.py"
    text = file.read_text()
    assert text.count(line) == 1
    file.write_text(text.replace(line, instead).replace(*IMPORTS[module]))
    made = prepared_environment(databases, "sqlite", plugins=["faulty"], paths=[str(folder)])

    told = command(made, "serve", "--port", "1", code=1)

    assert [part for part in says if part not in told] == [], told
    assert "Traceback" not in told


def test_b6_a_plugins_types_are_there_for_its_scope_alone(
    databases: Databases, record_property: Callable[[str, object], None]
) -> None:
    made = prepared_environment(databases, "sqlite", plugins=["faulty"], paths=[str(FAULTY)])
    command(made, "migrate")
    with server_process(made) as server:
        server.new_tenant("Pillows")
        answers = {}
        for scope in ("faulty:read", "customer:read"):
            key = command(made, "key", "create", "--tenant", "Pillows", "--scope", scope).strip()
            headers = {"authorization": f"Bearer {key}"}
            ask = {"query": "{ gadgets { totalCount } }"}
            answers[scope] = httpx.post(f"{server.url}/graphql", json=ask, headers=headers).json()

    assert answers["faulty:read"]["data"] == {"gadgets": {"totalCount": 0}}
    [error] = answers["customer:read"]["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert error["message"].startswith("Cannot query field 'gadgets' on type 'Query'.")
    record_property("figure", "B6: 12 of 12 undeclared parts stop the start and are named")
