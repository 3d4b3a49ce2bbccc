"""A first mapping for a table, from the names of its columns, for its owner to correct.

In comes a file, out comes a mapping as TOML with what could be matched by name; what could not stands below as a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from patron_core.errors import InvalidInput
from patron_core.imports.json_lines import read_json_lines
from patron_core.imports.tables import Row, first_rows
from patron_core.imports.targets import LINE_FIELDS, TARGETS, Field

__all__ = ["columns_of", "suggest"]

_CONTACTS: Final = {
    "EMAIL": ("email", "e_mail", "mail", "email_address"),
    "PHONE": ("phone", "telephone", "mobile", "phone_number", "tel", "telefon"),
    "ADDRESS": ("address", "postal_address", "adresse"),
}
_KEYS: Final = ("id", "key", "number", "no", "nr", "external_id", "uuid", "code")
_MOST: Final = 200


def columns_of(file: Path, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[str]:
    """The columns of a table, or the keys of the first object of JSON Lines; INVALID_INPUT where there are none."""
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        first = next(read_json_lines(file), None)
        names = [str(name) for name in first.values] if isinstance(first, Row) else []
    else:
        rows = first_rows(file, count=1, delimiter=delimiter, encoding=encoding)
        names = rows[0] if rows else []
    if not names or len(names) > _MOST:
        raise InvalidInput(
            f"{file.name} has no names of columns to begin with. Its first line holds {len(names)}. "
            f"Give a file whose first line names its columns, at most {_MOST}."
        )
    return names


def suggest(columns: Sequence[str], *, source: str, target: str | None = None) -> str:
    """A mapping in TOML. target: what rows become; None takes the one that most columns fit."""
    target = target or max(
        TARGETS, key=lambda name: (len(_matched(columns, TARGETS[name].fields)), name == "customers")
    )
    if target not in TARGETS:
        raise InvalidInput(f"There is no such target. The option names none. Choose among {', '.join(TARGETS)}.")
    fields = _matched(columns, TARGETS[target].fields)
    key = _key(columns, fields.get("receipt_number") if target == "transactions" else None)
    lines = _matched([c for c in columns if c not in fields.values()], LINE_FIELDS) if target == "transactions" else {}
    if "unit_price" in lines:
        fields.pop("amount", None)
    else:
        lines = {}
    contacts = _contacts(columns) if target == "customers" else {}
    used = {key, *fields.values(), *lines.values(), *contacts.values()}
    missing = [name for name in TARGETS[target].required if name not in fields and not (name == "amount" and lines)]
    out = [
        "version = 1",
        f"target = {_text(target)}",
        f"source = {_text(source)}  # the system the rows come from; never change it, it is part of each record's name",
        f"key = [{_text(key)}]  # the columns that name a record there",
        "",
        "[fields]",
        *(f"{name} = {_text(column)}" for name, column in fields.items()),
        *(f'{name} = {{ constant = "…" }}  # needed: a column, or the same for every row' for name in missing),
    ]
    if lines:
        out += ["", "[lines.fields]", *(f"{name} = {_text(column)}" for name, column in lines.items())]
    for kind, column in contacts.items():
        out += ["", "[[contacts]]", f'kind = "{kind}"', f"column = {_text(column)}"]
    unused = [column for column in columns if column not in used]
    if unused:
        out += ["", "# Not used: " + ", ".join(_text(column) for column in unused)]
    return "\n".join(out) + "\n"


def _matched(columns: Sequence[str], fields: Mapping[str, Field]) -> dict[str, str]:
    """Columns by field: whose name is the field's or one of its other names, each column once."""
    plain: dict[str, str] = {}
    for column in columns:
        plain.setdefault(_plain(column), column)
    found: dict[str, str] = {}
    for name, field in fields.items():
        fitting = [plain[_plain(each)] for each in (name, *field.also) if _plain(each) in plain]
        free = [column for column in fitting if column not in found.values()]
        if free:
            found[name] = free[0]
    return found


def _contacts(columns: Sequence[str]) -> dict[str, str]:
    return {
        kind: column
        for kind, names in _CONTACTS.items()
        for column in [next((c for c in columns if _plain(c) in {_plain(n) for n in names}), None)]
        if column is not None
    }


def _key(columns: Sequence[str], receipt: str | None) -> str:
    if receipt is not None:
        return receipt
    exact = [c for c in columns if _plain(c) in {_plain(n) for n in _KEYS}]
    ending = [c for c in columns if re.search(r"(id|no|nr|number|key)$", c.strip(), re.IGNORECASE)]
    return next(iter([*exact, *ending, *columns]))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
