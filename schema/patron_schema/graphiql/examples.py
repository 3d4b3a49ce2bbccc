"""The example operations that the GraphiQL page opens as tabs: made by the core and by plugins, read by `routes`."""

from __future__ import annotations

import json
from dataclasses import dataclass

__all__ = ["Example"]


@dataclass(frozen=True, slots=True)
class Example:
    """One GraphQL operation worth showing.

    `title` is what a reader sees in the list of examples; a tab bears the operation's name, or where the operation has
    none the title in PascalCase. `query` is a document with one operation. `variables` is the text of a JSON object,
    or empty. `owner` is "core" or the name of a plugin. The page shows an example only to keys whose schema has every
    field in it. Raises ValueError for what the page could not show.
    """

    title: str
    query: str
    variables: str = ""
    owner: str = "core"

    def __post_init__(self) -> None:
        for name in ("title", "query", "owner"):
            if not getattr(self, name).strip():
                raise ValueError(
                    f"An example needs a {name}. It is empty in {self.title!r} of {self.owner!r}. Give it a text."
                )
        if self.variables and not _is_json_object(self.variables):
            raise ValueError(
                f"The variables of an example must be a JSON object. Those of {self.title!r} ({self.owner!r}) are not. "
                "Write them as in '{\"first\": 10}', or leave them empty."
            )


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
