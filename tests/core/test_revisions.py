"""The tool that writes revisions, and migrations of a plugin: in a process of their own, for models stay in the registry."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import asyncpg
import pytest

from patron_core.address import Dialect, asyncpg_url
from patron_core.database.roles import role_script
from patron_core.database.row_security import row_security_problems
from patron_core.errors import StartupError
from patron_core.migrations import migrate, pending
from patron_core.plugins import Plugins
from patron_schema.testing.servers import PostgresProcess

MODELS = '''
"""Pillows of a party."""
from sqlalchemy.orm import Mapped
from patron_core.parties.models import Party
from patron_core.records import FINANCIAL, INTERNAL, Record, column, money, subject
from patron_core.values import Code, Money

class Filling(Code):
    """What is in it."""
    FEATHERS = "feathers", "Feathers."
    FOAM = "foam", "Foam."

class Pillow(Record):
    """A pillow."""
    __tablename__ = "pillows_pillow"
    id_prefix = "pil"
    append_only = True
    party: Mapped[Party] = subject(Party, doc="Whose pillow.")
    filling: Mapped[Filling] = column(INTERNAL, doc="What is in it.", index=True)
    price: Mapped[Money] = money(FINANCIAL, doc="What it cost.")
'''

SECOND = '''
class Cover(Record):
    """A cover."""
    __tablename__ = "pillows_cover"
    id_prefix = "cov"
    pillow: Mapped[Pillow] = subject(Pillow, doc="Over which pillow.")
'''

PLUGIN = '''
"""Table of contents."""
from patron_core.hookspecs import Manifest, hookimpl
from patron_pillows import models as models

@hookimpl
def patron_manifest() -> Manifest:
    return Manifest(name="pillows", version="1", core_range=">=0.0.0.dev0", label="Pillows")
'''


@pytest.fixture
def pillows(tmp_path: Path) -> Path:
    """A folder with the package of a plugin that has no revisions yet."""
    package = tmp_path / "patron_pillows"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(MODELS)
    (package / "plugin.py").write_text(PLUGIN)
    return tmp_path


def run(folder: Path, script: str) -> str:
    """Runs a script that can import the plugin and returns what it prints."""
    given = "import asyncio\nfrom patron_core.migrations.distributions import Distribution\n"
    given += "from patron_core.migrations.revision import write_revision\n"
    given += "from patron_core.migrations import downgrade, migrate, pending\nfrom patron_core.plugins import Plugins\n"
    given += "pillows = Distribution('pillows', 'patron_pillows')\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", given + textwrap.dedent(script)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write(folder: Path, message: str, *, replace: bool = False) -> str:
    return run(folder, f"print(write_revision(pillows, {message!r}, replace={replace}))").strip()


def test_a_revision_is_explicit_and_says_what_protects_its_tables(pillows: Path) -> None:
    text = Path(write(pillows, "Pillows of a party")).read_text()

    assert 'sa.Column("price_minor", sa.BigInteger(), nullable=False)' in text
    assert 'sa.Column("filling", columns.Words(), nullable=False)' in text
    assert "filling IN ('FEATHERS', 'FOAM')" in text
    assert '"ix_pillows_pillow_tenant_id_filling_id"' in text
    assert 'tenant_table(op, "pillows_pillow", append_only=True)' in text
    assert 'op.drop_table("pillows_pillow")' in text
    assert "patron_pillows" not in text  # a revision must not change when the models do
    assert '"party"' not in text.replace('["party.tenant_id", "party.id"]', "")


def test_the_next_revision_holds_only_what_is_new_and_nothing_new_writes_none(pillows: Path) -> None:
    write(pillows, "Pillows")
    assert write(pillows, "Nothing") == "None"

    (pillows / "patron_pillows" / "models.py").write_text(MODELS + SECOND)
    second = Path(write(pillows, "Covers"))

    assert second.name == "0002_covers.py"
    text = second.read_text()
    assert 'down_revision = "0001"' in text
    assert "pillows_cover" in text
    assert '"pillows_pillow",' not in text


def test_a_column_is_added_to_a_table_that_is_there(pillows: Path) -> None:
    write(pillows, "Pillows")
    more = '    colour: Mapped[str | None] = column(INTERNAL, doc="Its colour.")\n'
    (pillows / "patron_pillows" / "models.py").write_text(MODELS + more)

    text = Path(write(pillows, "Colours")).read_text()

    assert 'batch_op.add_column(sa.Column("colour", columns.Words(), nullable=True))' in text
    assert "tenant_table" not in text
    script = "import patron_pillows.plugin as p\nprint(asyncio.run(migrate('sqlite:///x.db', Plugins.of([p]))))"
    assert "head='0002'" in run(pillows, script)


def test_revisions_can_be_begun_anew(pillows: Path) -> None:
    write(pillows, "Pillows")
    (pillows / "patron_pillows" / "models.py").write_text(MODELS + SECOND)
    write(pillows, "Covers")

    only = write(pillows, "Pillows and covers", replace=True)

    assert [file.name for file in (pillows / "patron_pillows" / "migrations" / "versions").glob("0*.py")] == [
        Path(only).name
    ]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_plugin_is_installed_and_removed_on_its_own(
    pillows: Path, dialect: Dialect, request: pytest.FixtureRequest
) -> None:
    url = "sqlite:///own.db"
    if dialect == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()
    write(pillows, "Pillows")

    said = run(
        pillows,
        f"""
        import patron_pillows.plugin as plugin
        none, some = Plugins.of({{}}), Plugins.of([plugin])
        async def main():
            names = lambda rows: [(row.distribution, row.current) for row in rows]
            print(names(await migrate({url!r}, none)))
            print(names(await pending({url!r}, some)))
            print(names(await migrate({url!r}, some)))
            print(names(await pending({url!r}, some)))
            await downgrade({url!r}, some, distribution="pillows")
            print(names(await pending({url!r}, some)))
            print(names(await pending({url!r}, none)))
        asyncio.run(main())
        """,
    )

    assert said.splitlines() == [
        "[('patron', None)]",
        "[('pillows', None)]",
        "[('pillows', None)]",
        "[]",
        "[('pillows', None)]",
        "[]",
    ]


async def test_who_may_not_create_roles_is_told_what_to_run_and_can_migrate_after() -> None:
    process = PostgresProcess.create()
    try:
        process.start()
        superuser = await asyncpg.connect(process.url)
        await superuser.execute("CREATE ROLE operator LOGIN")
        operator = process.url.replace("postgres@", "operator@")

        with pytest.raises(StartupError, match="patron_app, patron_audit, patron_owner, patron_relay"):
            await migrate(operator, Plugins.of({}))

        await superuser.execute(role_script())
        await superuser.execute("GRANT patron_owner TO operator")
        await migrate(operator, Plugins.of({}))

        application = process.url.replace("postgres@", "patron_app@")
        assert await pending(application, Plugins.of({})) == []
        assert await row_security_problems(application) == []
        connection = await asyncpg.connect(asyncpg_url(application))
        assert await connection.fetchval("SELECT count(*) FROM party") == 0
        await connection.close()
        await superuser.close()
    finally:
        process.remove()
