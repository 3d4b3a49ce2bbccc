"""What is asked: each question's document, the variables that take turns, and what it stands for in the tables.

Documents are in benchmarks/queries/. A peer with another schema makes its own document for the same name; Patron's answer is
the common shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["Question", "question"]

_FOLDER: Final = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class Question:
    """A question. variables: one or more sets, asked in turns, so that nobody answers one row from a cache."""

    name: str
    what: str
    document: str
    variables: tuple[Mapping[str, Any], ...]


def question(name: str, what: str, *variables: Mapping[str, Any], file: str | None = None) -> Question:
    """The question whose document is `queries/<file or name>.graphql`."""
    sets: Sequence[Mapping[str, Any]] = variables or ({},)
    return Question(name, what, (_FOLDER / f"{file or name}.graphql").read_text(encoding="utf-8"), tuple(sets))
