"""docs/writing-a-plugin.md is done, step by step, in an empty folder: what it says to write is written, what it says to run is run.

Only the installation is made otherwise than by pip, which would want the package registry and would change the
environment of these tests: the entry point is put on the path as an editable install does it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, Block, read_page
from tests.docs.stories import commands, matches

PAGE = read_page("docs/writing-a-plugin.md")
_SECONDS = 300


class Reader:
    """Somebody who follows the page. here: the folder they are in; site: what pip would have written to."""

    def __init__(self, folder: Path) -> None:
        self.here = folder / "patron"
        self.site = folder / "site"
        shutil.copytree(
            ROOT / "plugins" / "retail",
            self.here / "plugins" / "retail",
            ignore=shutil.ignore_patterns("__pycache__", ".*", "*.egg-info"),
        )
        self.site.mkdir()

    def follow(self, block: Block) -> None:
        """Does what a block says."""
        match block.language, *block.note.split():
            case "console", "pip":
                self._install()
            case "console", *rest if not rest:
                for command, expected in commands(block.text):
                    self._run(command, expected, block)
            case _, "file", path:
                (self.here / path).write_text(block.text)
            case _, "append", path:
                with (self.here / path).open("a") as file:
                    file.write(block.text)
            case _:
                raise AssertionError(f"line {block.line}: nobody knows what ```{block.info} means")

    def _install(self) -> None:
        """What `pip install -e .` leaves behind, for the interpreters that `_run` starts."""
        metadata = self.site / "patron_florist-0.1.0.dev0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.4\nName: patron-florist\nVersion: 0.1.0.dev0\n")
        (metadata / "entry_points.txt").write_text("[patron.plugins]\nflorist = patron_florist.plugin\n")

    def _run(self, command: str, expected: str, block: Block) -> None:
        if command.startswith("cd "):
            self.here = (self.here / command.removeprefix("cd ")).resolve()
            return
        ended = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.here,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        output = ended.stdout + ended.stderr
        assert ended.returncode == 0, f"line {block.line}: `{command}` ended with {ended.returncode}:\n{output}"
        assert not expected or matches(expected, output), f"line {block.line}: `{command}` printed\n{output}"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTEST_ADDOPTS", "PYTHONPATH", "CI")}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**kept, "PATH": path, "PYTHONPATH": f"{self.here}:{self.site}", "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_page_leads_from_a_copy_to_a_plugin_with_a_model_of_its_own(tmp_path: Path) -> None:
    reader = Reader(tmp_path)

    for block in PAGE.blocks:
        reader.follow(block)

    plugin = tmp_path / "florist"
    left = [str(file.relative_to(plugin)) for file in plugin.rglob("*.py") if "retail" in file.read_text().lower()]
    assert left == ["tests/test_beside_retail.py"]
    assert (plugin / "patron_florist" / "migrations" / "versions" / "0002_occasions.py").exists()
