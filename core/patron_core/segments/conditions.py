"""A segment's condition, from the API's `where` to the stored text and back to SQL.

In comes JSON of the shape of `CustomerWhere` or `PartyWhere`, out comes one spelling of it with a version. That its fields exist
and that its author may filter by them is asked of the planner when it is stored; a refresh asks as the system.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from patron_core.errors import Forbidden, InvalidInput, PublicError
from patron_core.predicates import VERSION, Predicate, parse, stored
from patron_core.records import PHI
from patron_core.segments.models import SegmentTarget

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["TYPES", "checked", "condition_text", "predicate_of"]

#: The type of the API that a condition is about.
TYPES: Final[Mapping[SegmentTarget, str]] = {SegmentTarget.CUSTOMER: "Customer", SegmentTarget.PARTY: "Party"}


def checked(where: Mapping[str, Any], *, target: SegmentTarget, path: str, uow: UnitOfWork) -> Predicate:
    """The condition, where it fits the schema and its author may ask it.

    INVALID_INPUT with the path inside it; FORBIDDEN for a field that the author may not filter by, and for health
    information, which nobody's membership may tell: whoever reads segments would learn it.
    """
    try:
        predicate = parse({"version": VERSION, "type": TYPES[target], "where": where})
        classes = uow.plugins.matcher.classes(predicate, uow)
    except PublicError as error:
        inside = error.path[1:] if error.path[:1] == ("where",) else error.path
        error.path = (path, *inside)
        raise
    if PHI in classes:
        raise Forbidden(
            "A segment cannot look at health information. Its condition does, and whoever reads its members would learn "
            "it. Ask for it in a query instead.",
            path=(path,),
        )
    return predicate


def condition_text(predicate: Predicate) -> str:
    """The stored form: one text for equal conditions."""
    return json.dumps(stored(predicate), sort_keys=True, ensure_ascii=False)


def predicate_of(text: str) -> Predicate:
    """The condition of a stored form. INVALID_INPUT for one of another version."""
    try:
        document = json.loads(text)
    except ValueError:
        raise InvalidInput(
            "The stored condition cannot be read. It is no JSON. Define the segment's condition again."
        ) from None
    return parse(document)
