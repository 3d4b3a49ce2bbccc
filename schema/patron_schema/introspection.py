"""Who may look at the schema itself: for the others `__schema` and `__type` are unknown fields, and no error suggests a name.

A document or a refusal and an actor come in; nothing, or an error that tells no name the client did not send, goes out. Which
part of the schema an actor sees at all is left to `compose.visibility`.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from graphql import GraphQLError

from patron_core.access.permissions import INTROSPECT, holds
from patron_core.messages import Actor
from patron_schema.documents import Document
from patron_schema.errors import DocumentInvalid

__all__ = ["check_not_introspecting", "may_introspect", "without_suggestions"]

_SUGGESTION: Final = re.compile(r" Did you mean .*$", re.DOTALL)
_OF_THE_SCHEMA: Final = ("__schema", "__type")


def may_introspect(actor: Actor, setting: Literal["all", "permitted"]) -> bool:
    """Whether the actor may look at the schema it sees.

    setting: "all" lets everybody; "permitted" those with the permission operation:introspect, which every bundled role has
    but customer_portal and partner. A key without a role is a developer's and may: its scopes were chosen one by one.
    """
    return setting == "all" or not actor.roles or holds(actor, INTROSPECT)


def check_not_introspecting(document: Document) -> None:
    """Refuses a document that asks for the schema, in the words for a field that there is not."""
    for name in _OF_THE_SCHEMA:
        if name in document.counts.root_names:
            raise DocumentInvalid([GraphQLError(f"Cannot query field '{name}' on type 'Query'.")])


def without_suggestions(refusal: DocumentInvalid) -> DocumentInvalid:
    """The same refusal without what graphql-core proposes in place of a name."""
    return DocumentInvalid(
        [GraphQLError(_SUGGESTION.sub("", each.message), nodes=each.nodes) for each in refusal.problems]
    )
