"""What the root conftest.py promises of every test run: nothing left out in CI, nothing long unless asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
Run = Callable[..., str]

TESTS = """
import pytest

def test_plain(): pass
def test_skipped(): pytest.skip("no pillow")
@pytest.mark.xfail(reason="known")
def test_known(): raise ValueError
@pytest.mark.soak
def test_long(): pass
@pytest.mark.real_data
def test_import(): pass
"""
MODULE = "import pytest\npytest.skip('no module', allow_module_level=True)\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest on TESTS in a workspace with our conftest.py and answers its last lines."""
    for name in ("conftest.py", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "tests").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    for name in ("CI", "PATRON_DATA_DIR", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **environment: str) -> str:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    return run


def test_long_tests_and_real_data_are_left_out_without_a_word_of_skipping(run: Run) -> None:
    assert "1 passed, 1 skipped, 2 deselected, 1 xfailed" in run()


def test_real_data_is_collected_where_there_is_some(run: Run) -> None:
    assert "2 passed, 1 skipped, 1 deselected, 1 xfailed" in run(PATRON_DATA_DIR="/data")


def test_soak_tests_run_when_named(run: Run) -> None:
    assert "1 passed, 4 deselected" in run("-m", "soak")


def test_a_skip_fails_in_ci_and_an_expected_failure_does_not(run: Run) -> None:
    output = run(CI="true")

    assert "1 failed, 1 passed, 2 deselected, 1 xfailed" in output
    assert "skipped although CI=true: Skipped: no pillow" in output


def test_a_module_that_skips_itself_fails_in_ci(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tests" / "test_other.py").write_text(MODULE)

    output = run(CI="true")

    assert "1 error" in output
    assert "skipped although CI=true" in output
