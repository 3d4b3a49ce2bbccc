"""From paths to sources: folders become their files, sets stay together, and contents are named by a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patron_core.errors import InvalidInput
from patron_core.imports.importer import Importer, ImportOptions, Source

__all__ = ["content_sha256", "options_sha256", "sources_of"]


def sources_of(importer: Importer[Any, Any], paths: Sequence[Path]) -> list[Source]:
    """The runs that `paths` make for an importer, in the order of names; the same file twice counts once.

    Raises INVALID_INPUT for a path where nothing is, and for a folder without a file of the importer's suffixes.
    """
    files: dict[Path, None] = {}
    for path in paths:
        files.update(dict.fromkeys(_files(path, importer.suffixes)))
    ordered = sorted(files, key=lambda file: (file.name, str(file)))
    if not ordered:
        raise InvalidInput("There is nothing to import. No path was given. Name a file or a folder.")
    return [Source(tuple(ordered))] if importer.together else [Source((file,)) for file in ordered]


def content_sha256(source: Source) -> str:
    """The hash of a file's bytes, in hex; of a set, the hash over its files' names and hashes."""
    if len(source.files) == 1:
        return _file_sha256(source.file)
    lines = [f"{file.name.lower()} {_file_sha256(file)}\n" for file in source.files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def options_sha256(options: ImportOptions) -> str:
    """The hash of an importer's options in canonical JSON, in hex."""
    fields = sorted(options.model_dump(mode="json").items())
    return hashlib.sha256(repr(fields).encode()).hexdigest()


def _files(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    if path.is_file():
        return [path.resolve()]
    if not path.is_dir():
        raise InvalidInput(f"{path.name} cannot be imported. There is no such file or folder. Check the path.")
    found = [file.resolve() for file in path.iterdir() if file.is_file() and not file.name.startswith(".")]
    found = [file for file in found if not suffixes or file.suffix.lower() in suffixes]
    if not found:
        wanted = " or ".join(suffixes) or "any kind"
        raise InvalidInput(f"{path.name} cannot be imported. The folder holds no file of {wanted}. Check the path.")
    return found


def _file_sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
