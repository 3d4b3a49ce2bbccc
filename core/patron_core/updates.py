"""What an update command gives, written to its record: fields that were left out stay as they are, null empties them.

In come a command and the record it is about, out come the names of what differs now, for the event that tells of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from patron_core.messages import Command
from patron_core.records import Record
from patron_core.values import UNSET

__all__ = ["apply_update", "set_values"]

_NAMING = frozenset({"id", "version"})


def apply_update(command: Command, *, to: Record, but: Collection[str] = ()) -> tuple[str, ...]:
    """Sets what was given and differs, and returns its names in the order of the command's fields.

    but: fields that are not the record's own, or that the caller sets.
    """
    names = (field.name for field in fields(command) if field.name not in _NAMING and field.name not in but)
    return set_values(to, {name: value for name in names if (value := getattr(command, name)) is not UNSET})


def set_values(record: Record, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Sets what differs, and returns its names."""
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    for name, value in changed.items():
        setattr(record, name, value)
    return tuple(changed)
