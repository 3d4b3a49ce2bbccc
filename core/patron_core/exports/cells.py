"""Text tables (CSV, RFC 4180) that a spreadsheet cannot take for programs, and the way back.

In come rows of values, out comes text. A cell that a spreadsheet would calculate (it begins with = + - @ or a control
character, behind any spaces and quotes) gets an apostrophe in front, and loses it again when it is read. Numbers that are
numbers here are written plainly. OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

__all__ = ["neutralised", "restored", "table_text", "text_rows"]

# Spreadsheets skip what cannot be seen, and take the wide forms of the signs for the signs.
_DANGEROUS: Final = re.compile(
    "^[\\s'\"\u2018\u2019\u201c\u201d`\ufeff\u200b-\u200f\u2060\x00-\x1f]*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20\u2212|%]"
)


def neutralised(text: str) -> str:
    """The text as a cell that no spreadsheet calculates; `restored` gives the text again, whatever it was."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def restored(cell: str) -> str:
    """The text that `neutralised` made a cell of."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell[1:]) else cell


def table_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as text: every cell in quotes, lines end with CR LF, None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([neutralised(name) for name in header])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def text_rows(text: str) -> Iterator[list[str]]:
    """The rows of a table that `table_text` wrote, header included, each cell as it was."""
    for row in csv.reader(io.StringIO(text, newline="")):
        yield [restored(cell) for cell in row]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return neutralised(value) if isinstance(value, str) else str(value)
