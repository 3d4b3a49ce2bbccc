"""The condition on an event's customer that an endpoint may have, from the API's `where` to the stored text and back.

In comes JSON of the shape of `CustomerWhere`, out comes one spelling of it with a version. That its fields exist and are
open to the endpoint is asked of the planner when it is saved, whether it holds when an event is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from patron_core.errors import InvalidInput
from patron_core.predicates import VERSION, parse, stored

__all__ = ["TYPE", "condition_text", "where_of"]

TYPE: Final = "Customer"


def condition_text(where: Mapping[str, Any]) -> str:
    """The stored form of a `where`. INVALID_INPUT with the path inside it, LIMIT_EXCEEDED beyond 50 nodes."""
    try:
        predicate = parse({"version": VERSION, "type": TYPE, "where": where})
    except InvalidInput as error:
        raise InvalidInput(error.message, path=("filter", *error.path[1:])) from None
    return json.dumps(stored(predicate), sort_keys=True, ensure_ascii=False)


def where_of(text: str) -> Mapping[str, Any]:
    """The `where` of a stored form. INVALID_INPUT for one of another version."""
    document = json.loads(text)
    parse(document)
    where: Mapping[str, Any] = document["where"]
    return where
