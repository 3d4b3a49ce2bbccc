"""Demo rows of this slice: somebody who is twice in the books, found by the job."""

from __future__ import annotations

from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.duplicates.finding import find_duplicates
from patron_core.hookspecs import DemoContext, Step
from patron_core.parties.commands import CreatePerson, NewContactMedium, NewPerson
from patron_core.parties.models import ContactKind, ContactMedium, Person

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes the last person known once more, with a letter too many, and lets the job look."""
    if not people:
        return
    uow = demo.uow
    known = uow.get(Person, people[-1].party_id)
    mail = uow.find(ContactMedium, party_id=known.id, kind=ContactKind.EMAIL)
    media = () if mail is None else (NewContactMedium(kind=ContactKind.EMAIL, value=mail.value),)
    twin = NewPerson(given_name=f"{known.given_name}h", family_name=known.family_name, birth_date=known.birth_date)
    uow.handle(CreatePerson(person=twin, contact_media=media))
    uow.flush()
    step = Step(arguments={}, state={}, done=0)
    while (progress := find_duplicates(step, uow)) is not None:
        step = Step(arguments={}, state=progress.state, done=progress.done)
        uow.flush()
