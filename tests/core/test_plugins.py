"""Plugins are found, checked and called one by one; a failing one is named, and different sets do not touch each other."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, Field

from patron_core.database.deadline import ENDS_AT
from patron_core.errors import StartupError
from patron_core.hookspecs import CommandHandler, Manifest, hookimpl
from patron_core.parties.commands import CreatePerson
from patron_core.plugins import Plugins, installed_plugins, load_plugins


def plugin(name: str = "pillows", *, core_range: str = ">=0.0.0.dev0", settings: Any = None, **hooks: Any) -> Any:
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name=name, version="1.2", core_range=core_range, label=name.title(), settings=settings)

    return SimpleNamespace(__name__=f"patron_{name}.plugin", patron_manifest=patron_manifest, **hooks)


def one(**hooks: Any) -> Plugins:
    return Plugins.of([plugin(**hooks)])


def problems_of(plugins: Plugins) -> list[str]:
    return [problem for problem in plugins.check() if "lugin" in problem]


def test_the_bundled_plugins_are_installed() -> None:
    assert list(installed_plugins()) == ["banking", "healthcare", "hospitality", "retail"]


def test_a_plugin_nobody_has_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(StartupError, match=r"'retial' is not installed. Did you mean 'retail'\?"):
        load_plugins(["retial"])


def test_no_names_load_nothing() -> None:
    assert load_plugins([]).names == ()


def test_the_core_handles_its_own_commands() -> None:
    assert Plugins.of({}).handlers[CreatePerson].permission == "party:write"


def test_two_handlers_of_one_command_stop_the_start_and_name_both() -> None:
    @hookimpl
    def patron_commands() -> Any:
        yield CommandHandler(command=CreatePerson, handler=lambda command, uow: None, permission="x:y")

    with pytest.raises(StartupError, match="CreatePerson has two handlers, of the core and of plugin 'pillows'"):
        one(patron_commands=patron_commands)


def test_a_plugin_whose_commands_cannot_be_asked_stops_the_start_and_is_named() -> None:
    @hookimpl
    def patron_commands() -> Any:
        raise ValueError("broken")
        yield

    with pytest.raises(StartupError, match="'pillows' failed in patron_commands: ValueError: broken"):
        one(patron_commands=patron_commands)


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (SimpleNamespace(__name__="p.plugin"), "has no manifest"),
        (SimpleNamespace(__name__="p.plugin", patron_manifest=lambda: None), "returned a NoneType"),
        (plugin("blankets"), "calls itself 'blankets'"),
    ],
)
def test_a_manifest_that_is_missing_or_wrong_stops_the_start(module: Any, problem: str) -> None:
    with pytest.raises(StartupError, match=problem):
        Plugins.of({"pillows": module})


def test_a_plugin_that_does_everything_right_has_no_problem() -> None:
    @hookimpl
    def patron_gate(command: CreatePerson) -> None: ...

    assert problems_of(one(patron_gate=patron_gate)) == []


def test_a_hook_nobody_calls_is_reported_with_the_nearest_one() -> None:
    @hookimpl
    def patron_on_events(event: Any) -> None: ...

    (problem,) = problems_of(one(patron_on_events=patron_on_events))

    assert "there is no hook patron_on_events. Did you mean patron_on_event?" in problem
    assert "test_plugins.py:" in problem


def test_an_argument_nobody_passes_is_reported_with_the_nearest_one() -> None:
    @hookimpl
    def patron_gate(comand: Any, uow: Any) -> None: ...

    with pytest.raises(StartupError) as refused:
        one(patron_gate=patron_gate)

    (problem,) = refused.value.problems
    assert "patron_gate has no argument 'comand'. Did you mean command?" in problem
    assert "test_plugins.py:" in problem


def test_a_hook_without_its_mark_is_reported() -> None:
    def patron_gate(command: Any) -> None: ...

    (problem,) = problems_of(one(patron_gate=patron_gate))

    assert "not marked" in problem
    assert "@hookimpl" in problem


def test_a_hook_that_is_a_coroutine_or_a_wrapper_is_reported() -> None:
    @hookimpl
    async def patron_gate(command: Any) -> None: ...

    @hookimpl(wrapper=True)
    def patron_on_event(event: Any) -> Any:
        return (yield)

    problems = problems_of(one(patron_gate=patron_gate, patron_on_event=patron_on_event))

    assert len([problem for problem in problems if "plain functions" in problem]) == 2


@pytest.mark.parametrize(
    ("core_range", "problem"), [(">=99", "works with patron >=99"), ("new", "which is none"), ("<0.1", "works with")]
)
def test_a_plugin_for_another_core_is_reported(core_range: str, problem: str) -> None:
    (found,) = problems_of(one(core_range=core_range))

    assert problem in found


def test_hooks_are_called_in_the_order_of_names_and_a_failing_one_is_left_out() -> None:
    def importing(name: str, *, fail: bool = False) -> Any:
        @hookimpl
        def patron_importers() -> Any:
            yield name
            if fail:
                raise RuntimeError("torn")

        return plugin(name, patron_importers=patron_importers)

    plugins = Plugins.of([importing("c"), importing("a"), importing("b", fail=True)])

    assert list(plugins.each("patron_importers")) == [("a", ("a",)), ("c", ("c",))]
    assert plugins.quarantined == ()
    for _ in range(4):
        list(plugins.each("patron_importers"))
    assert plugins.quarantined == ("b",)


def test_a_tenants_plugins_are_a_part_that_shares_the_quarantine() -> None:
    @hookimpl
    def patron_jobs() -> Any:
        raise RuntimeError

    plugins = Plugins.of([plugin("a", patron_jobs=patron_jobs), plugin("b")])
    part = plugins.only(["a", "gone"])

    for _ in range(5):
        list(part.each("patron_jobs"))

    assert part.names == ("a",)
    assert part is plugins.only(["a"])
    assert plugins.only(["b", "a"]) is plugins
    assert plugins.quarantined == ("a",)


def test_different_sets_do_not_touch_each_other() -> None:
    @hookimpl
    def patron_jobs() -> Any:
        return ["job"]

    module = plugin("a", patron_jobs=patron_jobs)
    first, second = Plugins.of([module]), Plugins.of([plugin("b")])

    assert list(first.each("patron_jobs")) == [("a", ["job"])]
    assert list(second.each("patron_jobs")) == []


class PillowSettings(BaseModel):
    feathers: int = Field(default=7, ge=0)
    colour: str = "white"


def test_settings_come_from_the_environment() -> None:
    environment = {"PATRON_PILLOWS_FEATHERS": "9", "PATRON_PLUGINS": "pillows"}

    plugins = Plugins.of([plugin(settings=PillowSettings)], environment=environment)

    assert plugins.settings(PillowSettings) == PillowSettings(feathers=9)


def test_settings_may_come_from_the_hook() -> None:
    @hookimpl
    def patron_settings() -> type[BaseModel]:
        return PillowSettings

    assert one(patron_settings=patron_settings).settings(PillowSettings) == PillowSettings()


def test_a_setting_that_does_not_fit_stops_the_start_and_is_named_without_its_value() -> None:
    with pytest.raises(StartupError, match="PATRON_PILLOWS_FEATHERS does not fit plugin 'pillows'") as refused:
        Plugins.of([plugin(settings=PillowSettings)], environment={"PATRON_PILLOWS_FEATHERS": "canary"})

    assert "canary" not in str(refused.value)


def test_reads_that_failed_five_times_are_left_out_for_a_minute_and_then_for_the_next_failure() -> None:
    plugins = one(name="retail")
    ada, zoe = uuid.UUID(int=1), uuid.UUID(int=2)
    seconds = [0.0]
    plugins._quarantine.now = lambda: seconds[0]

    def fail(times: int) -> None:
        for _ in range(times):
            plugins.read_failed("retail", part="Customer.loyalty", tenant_id=ada, error=RuntimeError())

    fail(4)
    assert plugins.unreadable_for(ada) == frozenset()
    fail(1)
    assert plugins.unreadable_for(ada) == {"retail"}
    assert plugins.unreadable_for(zoe) == frozenset()
    seconds[0] = 60.0
    assert plugins.unreadable_for(ada) == frozenset()
    fail(1)
    assert plugins.unreadable_for(ada) == {"retail"}
    assert plugins.quarantined_for(ada) == (), "its hooks are counted apart"


@pytest.mark.parametrize(("ends_at", "sixth"), [(1.0, []), (None, [("slow", ["job"])])], ids=["request", "job"])
def test_a_hook_that_takes_too_long_has_its_effect_and_counts_where_a_request_waits(
    ends_at: float | None, sixth: list[Any]
) -> None:
    seconds = [0.0]

    @hookimpl
    def patron_jobs() -> list[str]:
        seconds[0] += 3.5
        return ["job"]

    plugins = one(name="slow", patron_jobs=patron_jobs)
    plugins._quarantine.now = lambda: seconds[0]

    waiting = ENDS_AT.set(ends_at)
    try:
        assert [list(plugins.each("patron_jobs")) for _ in range(6)] == [[("slow", ["job"])]] * 5 + [sixth]
    finally:
        ENDS_AT.reset(waiting)
