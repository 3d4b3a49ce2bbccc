"""What kind of value stands in a field, in words that say nothing of the value itself: for reports that others may read."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["value_class"]

_FORMS: Final = (
    (re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"), "what looks like a date"),
    (re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[T ].*"), "what looks like a date with a time"),
    (re.compile(r"[+-]?\d+"), "a whole number"),
    (re.compile(r"[+-]?[\d.,' ]*\d"), "a number with separators"),
    (re.compile(r"[^@\s]+@[^@\s]+"), "what looks like an e-mail address"),
    (re.compile(r"\+?[\d ()/.-]{6,}"), "what looks like a telephone number"),
)
_LONGEST: Final = 100  # no form is longer


def value_class(value: Any) -> str:
    """The class of a value: `text of 12 characters`, `what looks like a date of 10 characters`, `nothing`, `a list`."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value)
    words = "text"
    if len(text) <= _LONGEST:
        words = next((words for form, words in _FORMS if form.fullmatch(text)), words)
    return f"{words} of {len(text)} characters"
