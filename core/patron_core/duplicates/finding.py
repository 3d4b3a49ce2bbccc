"""Finding who is twice in the books: a job that goes through all parties in steps, and a question about one that is to be made.

First each party's keys are brought up to date, then parties that share a key are compared. A key that more than 50 share,
such as a switchboard's number, tells nothing and is passed over: so the work grows with the number of parties, not its square.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from patron_core.duplicates.models import CandidateStatus, DuplicateCandidate, MatchKey
from patron_core.duplicates.scoring import MINIMUM, Evidence, Facts, compare, keys_of
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import reached
from patron_core.parties.models import ContactKind, ContactMedium, ExternalIdentifier, Party
from patron_core.privacy.row_changes import delete_rows
from patron_core.records import table_of

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["MOST_IN_BLOCK", "duplicates_of", "facts_of", "find_duplicates"]

MOST_IN_BLOCK: Final = 50
_AT_ONCE: Final = 500
_TABLE: Final = table_of(Party)
_MOST_COMPARED: Final = 500

Pair = tuple[uuid.UUID, uuid.UUID]


def find_duplicates(step: Step, uow: UnitOfWork) -> Progress | None:
    """Looks at up to 500 parties in each step. Argument `minimum`: points from which two are proposed, 60 by default."""
    phase = step.state.get("phase", "keys")
    ids = uow.select(
        select(Party.id).where(Party.id > reached(step), Party.deleted_at.is_(None)).order_by(Party.id).limit(_AT_ONCE)
    )
    if phase == "keys":
        _renew_keys(ids, uow)
    else:
        _propose(ids, uow, minimum=int(step.arguments.get("minimum", MINIMUM)))
    done = step.done + len(ids)
    if len(ids) == _AT_ONCE:
        return Progress(done=done, state={"phase": phase, "after": str(ids[-1])})
    return Progress(done=done, state={"phase": "pairs"}) if phase == "keys" else None


def duplicates_of(
    draft: Facts, uow: UnitOfWork, *, most: int, minimum: int = MINIMUM
) -> list[tuple[uuid.UUID, Evidence]]:
    """Parties that a draft may be, the likeliest first. Addresses and numbers are looked up as they stand, names as of the last run."""
    rows = uow.look_up(select(MatchKey.key, MatchKey.party_id), MatchKey.key, keys_of(draft))
    reached = uow.look_up(
        select(ContactMedium.value, ContactMedium.party_id), ContactMedium.value, draft.emails | draft.phones
    )
    ids = sorted({row.party_id for row in (*rows, *reached)})[:_MOST_COMPARED]
    known = facts_of(ids, uow)
    found = [(id_, compare(draft, known[id_])) for id_ in ids if id_ in known]
    likely = sorted((each for each in found if each[1].score >= minimum), key=lambda each: (-each[1].score, each[0]))
    return likely[:most]


def facts_of(ids: Collection[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, Facts]:
    """What is known of parties that are in lists, with three statements."""
    people = uow.look_up(
        select(
            Party.id,
            Party.kind,
            Party.display_name,
            # of the table: an attribute of a subclass would leave out the other kind
            _TABLE.c.given_name,
            _TABLE.c.family_name,
            _TABLE.c.birth_date,
            _TABLE.c.legal_name,
            Party.deleted_at,
        ),
        Party.id,
        ids,
    )
    media: dict[uuid.UUID, dict[ContactKind, set[str]]] = defaultdict(lambda: defaultdict(set))
    columns = select(ContactMedium.party_id, ContactMedium.kind, ContactMedium.value)
    for row in uow.look_up(columns.where(ContactMedium.validity_to.is_(None)), ContactMedium.party_id, ids):
        media[row.party_id][row.kind].add(row.value.lower() if row.kind is ContactKind.EMAIL else row.value)
    named: dict[uuid.UUID, set[tuple[str, str]]] = defaultdict(set)
    identifiers = select(ExternalIdentifier.party_id, ExternalIdentifier.system, ExternalIdentifier.value)
    for row in uow.look_up(identifiers, ExternalIdentifier.party_id, ids):
        named[row.party_id].add((row.system, row.value))
    return {row.id: _facts(row, media[row.id], named[row.id]) for row in people if row.deleted_at is None}


def _facts(row: Any, media: dict[ContactKind, set[str]], named: Iterable[tuple[str, str]]) -> Facts:
    joined = " ".join(name for name in (row.given_name, row.family_name) if name)
    names = [name for name in dict.fromkeys((joined, row.legal_name, row.display_name)) if name]
    return Facts(
        row.id,
        row.kind,
        tuple(names),
        row.birth_date,
        frozenset(media[ContactKind.EMAIL]),
        frozenset(media[ContactKind.PHONE]),
        frozenset(media[ContactKind.ADDRESS]),
        frozenset(named),
    )


def _renew_keys(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> None:
    wanted = {(id_, key) for id_, facts in facts_of(ids, uow).items() for key in keys_of(facts)}
    held = uow.look_up(select(MatchKey.id, MatchKey.party_id, MatchKey.key), MatchKey.party_id, ids)
    there = {(row.party_id, row.key): row.id for row in held}
    delete_rows(uow, MatchKey, [id_ for pair, id_ in there.items() if pair not in wanted])
    new = sorted(wanted - there.keys())
    uow.add_many(MatchKey, [{"party_id": id_, "key": key} for id_, key in new], unless_exists=("party_id", "key"))


def _propose(ids: Sequence[uuid.UUID], uow: UnitOfWork, *, minimum: int) -> None:
    pairs = _pairs(ids, uow)
    facts = facts_of({id_ for pair in pairs for id_ in pair}, uow)
    known = _known({first for first, _ in pairs}, uow)
    new: list[dict[str, Any]] = []
    for first, second in sorted(pairs):
        if first not in facts or second not in facts:
            continue
        evidence = compare(facts[first], facts[second])
        there = known.get(frozenset((first, second)))
        if there is not None:
            _keep_up(there, evidence, minimum, uow)
        elif evidence.score >= minimum:
            shown = {**asdict(evidence), "status": CandidateStatus.OPEN}
            new.append({"first_id": first, "second_id": second, **shown})
    uow.add_many(DuplicateCandidate, new, unless_exists=("first_id", "second_id"))


def _pairs(ids: Collection[uuid.UUID], uow: UnitOfWork) -> set[Pair]:
    """Pairs of parties that share a key, the first of each among `ids` and known before the other."""
    own = uow.look_up(select(MatchKey.key, MatchKey.party_id), MatchKey.party_id, ids)
    keys = sorted({row.key for row in own})
    telling: Any = select(MatchKey.key).where(uow.among(MatchKey.key, keys)).group_by(MatchKey.key)
    shared = uow.select(telling.having(func.count(MatchKey.id).between(2, MOST_IN_BLOCK)))
    members: dict[str, list[uuid.UUID]] = defaultdict(list)
    for row in uow.look_up(select(MatchKey.key, MatchKey.party_id), MatchKey.key, shared):
        members[row.key].append(row.party_id)
    among = set(ids)
    return {
        (one, other) for block in members.values() for one in block if one in among for other in block if one < other
    }


def _known(ids: Collection[uuid.UUID], uow: UnitOfWork) -> dict[frozenset[uuid.UUID], DuplicateCandidate]:
    """Candidates of parties, whichever of the two they are."""
    found = {}
    for column in (DuplicateCandidate.first_id, DuplicateCandidate.second_id):
        for candidate in uow.select(select(DuplicateCandidate).where(uow.among(column, sorted(ids)))):
            found[frozenset((candidate.first_id, candidate.second_id))] = candidate
    return found


def _keep_up(candidate: DuplicateCandidate, evidence: Evidence, minimum: int, uow: UnitOfWork) -> None:
    """Lets an open candidate follow what is known by now; what somebody decided stays."""
    if candidate.status is not CandidateStatus.OPEN:
        return
    if evidence.score < minimum:
        uow.delete(candidate)
        return
    for name, value in asdict(evidence).items():
        if getattr(candidate, name) != value:
            setattr(candidate, name, value)
