"""Parts of a camt.053 message as XML: which document it is, and its statements and entries, one at a time.

In comes a file, out come elements of versions .02 and .08 with the paths of ISO 20022 resolved. Documents are refused where a
DTD stands before their root, so there are no entities to expand, and memory stays at one entry. What the parts mean is the
business of `camt_statements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final, Literal, cast
from xml.etree.ElementTree import ParseError  # the exception alone; defusedxml parses  # nosec B405

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse as safe_iterparse
from lxml import etree

from patron_core.imports.importer import WrongFormat

__all__ = ["Element", "check_document", "inner_text", "line_of", "parts", "texts"]

Element = etree._Element  # pyright: ignore[reportPrivateUsage]  # lxml has no public name for it

FORMAT: Final = "camt053"
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_VERSIONS: Final = MappingProxyType({f"{_NAMESPACE}{version}": version for version in ("02", "08")})


def check_document(file: Path) -> str:
    """The namespace of a camt.053 document of version 02 or 08; `WrongFormat` for anything else."""
    try:
        with file.open("rb") as stream:
            # The first element tells all: a DTD could only stand before it.
            _, root = next(iter(safe_iterparse(stream, events=("start",), forbid_dtd=True)))
    except (ParseError, DefusedXmlException, StopIteration, ValueError, LookupError):
        raise _wrong(file, "It is no XML document, or one with a document type definition.") from None
    namespace, _, name = str(root.tag).removeprefix("{").rpartition("}")
    if namespace not in _VERSIONS or name != "Document":
        what = "It is another message." if namespace.startswith("urn:iso:std:iso:20022") else "It is another document."
        raise _wrong(file, what)
    return namespace


def parts(file: Path) -> Iterator[tuple[Literal["entry", "statement"], Element]]:
    """Each entry when it has been read, and each statement, without its entries, when it ends.

    An element is whole until the next one is asked for. Raises `WrongFormat` where the XML breaks off.
    """
    namespace = check_document(file)
    statement, entry = f"{{{namespace}}}Stmt", f"{{{namespace}}}Ntry"
    with file.open("rb") as stream:
        try:
            yield from _parts(stream, statement, entry)
        except etree.XMLSyntaxError:
            raise _wrong(file, "Its XML is broken or breaks off.") from None


def _parts(stream: IO[bytes], statement: str, entry: str) -> Iterator[tuple[Literal["entry", "statement"], Element]]:
    context = etree.iterparse(
        stream,
        events=("end",),
        tag=(statement, entry),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in context:
        yield ("entry" if element.tag == entry else "statement"), element
        element.clear(keep_tail=True)
        # The parser still holds the element itself; the one before it can go for good.
        before, parent = element.getprevious(), element.getparent()
        if before is not None and parent is not None and before.tag == element.tag:
            parent.remove(before)


def texts(element: Element, path: str) -> Iterator[str]:
    """The texts at a path of local names (`Acct/Id/IBAN`), stripped, empty ones left out."""
    for found in element.iterfind(_qualified(element.tag.partition("}")[0], path)):
        text = (found.text or "").strip()
        if text:
            yield text


def inner_text(element: Element, *paths: str) -> str | None:
    """The first text at the first of several paths that has one."""
    return next((text for path in paths for text in texts(element, path)), None)


@cache
def _qualified(namespace: str, path: str) -> str:
    """A path of local names with a namespace, given as `{urn:…`, before each."""
    return "/".join(f"{namespace}}}{name}" for name in path.split("/"))


def line_of(element: Element) -> int:
    """The line on which an element begins, from 1."""
    return cast("int | None", element.sourceline) or 1


def _wrong(file: Path, what: str) -> WrongFormat:
    return WrongFormat(
        file=file, format=FORMAT, what=what, advice="Pass bank statements as camt.053.001.02 or camt.053.001.08."
    )
