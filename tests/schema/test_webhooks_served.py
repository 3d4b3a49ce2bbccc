"""Webhooks of a whole service: a mutation, and soon afterwards the request, without anybody looking after it."""

from __future__ import annotations

import asyncio

import pytest
from tests.schema.webhook_receiver import receiver

from patron_core.plugins import Plugins
from patron_core.values import SystemClock
from patron_schema.app import deploy
from patron_schema.context import OperationRequest
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(())


async def test_a_service_sends_what_was_committed_within_a_second_or_two(
    database: PreparedDatabase, record_property: pytest.RecordProperty
) -> None:
    settings = database.settings.model_copy(update={"outbound_loopback": True, "worker": True})
    deployment = deploy(settings=settings, plugins=database.plugins, database=database.database, clock=SystemClock())

    async def ask(query: str) -> None:
        request = OperationRequest(query=query, actor=database.actor, request_id="req_test", transport="POST")
        body = (await deployment.gateway.execute(request)).body
        assert b'"errors"' not in body, body

    loop = asyncio.get_running_loop()
    async with receiver() as hooks:
        deployment.worker.start()
        try:
            await ask(
                f"""mutation {{ webhookCreate(input: {{url: "{hooks.url}", eventTypes: ["customer.created"],
                  scopes: ["*:read"]}}) {{ webhookEndpoint {{ id }} }} }}"""
            )
            await ask(
                'mutation { customerCreate(input: {person: {givenName: "Ada", familyName: "L"}}) { customer { id } } }'
            )
            began = loop.time()
            async with asyncio.timeout(20):
                while not hooks.taken:
                    await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.01))])
            took = loop.time() - began
        finally:
            await deployment.worker.stop()
            await deployment.gateway.auditing.close()

    assert [each.json["type"] for each in hooks.taken] == ["customer.created"]
    assert deployment.sender.figures.delivered == 1
    record_property("figure", f"{database.dialect}: from the answer of the mutation to the webhook {took:.2f} s")
