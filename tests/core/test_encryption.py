"""Encrypted columns: what a copy of the database tells, what opens where, and how keys come, follow each other and go."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Column, select
from tests.core.clinic import COLUMNS, word, write_chart
from tests.core.raw_rows import copied_bytes, raw

from patron_core.attachments.models import Attachment, AttachmentContent
from patron_core.columns import Ciphertext, EncryptedText, Words
from patron_core.database import Database, open_database
from patron_core.encryption import service
from patron_core.encryption.cipher import TenantKeys, Undecipherable, key_number
from patron_core.encryption.keys import KEY_AGE_SECONDS, Vault
from patron_core.encryption.master import MasterKey, WrongMasterKey, master_keys, new_master_key
from patron_core.encryption.readiness import master_key_problems
from patron_core.encryption.rotation import encrypted_tables
from patron_core.encryption.sealing import encrypted_columns
from patron_core.errors import Conflict, StartupError
from patron_core.inbound.models import InboundSource
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.record_checks import _unsealed, check_records
from patron_core.records import META, PHI, SECRET, ColumnMeta
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.models import WebhookEndpoint, WebhookEndpointStatus, WebhookPayloadStyle
from patron_healthcare.models import Appointment, Condition, Encounter, FollowUp, Observation, Patient
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import MASTER_KEY, PreparedDatabase

#: Encrypted columns of the core: what requests are signed with, files, and how merged rows were before.
FILES = tuple(f"attachment.{name}" for name in ("content", "health_content", "health_file_name", "health_sha256"))
SECRETS = (
    *FILES,
    "merged_row.before",
    "webhook_endpoint.secret",
    "webhook_endpoint.previous_secret",
    "inbound_source.secret",
    "inbound_source.previous_secret",
)
OTHER = SecretStr(base64.b64encode(hashlib.sha256(b"another master key").digest()).decode())
pytestmark = pytest.mark.security


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The plugin whose columns are encrypted."""
    return load_plugins(("healthcare",))


def opened_with(database: PreparedDatabase, key: SecretStr, previous: SecretStr | None = None) -> Database:
    """The same database in another process, as far as keys go."""
    return open_database(Settings(database_url=database.url, master_key=key, previous_master_key=previous))


async def texts(database: PreparedDatabase, model: type[Any], attribute: str) -> list[Any]:
    found: list[Any] = await database.do(
        lambda uow: [getattr(row, attribute) for row in uow.select(select(model).order_by(model.id))]
    )
    return found


# -- what a copy tells


def write_secrets(uow: UnitOfWork) -> None:
    """A place that is told of events, one that pushes and a file, with words of their own for what nobody may read."""
    uow.add(
        Attachment(
            party_id=uow.select(select(Party.id).limit(1))[0],
            about_id="pty_x",
            holds=AttachmentContent.HEALTH,
            content_type="text/plain",
            size_bytes=1,
            added_by="Bob",
            **{name.partition(".")[2]: word(name, "Mira") for name in FILES},
        )
    )
    uow.add(
        WebhookEndpoint(
            url="https://hooks.example.com/x",
            event_types="*",
            scopes="customer:read",
            payload=WebhookPayloadStyle.THIN,
            status=WebhookEndpointStatus.ENABLED,
            secret=word("webhook_endpoint.secret", "Mira"),
            previous_secret=word("webhook_endpoint.previous_secret", "Mira"),
            created_by="Bob",
        )
    )
    uow.add(
        InboundSource(
            name="Till",
            address="a",
            mapping="{}",
            scopes="customer:write",
            secret=word("inbound_source.secret", "Mira"),
            previous_secret=word("inbound_source.previous_secret", "Mira"),
        )
    )


async def test_e6_a_copy_of_the_database_holds_no_word_of_an_encrypted_column(
    database: PreparedDatabase, record_property: Callable[[str, object], None]
) -> None:
    await write_chart(database)
    await database.do(lambda uow: uow.find(Encounter, occurred_at=uow.now))
    await database.do(write_secrets)
    known = (*COLUMNS, *SECRETS)

    copied = await copied_bytes(database)

    assert {f"{table.name}.{each.column}" for table in encrypted_tables() for each in encrypted_columns(table)} == set(
        known
    )
    found = [column for column in known if word(column, "Mira").encode() in copied]
    assert found == []
    assert b"canary" not in copied
    assert b"Mira" in copied, "what is not encrypted is found, so that this looks in the right place"
    record_property("figure", f"0 of {len(known)} encrypted columns tell their text on {database.dialect}")


async def test_services_and_plugins_write_and_read_text(database: PreparedDatabase) -> None:
    chart = await write_chart(database)

    def read(uow: UnitOfWork) -> list[str | None]:
        seen, found = uow.get(Encounter, chart.encounter), uow.get(Observation, chart.observation)
        ill, coming = uow.get(Condition, chart.condition), uow.get(Appointment, chart.appointment)
        to_see, patient = uow.get(FollowUp, chart.follow_up), uow.get(Patient, chart.patient)
        return [
            patient.medical_record_number, seen.type_text, seen.reason_text, found.display, found.value_text,
            found.reference_text, ill.display, coming.reason, to_see.reason, to_see.outcome,
        ]  # fmt: skip

    assert await database.do(read) == [word(c, "Mira") for c in COLUMNS if c != "healthcare_immunization.display"]


async def test_a_text_that_is_changed_is_encrypted_anew_and_one_that_is_not_stays(database: PreparedDatabase) -> None:
    chart = await write_chart(database)
    (before,) = await raw(database, "SELECT reason, outcome FROM healthcare_follow_up")

    def change(uow: UnitOfWork) -> str | None:
        follow_up = uow.get(FollowUp, chart.follow_up)
        follow_up.outcome = None
        uow.flush()
        follow_up.outcome = "Spoken to"
        uow.flush()
        return follow_up.outcome

    assert await database.do(change) == "Spoken to"
    (after,) = await raw(database, "SELECT reason, outcome FROM healthcare_follow_up")
    assert (after[0] == before[0], key_number(after[1])) == (True, 1)
    assert await texts(database, FollowUp, "outcome") == ["Spoken to"]


async def test_equal_texts_look_different_and_their_hashes_differ_between_tenants(database: PreparedDatabase) -> None:
    other = await database.tenant("Cushions")
    for actor in (database.actor, other):
        await write_chart(database, actor=actor)

    rows = await raw(database, "SELECT medical_record_number, medical_record_number_bidx FROM healthcare_patient")
    assert len({stored for stored, _ in rows}) == len({blind for _, blind in rows}) == 2


# -- what passes sessions by


async def test_plain_text_cannot_pass_into_an_encrypted_column(database: PreparedDatabase) -> None:
    chart = await write_chart(database)
    around: list[Callable[[UnitOfWork], Any]] = [
        lambda uow: uow.update_rows(FollowUp, FollowUp.id == chart.follow_up, values={"outcome": "in the clear"}),
        lambda uow: uow.select(select(FollowUp).where(FollowUp.outcome == "in the clear")),
        lambda uow: uow.find(FollowUp, outcome="in the clear"),
    ]

    for way in around:
        with pytest.raises(Exception, match=r"encrypted"):
            await database.do(way)


async def test_a_select_of_the_column_alone_gives_no_text_and_hides_what_it_gives(database: PreparedDatabase) -> None:
    await write_chart(database)

    (found,) = await database.do(lambda uow: uow.select(select(FollowUp.reason)))

    assert (type(found), repr(found)) == (Ciphertext, "<encrypted>")


async def test_a_row_is_found_by_an_encrypted_text_that_equals(database: PreparedDatabase) -> None:
    chart = await write_chart(database)
    number = word("healthcare_patient.medical_record_number", "Mira")

    found = await database.do(lambda uow: uow.find(Patient, medical_record_number=number))
    nobody = await database.do(lambda uow: uow.find(Patient, medical_record_number=number[:-1]))

    assert (found.id, nobody) == (chart.patient, None)


async def test_two_rows_cannot_share_an_encrypted_text_that_is_unique(database: PreparedDatabase) -> None:
    await write_chart(database, "Mira")
    other = await write_chart(database, "Nora")

    def rename(uow: UnitOfWork) -> None:
        uow.get(Patient, other.patient).medical_record_number = word("healthcare_patient.medical_record_number", "Mira")

    with pytest.raises(Conflict):
        await database.do(rename)


# -- what opens where


def _reason(value: str) -> str:
    return f"UPDATE healthcare_follow_up AS f SET reason = {value}"


def _reason_of(other: str) -> str:
    return _reason(f"(SELECT max(o.reason) FROM healthcare_follow_up o WHERE {other})")


MOVES = {
    "another row": _reason_of("o.id <> f.id AND o.tenant_id = f.tenant_id"),
    "another column": _reason("outcome"),
    "another table": _reason("(SELECT max(display) FROM healthcare_condition)"),
    "another tenant": _reason_of("o.tenant_id <> f.tenant_id"),
    "a changed letter": _reason("substr(reason, 1, 20) || 'AAAA' || substr(reason, 25)"),
    "plain text": _reason("'written by hand'"),
    "a key there is not": _reason("'v1.9.' || substr(reason, 6)"),
}


@pytest.mark.parametrize("move", MOVES)
async def test_e6_what_was_moved_or_changed_does_not_open(database: PreparedDatabase, move: str) -> None:
    other = await database.tenant("Cushions")
    await write_chart(database, "Mira")
    chart = await write_chart(database, "Nora")
    await write_chart(database, "Stranger", actor=other)

    await raw(database, f"{MOVES[move]} WHERE id = '{chart.follow_up}'")

    with pytest.raises(Undecipherable) as raised:
        await database.do(lambda uow: uow.get(FollowUp, chart.follow_up))
    assert "canary" not in str(raised.value)


async def test_e6_another_master_key_opens_nothing_and_makes_nothing(database: PreparedDatabase) -> None:
    chart = await write_chart(database)
    keys = await raw(database, "SELECT count(*) FROM tenant_key")
    stranger = opened_with(database, OTHER)
    try:
        for way in (stranger.read, stranger.write):
            with pytest.raises(WrongMasterKey) as raised:
                await way(
                    database.tenant_id, lambda session: session.get_one(FollowUp, (database.tenant_id, chart.follow_up))
                )
            assert "canary" not in str(raised.value)
    finally:
        await stranger.close()

    assert await raw(database, "SELECT count(*) FROM tenant_key") == keys


# -- how keys come


async def test_many_who_need_the_first_key_at_once_get_the_same(database: PreparedDatabase) -> None:
    other = await database.tenant("Cushions")

    charts = await asyncio.gather(*(write_chart(database, f"Patient {n}", actor=other) for n in range(6)))

    assert len({chart.patient for chart in charts}) == 6
    assert await raw(database, "SELECT purpose, number FROM tenant_key ORDER BY purpose, number") == [
        ("BLIND", 1),
        ("ENCRYPT", 1),
    ]


async def test_a_key_whose_making_is_undone_encrypts_nothing_afterwards(database: PreparedDatabase) -> None:
    chart = await write_chart(database)
    await raw(database, "DELETE FROM tenant_key")
    vault = database.database.vault
    assert vault is not None
    vault.forget(database.tenant_id)

    def work(uow: UnitOfWork) -> None:
        with contextlib.suppress(ZeroDivisionError), uow.savepoint():
            uow.add_many(Condition, [{"patient_id": chart.patient, "display": "lost"}])
            uow.flush()
            raise ZeroDivisionError
        uow.add_many(Condition, [{"id": uuid.UUID(int=7), "patient_id": chart.patient, "display": "kept"}])

    await database.do(work)
    vault.forget(database.tenant_id)

    kept = await database.do(lambda uow: uow.get(Condition, uuid.UUID(int=7)))
    assert kept.display == "kept"


async def test_keys_that_are_not_committed_are_nobody_elses(database: PreparedDatabase) -> None:
    """Also where the transaction that made them read them again, after a savepoint in it was undone."""
    chart = await write_chart(database)
    await raw(database, "DELETE FROM tenant_key")
    vault = database.database.vault
    assert vault is not None
    vault.forget(database.tenant_id)

    def work(uow: UnitOfWork) -> None:
        uow.add_many(Condition, [{"patient_id": chart.patient, "display": "first"}])
        uow.flush()
        with contextlib.suppress(ZeroDivisionError), uow.savepoint():
            raise ZeroDivisionError
        uow.add_many(Condition, [{"patient_id": chart.patient, "display": "second"}])
        uow.flush()
        assert uow.session.sealer.keys.complete
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.do(work)

    assert vault.known(database.tenant_id) is None
    assert await raw(database, "SELECT count(*) FROM tenant_key") == [(0,)]


async def test_a_record_that_is_read_again_has_its_text(database: PreparedDatabase) -> None:
    chart = await write_chart(database)

    def work(uow: UnitOfWork) -> list[str | None]:
        follow_up = uow.get(FollowUp, chart.follow_up)
        first = follow_up.reason
        uow.update_rows(FollowUp, FollowUp.id == chart.follow_up, values={"due_on": dt.date(2026, 5, 1)})
        again = follow_up.reason
        uow.session.refresh(follow_up)
        return [first, again, follow_up.reason, uow.get(FollowUp, chart.follow_up, lock=True).reason]

    assert await database.do(work) == [word("healthcare_follow_up.reason", "Mira")] * 4


async def test_keys_that_are_made_are_audited(database: PreparedDatabase) -> None:
    await write_chart(database)

    assert await raw(database, "SELECT count(*) FROM audit_entry WHERE record_type = 'tenant_key'") == [(2,)]


async def test_beside_an_embedded_database_a_master_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/patron.db", master_key=None)
    made = master_keys(settings).wrapper(first=lambda: True)

    assert master_keys(settings).wrapper(first=lambda: True).name == made.name
    assert (tmp_path / "patron.db.key").stat().st_mode & 0o777 == 0o600


async def test_a_master_key_that_is_lost_is_not_replaced(tmp_path: Path) -> None:
    keys = master_keys(Settings(database_url=f"sqlite:///{tmp_path}/patron.db", master_key=None))

    with pytest.raises(StartupError, match="There is no master key"):
        keys.wrapper(first=lambda: False)


async def test_on_postgresql_nobody_makes_a_master_key() -> None:
    keys = master_keys(Settings(database_url="postgresql://patron_app@localhost/patron", master_key=None))

    with pytest.raises(StartupError, match="There is no master key"):
        keys.wrapper(first=lambda: True)


async def test_a_service_does_not_start_without_the_key_of_what_is_encrypted(database: PreparedDatabase) -> None:
    """On SQLite nobody misses it before something is encrypted: then a file is made."""
    keyless, stranger = open_database(Settings(database_url=database.url)), opened_with(database, OTHER)
    keyless.vault = Vault(
        master_keys(Settings(database_url=database.url, master_key=None)), clock=database.clock, ids=database.ids
    )
    try:
        before = await master_key_problems(keyless)
        await write_chart(database)
        after, strange = await master_key_problems(keyless), await master_key_problems(stranger)
        assert await master_key_problems(database.database) == []
    finally:
        await keyless.close()
        await stranger.close()

    if database.dialect == "sqlite":
        assert (before, len(strange)) == ([], 1)
    else:
        assert "There is no master key" in before[0]
    assert "There is no master key" in after[0]


@pytest.mark.parametrize(
    "given",
    [
        {"master_key": "short"},
        {"master_key": base64.b64encode(bytes(32)).decode()},
        {"master_key": base64.b64encode(b"x" * 32).decode()},
        {"master_key": new_master_key(), "key_wrapper": "somewhere:function"},
        {"master_key": None, "key_wrapper": "patron_core.values:Clock"},
        {"master_key": None, "key_wrapper": "nowhere:function"},
        {"master_key": None, "master_key_file": "/nowhere/master.key"},
    ],
)
def test_what_is_no_master_key_stops_the_start(given: dict[str, Any]) -> None:
    with pytest.raises(StartupError) as raised:
        master_keys(Settings(**given))

    assert "nowhere" in str(given) or str(given.get("master_key")) not in str(raised.value)


def test_a_master_key_that_others_may_read_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    file.write_text(new_master_key())
    os.chmod(file, 0o644)

    with pytest.raises(StartupError, match="Others may read"):
        master_keys(Settings(master_key=None, master_key_file=file))
    os.chmod(file, 0o600)
    assert master_keys(Settings(master_key=None, master_key_file=file)).current is not None


class Service:
    """Stands for a key management service: the key never leaves it."""

    name = "arn:test:key/1"

    def __init__(self) -> None:
        self._inside = MasterKey(hashlib.sha256(b"inside the service").digest())

    def wrap(self, key: bytes, context: bytes) -> str:
        return "kms:" + self._inside.wrap(key, context)

    def unwrap(self, wrapped: str, context: bytes) -> bytes:
        return self._inside.unwrap(wrapped.removeprefix("kms:"), context)


async def test_a_key_management_service_wraps(database: PreparedDatabase) -> None:
    settings = Settings(database_url=database.url, master_key=None, key_wrapper="tests.core.test_encryption:Service")
    served = PreparedDatabase(
        database.dialect, open_database(settings), database.url, database.owner_url, database.plugins
    )
    served.ids, served.tenant_id, served.actor = database.ids, database.tenant_id, database.actor
    try:
        await write_chart(served)
        assert await texts(served, FollowUp, "outcome") == [word("healthcare_follow_up.outcome", "Mira")]
    finally:
        await served.database.close()

    rows = await raw(database, "SELECT master, substr(wrapped, 1, 4) FROM tenant_key")
    assert set(rows) == {("arn:test:key/1", "kms:")}


# -- how keys follow each other


async def rotate(database: PreparedDatabase, on: Database | None = None) -> Any:
    return await service.rotate(on or database.database, database.tenant_id, clock=database.clock, ids=database.ids)


async def finish(database: PreparedDatabase, **more: Any) -> Any:
    return await service.finish(database.database, database.tenant_id, clock=database.clock, ids=database.ids, **more)


async def stored_keys(database: PreparedDatabase) -> set[int | None]:
    """The keys that rows were encrypted with."""
    found: set[int | None] = set()
    for column in COLUMNS:
        table, _, name = column.partition(".")
        found |= {
            key_number(row[0]) for row in await raw(database, f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL")
        }
    return found


async def test_e6_keys_are_rotated_while_others_read_and_write_and_nothing_fails(
    database: PreparedDatabase, record_property: Callable[[str, object], None]
) -> None:
    """A second process rotates; this one has the old keys at hand and goes on with them."""
    charts = [await write_chart(database, f"Patient {n}") for n in range(12)]
    operator = opened_with(database, MASTER_KEY)
    done: dict[str, int] = {"reads": 0, "writes": 0}
    begun, over = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            assert all(text.startswith("canary") for text in await texts(database, Encounter, "reason_text"))
            done["reads"] += 1

    async def write() -> None:
        while not over.is_set():
            chart = charts[done["writes"] % len(charts)]
            text = f"canary outcome {done['writes']}"

            def change(uow: UnitOfWork, id_: uuid.UUID = chart.follow_up, text: str = text) -> None:
                uow.get(FollowUp, id_, lock=True).outcome = text

            await database.do(change)
            done["writes"] += 1
            if done["writes"] == 3:
                begun.set()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(write())
            await begun.wait()
            rotated = await rotate(database, operator)
            again = await rotate(database, operator)
            over.set()
    finally:
        await operator.close()
    await finish(database)

    assert rotated.rows >= 12 * 7
    assert (rotated.unreadable, again.unreadable) == (0, 0)
    assert await stored_keys(database) == {3}
    for model, attribute in ((Encounter, "reason_text"), (FollowUp, "outcome"), (Patient, "medical_record_number")):
        assert all(text.startswith("canary") for text in await texts(database, model, attribute))
    record_property("figure", f"{done['reads']} reads and {done['writes']} writes beside 2 rotations, 0 failed")


async def test_a_rotation_that_was_broken_off_is_ended_by_finish(database: PreparedDatabase) -> None:
    for n in range(3):
        await write_chart(database, f"Patient {n}")

    def stop(rows: int) -> None:
        if rows:  # and other tables still wait
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await service.rotate(database.database, database.tenant_id, clock=database.clock, ids=database.ids, report=stop)
    assert await stored_keys(database) == {1, 2}

    done, destroyed = await finish(database)

    assert (await stored_keys(database), done.unreadable, destroyed) == ({2}, 0, 0)


async def test_an_old_key_is_destroyed_a_day_later_and_only_if_no_row_needs_it(database: PreparedDatabase) -> None:
    await write_chart(database)
    await rotate(database)
    (kept,) = await raw(database, "SELECT outcome FROM healthcare_follow_up")
    assert (await finish(database))[1] == 0
    await raw(database, "UPDATE healthcare_follow_up SET outcome = 'v1.1.' || substr(outcome, 6)")
    database.clock.advance(service.KEPT + dt.timedelta(seconds=1))

    unsure = await finish(database)
    await raw(database, f"UPDATE healthcare_follow_up SET outcome = '{kept[0]}'")
    sure = await finish(database)

    assert (unsure[0].unreadable, unsure[1]) == (1, 0)
    assert (sure[0].unreadable, sure[1]) == (0, 1)
    rows = await raw(database, "SELECT number, wrapped = '' FROM tenant_key WHERE purpose = 'ENCRYPT' ORDER BY number")
    assert [(number, bool(empty)) for number, empty in rows] == [(1, True), (2, False)]
    assert await texts(database, FollowUp, "outcome") == [word("healthcare_follow_up.outcome", "Mira")]


async def test_what_was_stored_before_its_column_was_encrypted_is_sealed_when_that_is_asked(
    database: PreparedDatabase,
) -> None:
    await write_chart(database)
    await raw(
        database, "UPDATE healthcare_patient SET medical_record_number = 'MR 7', medical_record_number_bidx = NULL"
    )

    await finish(database)
    (untouched,) = await raw(database, "SELECT medical_record_number FROM healthcare_patient")
    await finish(database, plain=True)

    assert untouched == ("MR 7",)
    found = await database.do(lambda uow: uow.find(Patient, medical_record_number="MR 7"))
    assert found.medical_record_number == "MR 7"


async def test_a_change_of_stored_forms_changes_no_version_and_is_no_change_to_the_audit(
    database: PreparedDatabase,
) -> None:
    await write_chart(database)
    look = "SELECT version, updated_at FROM healthcare_follow_up"
    before = await raw(database, look)

    await rotate(database)

    assert await raw(database, look) == before
    tables = await raw(database, "SELECT DISTINCT record_type FROM audit_entry WHERE actor = 'system'")
    assert ("healthcare_follow_up",) not in tables
    assert ("tenant_key",) in tables


async def test_keys_are_wrapped_anew_by_another_master_key(database: PreparedDatabase) -> None:
    chart = await write_chart(database)
    both, new = opened_with(database, OTHER, MASTER_KEY), opened_with(database, OTHER)

    def outcome(session: Any) -> str:
        follow_up: FollowUp = session.get_one(FollowUp, (database.tenant_id, chart.follow_up))
        assert follow_up.outcome is not None
        return follow_up.outcome

    try:
        wrapped = await service.rewrap(both, database.tenant_id, clock=database.clock, ids=database.ids)
        again = await service.rewrap(both, database.tenant_id, clock=database.clock, ids=database.ids)
        assert (wrapped, again) == (2, 0)
        assert await new.read(database.tenant_id, outcome) == word("healthcare_follow_up.outcome", "Mira")
    finally:
        await both.close()
        await new.close()


# -- how keys go


async def test_after_shredding_nothing_opens_and_nothing_is_encrypted(database: PreparedDatabase) -> None:
    other = await database.tenant("Cushions")
    chart = await write_chart(database)
    safe = await write_chart(database, actor=other)

    count = await service.shred(
        database.database, database.tenant_id, clock=database.clock, ids=database.ids, reason="The tenant leaves."
    )

    assert count == 2
    assert await raw(database, "SELECT count(*) FROM tenant_key WHERE wrapped <> ''") == [(2,)]
    with pytest.raises(Undecipherable):
        await database.do(lambda uow: uow.get(FollowUp, chart.follow_up))
    with pytest.raises(Undecipherable, match="destroyed"):
        await database.do(lambda uow: uow.add_many(Condition, [{"patient_id": chart.patient, "display": "new"}]))
    with pytest.raises(Conflict):
        await rotate(database)
    assert (await database.do(lambda uow: uow.get(FollowUp, safe.follow_up), actor=other)).reason.startswith("canary")


async def test_keys_at_hand_are_read_again_after_half_a_minute(database: PreparedDatabase) -> None:
    passed = [0.0]
    vault = database.database.vault
    assert vault is not None
    vault._elapsed = lambda: passed[0]
    await write_chart(database)
    await texts(database, FollowUp, "reason")
    assert vault.known(database.tenant_id) is not None

    passed[0] = KEY_AGE_SECONDS

    assert vault.known(database.tenant_id) is None


# -- what must be declared


@pytest.mark.parametrize("classification", [PHI, SECRET])
def test_words_of_health_and_secrets_in_the_clear_stop_the_start(classification: Any) -> None:
    bare: Column[str] = Column("note", Words(), info={META: ColumnMeta(classification)})
    said: Column[str] = Column("note", Words(), info={META: ColumnMeta(classification, plain="It is a code.")})

    assert [problem.startswith("note is") for problem in _unsealed(Patient, bare)] == [True]
    assert list(_unsealed(Patient, said)) == []
    assert check_records(Party) == []


@pytest.mark.parametrize(
    ("meta", "kind", "problem"),
    [
        (ColumnMeta(PHI, encrypted=True, orderable=True), EncryptedText(), "has no order"),
        (ColumnMeta(PHI, encrypted=True), Words(), "holds no text"),
    ],
)
def test_an_encrypted_column_that_cannot_be_is_refused(meta: ColumnMeta, kind: Any, problem: str) -> None:
    found = list(_unsealed(Patient, Column("note", kind, info={META: meta})))

    assert [problem in each for each in found][-1]


def test_a_stored_form_names_its_key_and_keys_are_not_shown() -> None:
    assert key_number("v1.12.AAAA") == 12
    assert [key_number(text) for text in ("", "v1.", "v2.1.AAAA", "v1.1.A A", "plain")] == [None] * 5
    assert repr(TenantKeys(uuid.UUID(int=1), 1, {}, b"secret")).find("secret") == -1
