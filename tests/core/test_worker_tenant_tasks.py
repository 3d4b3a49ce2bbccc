"""Work for tenants: one run at a time for each, one more for whoever was woken meanwhile, and no failure ends it."""

from __future__ import annotations

import asyncio
import uuid

from patron_core.worker.tenant_tasks import TenantTasks

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


async def test_a_tenant_that_is_woken_while_its_work_runs_gets_one_run_more_and_never_two_at_once() -> None:
    gate, running, runs = asyncio.Event(), 0, 0

    async def work(_tenant_id: uuid.UUID) -> None:
        nonlocal running, runs
        running, runs = running + 1, runs + 1
        assert running == 1
        await gate.wait()
        running -= 1

    tasks = TenantTasks("test", work)
    tasks.wake(ONE)
    await asyncio.sleep(0)
    for _ in range(5):
        tasks.wake(ONE)
    gate.set()
    await tasks.idle()

    assert runs == 2


async def test_tenants_do_not_wait_for_each_other_beyond_the_places_there_are() -> None:
    gate, begun = asyncio.Event(), []

    async def work(tenant_id: uuid.UUID) -> None:
        begun.append(tenant_id)
        await gate.wait()

    tasks = TenantTasks("test", work, at_once=1)
    tasks.wake(ONE)
    tasks.wake(OTHER)
    await asyncio.sleep(0)
    assert begun == [ONE]
    gate.set()
    await tasks.idle()
    assert begun == [ONE, OTHER]


async def test_a_failure_is_not_the_end_and_after_closing_nothing_begins() -> None:
    seen: list[uuid.UUID] = []

    async def work(tenant_id: uuid.UUID) -> None:
        seen.append(tenant_id)
        if tenant_id == ONE:
            raise ZeroDivisionError

    tasks = TenantTasks("test", work)
    for tenant_id in (ONE, OTHER):
        tasks.wake(tenant_id)
    await tasks.idle()
    tasks.wake(ONE)
    await tasks.close()
    tasks.wake(OTHER)
    await tasks.idle()

    assert sorted(seen) == [ONE, ONE, OTHER]
