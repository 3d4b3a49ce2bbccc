"""Jobs over GraphQL: which there are, when they run, how runs stand, and what may be done about them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from patron_core.jobs.models import JobRun, JobRunStatus
from patron_core.jobs.runner import JobRunner
from patron_core.messages import Actor
from patron_core.unit_of_work import UnitOfWork
from patron_schema.app import deploy
from patron_schema.testing.service import Patron

HOURLY = "core.forget_idempotency_keys"
JOBS = "{ jobs { name plugin description schedule timezone nextRunAt lastRunAt lastRunStatus } }"
RUNS = """query ($where: JobRunWhere) {
  jobRuns(where: $where, orderBy: {field: DUE_AT}) {
    totalCount
    nodes { id name status plannedFor dueAt attempts progressDone progressTotal error startedAt finishedAt }
  }
}"""
RUN = """mutation ($input: JobRunInput!) {
  jobRun(input: $input) { jobRun { id name status plannedFor } userErrors { code path } }
}"""
RETRY = "mutation ($id: ID!) { jobRetry(input: {id: $id}) { jobRun { status attempts } userErrors { code path } } }"
CANCEL = "mutation ($id: ID!) { jobCancel(input: {id: $id}) { jobRun { status } userErrors { code path } } }"


async def work(patron: Patron) -> None:
    prepared = patron.prepared
    runner = JobRunner(prepared.database, prepared.plugins, clock=prepared.clock, ids=prepared.ids)
    await runner.run_due(prepared.tenant_id)


async def runs(patron: Patron, *, actor: Actor | None = None, **where: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await patron.data(RUNS, {"where": where}, actor=actor))["jobRuns"]["nodes"]
    return found


async def test_the_jobs_of_a_tenant_are_listed_with_when_they_run(patron: Patron) -> None:
    jobs = {job["name"]: job for job in (await patron.data(JOBS))["jobs"]}

    assert jobs[HOURLY] == {
        "name": HOURLY,
        "plugin": "core",
        "description": "Forgets the results of idempotency keys that are older than two days.",
        "schedule": "FREQ=HOURLY",
        "timezone": "UTC",
        "nextRunAt": "2026-03-14T13:00:00.000000Z",
        "lastRunAt": None,
        "lastRunStatus": None,
    }
    assert {job["plugin"] for job in jobs.values()} >= {"core", *patron.prepared.plugins.names} - {"healthcare"}

    await work(patron)
    patron.prepared.clock.advance(dt.timedelta(hours=1))
    await work(patron)

    (job,) = [job for job in (await patron.data(JOBS))["jobs"] if job["name"] == HOURLY]
    assert (job["lastRunAt"], job["lastRunStatus"]) == ("2026-03-14T13:00:00.000000Z", "DONE")
    assert job["nextRunAt"] == "2026-03-14T14:00:00.000000Z"


async def test_runs_are_found_by_job_and_by_how_far_they_have_come(patron: Patron) -> None:
    await work(patron)
    patron.prepared.clock.advance(dt.timedelta(hours=1))
    await work(patron)

    done, waiting = await runs(patron, name={"eq": HOURLY})
    assert (done["status"], done["attempts"], done["startedAt"]) == ("DONE", 1, "2026-03-14T13:00:00.000000Z")
    assert (waiting["status"], waiting["plannedFor"]) == ("WAITING", "2026-03-14T14:00:00.000000Z")
    assert [run["id"] for run in await runs(patron, name={"eq": HOURLY}, status={"eq": "DONE"})] == [done["id"]]


async def test_a_job_is_run_now(patron: Patron) -> None:
    payload = (await patron.data(RUN, {"input": {"name": HOURLY}}))["jobRun"]
    assert payload["userErrors"] == []
    assert payload["jobRun"]["status"] == "WAITING"
    assert payload["jobRun"]["plannedFor"] is None

    await work(patron)

    assert [run["id"] for run in await runs(patron, status={"eq": "DONE"})] == [payload["jobRun"]["id"]]
    (error,) = (await patron.data(RUN, {"input": {"name": "core.nothing"}}))["jobRun"]["userErrors"]
    assert error == {"code": "NOT_FOUND", "path": ["input", "name"]}


async def test_a_job_that_works_on_what_asks_for_it_is_not_run_by_itself(patron: Patron) -> None:
    (error,) = (await patron.data(RUN, {"input": {"name": "core.fill_campaign"}}))["jobRun"]["userErrors"]

    assert error == {"code": "INVALID_INPUT", "path": ["input", "name"]}
    assert await runs(patron, name={"eq": "core.fill_campaign"}) == []


def parked(uow: UnitOfWork) -> str:
    run = JobRun(name=HOURLY, status=JobRunStatus.PARKED, due_at=uow.now, arguments={}, state={}, attempts=5)
    return f"{JobRun.id_prefix}_{uow.add(run).id}"


async def test_a_parked_run_is_tried_again_and_a_waiting_one_is_cancelled(patron: Patron) -> None:
    id_ = await patron.prepared.do(parked)

    (payload,) = (await patron.data(RETRY, {"id": id_})).values()
    assert payload["jobRun"] == {"status": "WAITING", "attempts": 0}
    (again,) = (await patron.data(RETRY, {"id": id_})).values()
    assert again["userErrors"][0]["code"] == "CONFLICT"
    (cancelled,) = (await patron.data(CANCEL, {"id": id_})).values()
    assert cancelled["jobRun"] == {"status": "CANCELLED"}


@pytest.mark.security
async def test_b1_nobody_sees_or_touches_runs_of_another_tenant(patron: Patron) -> None:
    id_ = await patron.prepared.do(parked)
    other = await patron.prepared.tenant("Another")

    assert await runs(patron, actor=other) == []
    for mutation in (RETRY, CANCEL):
        (payload,) = (await patron.data(mutation, {"id": id_}, actor=other)).values()
        assert payload["jobRun"] is None
        assert payload["userErrors"][0]["code"] == "NOT_FOUND"
    (job,) = [job for job in (await patron.data(JOBS, actor=other))["jobs"] if job["name"] == HOURLY]
    assert job["lastRunAt"] is None


@pytest.mark.security
async def test_jobs_are_seen_with_one_scope_and_run_with_another(patron: Patron) -> None:
    def actor(*scopes: str) -> Actor:
        return Actor(patron.prepared.tenant_id, "somebody", "app", scopes=scopes)

    assert "errors" in await patron.ask(JOBS, actor=actor("party:read"))
    assert "errors" in await patron.ask("{ jobRuns { totalCount } }", actor=actor("party:read"))
    assert "errors" not in await patron.ask(JOBS, actor=actor("job:read"))
    refused = await patron.ask(RUN, {"input": {"name": HOURLY}}, actor=actor("job:read"))
    assert "errors" in refused
    assert await runs(patron) == []


async def test_the_service_runs_jobs_by_itself(patron: Patron) -> None:
    prepared = patron.prepared
    settings = prepared.settings.model_copy(update={"worker": True, "worker_poll_seconds": 0.01})
    deployment = deploy(settings=settings, plugins=prepared.plugins, clock=prepared.clock)
    await patron.data(RUN, {"input": {"name": HOURLY}})

    deployment.worker.start()
    try:
        while not await runs(patron, status={"eq": "DONE"}):
            pass
    finally:
        await deployment.close()
