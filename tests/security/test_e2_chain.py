"""E2: a seal holds the one before it, so that one changed row changes every seal after it."""

from __future__ import annotations

import pytest

from patron_core.audit.canonical import FIRST, link

pytestmark = pytest.mark.security


def test_e2_a_seal_holds_its_row_and_the_one_before() -> None:
    first, second = link(b"a row", FIRST), link(b"another row", FIRST)

    assert first != second
    assert link(b"the next row", first) != link(b"the next row", second)
    assert len(first) == 64
