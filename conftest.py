"""What holds for every test of the workspace, those in tests/ and those of each plugin.

Long runs and runs on public data are collected only when asked for, a skip in CI is a failure, generated examples are
the same on every machine, and `postgres_server` is a real PostgreSQL for the session.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator

import hypothesis
import pytest
import structlog

pytest_plugins = [
    "patron_schema.testing.databases",  # the fixtures `database` and `postgres_server`
    "patron_schema.testing.service",  # `patron`: GraphQL on a prepared database
]

hypothesis.settings.register_profile("patron", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("patron")


def pytest_configure() -> None:
    """Gives what tests start as programs of its own a master key, which on PostgreSQL nobody makes for them.

    Schemas stay long: that the collector looks through them seldom shortens a run.
    """
    from patron_schema.testing.databases import MASTER_KEY  # not earlier: pytest rewrites the asserts of its plugins

    os.environ.setdefault("PATRON_MASTER_KEY", MASTER_KEY.get_secret_value())
    gc.set_threshold(10_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """While tests are collected the collector rests: what is loaded stays, and it never looks through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--update`, by which golden files and generated pages are written instead of compared, and `--whole`."""
    parser.addoption("--update", action="store_true", help="write golden files and generated pages; review the diff")
    parser.addoption("--whole", action="store_true", help="ask all of what long walks ask, not each so many-th alone")


@pytest.fixture(scope="session")
def one_of(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """How many documents of a long walk come to one that is asked: `one_of(8)` is 8, and 1 where `--whole` was given.

    A walk through all of the schema takes minutes: what runs on every change takes each eighth or so of its documents,
    always the same ones; `make security` and `make soak` leave out none.
    """
    whole: bool = pytestconfig.getoption("whole")
    return lambda usual: 1 if whole else usual


#: Folders whose files take minutes each. Where files are shared out among processes these come first, so that none is
#: left with one of them when the others are done; otherwise quick tests come first, in the order of names.
_LONGEST_FIRST = ("security", "fuzz", "faults", "docs", "planner")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out soak tests unless `-m` names them, and tests on real data where there are none; long ones first in a share."""
    unwanted = set()
    if "soak" not in config.option.markexpr:
        unwanted.add("soak")
    if not os.environ.get("PATRON_DATA_DIR"):
        unwanted.add("real_data")
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unwanted)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    if hasattr(config, "workerinput"):  # one of several processes
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Makes a skipped test fail where CI=true: there everything is installed, so nothing may be left out."""
    report = yield
    if _in_ci() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} is skipped although CI=true: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Makes a module that skips itself fail where CI=true."""
    report = yield
    if _in_ci() and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} is skipped although CI=true: {_reason(report)}"
    return report


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


@pytest.fixture(autouse=True)
def _logs_are_not_kept() -> Iterator[None]:
    """A test that starts a server sets where its process logs to, and that is closed when the test has ended."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        for module in list(sys.modules.values()):
            getattr(getattr(module, "_log", None), "__dict__", {}).pop(
                "bind", None
            )  # kept by cache_logger_on_first_use
