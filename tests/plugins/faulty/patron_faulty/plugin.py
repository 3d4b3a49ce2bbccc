"""The table of contents of a plugin whose hooks raise or take long, as the names of people tell them to."""

from __future__ import annotations

import time
from collections.abc import Iterable

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.events import CustomerCreated
from patron_core.hookspecs import Manifest, Veto, hookimpl
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_faulty import types
from patron_faulty.models import Gadget
from patron_schema.plugin import Contribution

SLOW_SECONDS = 0.4


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(
        name="faulty",
        version="0.1.0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Faulty gadgets",
        scopes=(("faulty:write", "Change gadgets."),),
        roles={"manager": ("faulty:write",)},
        tables=("customer",),
        hosts=("gadgets.example",),
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What may be asked."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS)


@hookimpl
def patron_on_event(event: CustomerCreated, uow: UnitOfWork) -> None:
    """Gives each new customer a gadget."""
    party = uow.get(Party, event.party_id)
    word = party.display_name.split()[0]
    uow.add(Gadget(customer_id=event.customer_id, label=word, size=7, occurred_at=uow.now))
    if word == "Boom":
        raise RuntimeError("canary-4711 in /etc/passwd")
    if word == "Slow":
        time.sleep(SLOW_SECONDS)


@hookimpl
def patron_gate(command: CreateCustomer, uow: UnitOfWork) -> Veto | None:
    """Judges nobody, and fails at some."""
    if command.person is not None and command.person.given_name == "Ungated":
        raise RuntimeError("canary-4711 in /etc/passwd")
    return None
