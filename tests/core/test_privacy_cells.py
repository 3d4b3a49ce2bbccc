"""Row E8 of the bar: what is exported as a text table can run no formula, and comes back as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron_core.exports.cells import neutralised, restored, table_text, text_rows

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
BEFORE = ["", " ", "   ", '"', "'", "''", ' "', "\u00a0", "\ufeff", "\u200b", "\u201c", " '\" "]
AFTER = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("https://evil.example","x")', "SUM(A1:A9)", ""]
ATTACKS = [before + sign + after for before in BEFORE for sign in SIGNS for after in AFTER]


def is_live(cell: str) -> bool:
    """Whether a spreadsheet may calculate a cell: read independently of the code under test."""
    visible = cell.lstrip(" \u00a0\ufeff\u200b\"'\u201c") if not cell.startswith("'") else cell
    return visible[:1] in SIGNS


@pytest.mark.security
def test_e8_no_exported_cell_is_a_formula_and_reading_restores_it(
    record_property: Callable[[str, object], None],
) -> None:
    text = table_text(["value"], [[attack] for attack in ATTACKS])

    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    back = [row[0] for row in text_rows(text)][1:]

    assert len(cells) == len(ATTACKS)
    assert [cell for cell in cells if is_live(cell)] == []
    assert all(cell.startswith("'") for cell in cells)
    assert back == ATTACKS
    record_property("figure", f"{len(ATTACKS)} attacks: 0 live cells, {len(back)} restored")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_any_text_survives_the_way_out_and_back(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert not is_live(neutralised(text))


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2)))
def test_any_table_survives_the_way_out_and_back(rows: list[list[str]]) -> None:
    assert list(text_rows(table_text(["a", "b"], rows))) == [["a", "b"], *rows]


def test_plain_text_and_numbers_are_written_as_they_are() -> None:
    text = table_text(["name", "amount", "empty"], [["Ada O'Neil", -12, None], ["a=b", 1.5, ""]])

    assert text == '"name","amount","empty"\r\n"Ada O\'Neil","-12",""\r\n"a=b","1.5",""\r\n'
