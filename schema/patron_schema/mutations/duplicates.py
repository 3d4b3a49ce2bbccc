"""Merge, take merges back, and say who is not the same."""

from __future__ import annotations

import strawberry

from patron_core.duplicates import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.customers import Customer
from ..types.duplicates import DuplicateCandidate, Merge

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class CustomerMergePayload:
    """What a merge of customers gives."""

    customer: Customer | None = strawberry.field(description="The customer that stayed, as it is now.")
    merge: Merge | None = strawberry.field(description="The receipt, by which it can be taken back.")


@payload
class CustomerMergeUndoPayload:
    """What taking a merge back gives."""

    customer: Customer | None = strawberry.field(description="The customer that had stayed, as it is now.")
    restored: Customer | None = strawberry.field(description="The customer that is there again.")
    merge: Merge | None = strawberry.field(description="The receipt.")


@payload
class DuplicateCandidatePayload:
    """What a decision about two parties gives."""

    duplicate_candidate: DuplicateCandidate | None = strawberry.field(description="The two, as they stand now.")


@extends(Mutation)
class DuplicateMutation:
    customer_merge: CustomerMergePayload = mutation(
        commands.MergeCustomers,
        description="Makes two customers one: everything about the source goes to the target, in every plugin too.",
    )
    customer_merge_undo: CustomerMergeUndoPayload = mutation(
        commands.UndoMerge, description="Takes a merge back; refused, with the rows named, where any changed since."
    )
    duplicate_dismiss: DuplicateCandidatePayload = mutation(
        commands.DismissDuplicate, description="Says that two parties are not the same; they are not proposed again."
    )


TYPES = (CustomerMergePayload, CustomerMergeUndoPayload, DuplicateCandidatePayload)
EXTENSIONS = (DuplicateMutation,)
