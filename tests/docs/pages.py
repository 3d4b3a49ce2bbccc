"""Pages of Markdown as the tests read them: text comes in, fenced blocks with their places go out.

What a block means is in the words behind its three backticks; `stories` runs them. A page says on which data its
operations run in a comment at its top: `<!-- examples: demo shop -->` or `<!-- examples: empty -->`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")
_DATA = re.compile(r"^<!-- examples: (?P<data>[a-z ]+) -->$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. info: the words behind the backticks. line: of its opening fence, from 1. text: without indent."""

    info: str
    line: int
    text: str
    indent: int = 0

    @property
    def language(self) -> str:
        """The first word: what the text is written in."""
        return self.info.partition(" ")[0]

    @property
    def note(self) -> str:
        """The words behind the language: what role the block has."""
        return self.info.partition(" ")[2].strip()


@dataclass(frozen=True, slots=True)
class Page:
    """A page. name: relative to the repository. data: what its operations run on; empty where it has none."""

    name: str
    data: str
    blocks: tuple[Block, ...]

    @property
    def path(self) -> Path:
        """Where it lies."""
        return ROOT / self.name


def read_page(name: str) -> Page:
    """A page by its path from the root of the repository."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = _DATA.search(text)
    return Page(name, found["data"] if found else "", tuple(blocks_of(text)))


def blocks_of(text: str) -> list[Block]:
    """All fenced blocks of a page, in order. Raises ValueError for one that is not closed."""
    blocks: list[Block] = []
    opened: tuple[str, int, int] | None = None
    inside: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if fence is None:
            inside.append(line)
        elif opened is None:
            opened, inside = (fence["info"].strip(), number, len(fence["indent"])), []
        else:
            info, start, indent = opened
            blocks.append(Block(info, start, "".join(f"{each[indent:]}\n" for each in inside), indent))
            opened = None
    if opened is not None:
        raise ValueError(f"The block of line {opened[1]} is not closed.")
    return blocks


def rewritten(text: str, texts: Mapping[int, str]) -> str:
    """The page with new texts in the blocks that open at these lines."""
    lines = text.splitlines()
    for block in reversed(blocks_of(text)):
        if block.line in texts:
            new = [" " * block.indent + line for line in texts[block.line].splitlines()]
            lines[block.line : block.line + block.text.count("\n")] = new
    return "\n".join(lines) + "\n"
