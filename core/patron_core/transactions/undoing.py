"""Many rows of the ledger taken back at once, where an import is undone; and their source keys, which are then free again.

In come ids of rows, out come reversing rows that carry `UNDONE` as their source, so that an undo is told from a reversal
somebody asked for: a row that was reversed otherwise stays known by its key, and the next nightly file does not bring it back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from patron_core.errors import Vetoed
from patron_core.transactions.commands import ReverseTransaction
from patron_core.transactions.events import TransactionReversed
from patron_core.transactions.models import Transaction, TransactionLine
from patron_core.unit_of_work import UnitOfWork

__all__ = ["UNDONE", "freed_keys", "undo_transactions"]

#: The source of rows that take back what an import made.
UNDONE: Final = "patron:undo"
Known = Callable[[Sequence[str]], Mapping[str, uuid.UUID]]


def undo_transactions(uow: UnitOfWork, ids: Sequence[uuid.UUID], *, reason: str) -> tuple[int, dict[uuid.UUID, str]]:
    """Takes rows back that nobody took back yet; how many that were, and why others stay."""
    originals = {row.id: row for row in uow.select(select(Transaction).where(uow.among(Transaction.id, ids)))}
    done = uow.look_up(select(Transaction.reverses_id, Transaction.source), Transaction.reverses_id, list(originals))
    kept = {row.reverses_id: "It was taken back already." for row in done if row.source != UNDONE}
    open_ = [id_ for id_ in ids if id_ in originals and id_ not in {row.reverses_id for row in done}]
    for id_ in list(open_):
        why = _refusal(uow, originals[id_], reason)
        if why is not None:
            kept[id_] = why
            open_.remove(id_)
    pairs = dict(zip(open_, uow.ids.many(len(open_)), strict=True))
    written = set(
        uow.add_many(
            Transaction,
            [_reversal(originals[id_], new, uow) for id_, new in pairs.items()],
            unless_exists=("reverses_id",),
        )
    )
    taken = {id_: new for id_, new in pairs.items() if new in written}
    _take_lines_back(uow, taken)
    for id_, new in taken.items():
        original = originals[id_]
        uow.emit(
            TransactionReversed(
                customer_id=original.customer_id,
                transaction_id=new,
                reverses_id=id_,
                kind=original.kind,
                amount=-original.amount,
                occurred_at=max(uow.now, original.occurred_at),
                reason=reason,
            )
        )
    return len(taken), kept


def freed_keys(uow: UnitOfWork, known: Mapping[str, uuid.UUID], look_up: Known) -> dict[str, str]:
    """For source keys whose row an undo took back: the key under which the row may come again.

    That is the key with `#2` behind it, or the next number that no row which still counts has. look_up: ids by key.
    """
    free: dict[str, str] = {}
    current, number = dict(known), 1
    origin = {key: key for key in known}
    while current:
        undone = {
            row.reverses_id
            for row in uow.look_up(
                select(Transaction.reverses_id).where(Transaction.source == UNDONE),
                Transaction.reverses_id,
                list(current.values()),
            )
        }
        number += 1
        following = {f"{origin[key]}#{number}": origin[key] for key, id_ in current.items() if id_ in undone}
        free |= {key: name for name, key in following.items()}
        current = dict(look_up(list(following)))
        origin = following
    return free


def _refusal(uow: UnitOfWork, original: Transaction, reason: str) -> str | None:
    if original.reverses_id is not None:
        return "It takes another row back itself."
    command = ReverseTransaction(id=original.id, reason=reason)
    if uow.has_gate(command):
        try:
            uow.judge(command)
        except Vetoed as veto:
            return veto.message
    return None


def _reversal(original: Transaction, id_: uuid.UUID, uow: UnitOfWork) -> Mapping[str, Any]:
    return {
        "id": id_,
        "customer_id": original.customer_id,
        "kind": original.kind,
        "amount": -original.amount,
        "margin": None if original.margin is None else -original.margin,
        "occurred_at": max(uow.now, original.occurred_at),
        "channel": original.channel,
        "receipt_number": original.receipt_number,
        "reverses_id": original.id,
        "source": UNDONE,
        "source_key": str(original.id),
    }


def _take_lines_back(uow: UnitOfWork, taken: Mapping[uuid.UUID, uuid.UUID]) -> None:
    lines = select(TransactionLine).where(uow.among(TransactionLine.transaction_id, list(taken)))
    opposite: list[Mapping[str, Any]] = [
        {
            "transaction_id": taken[line.transaction_id],
            "number": line.number,
            "sku": line.sku,
            "description": line.description,
            "quantity": -line.quantity,
            "unit_price": line.unit_price,
            "amount": -line.amount,
            "cost": None if line.cost is None else -line.cost,
            "margin": None if line.margin is None else -line.margin,
        }
        for line in (uow.select(lines) if taken else ())
    ]
    if opposite:
        uow.add_many(TransactionLine, opposite)
