"""The SDL that is committed: the core's whole, and of each plugin what it adds to the core.

Composed schemas come in, texts go out. Where the files lie and whether they are fresh is the command line's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import (
    DefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    parse,
    print_ast,
)

__all__ = ["added_sdl"]

#: What can be extended: the definition, the extension, and where its members are.
_EXTENSIBLE: tuple[tuple[type, type, str], ...] = (
    (ObjectTypeDefinitionNode, ObjectTypeExtensionNode, "fields"),
    (InterfaceTypeDefinitionNode, InterfaceTypeExtensionNode, "fields"),
    (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode, "fields"),
    (EnumTypeDefinitionNode, EnumTypeExtensionNode, "values"),
    (UnionTypeDefinitionNode, UnionTypeExtensionNode, "types"),
)


def added_sdl(core: str, whole: str) -> str:
    """What `whole` has beyond `core`, as SDL: new types in full, new members of the core's types as `extend`.

    core, whole: SDL of the core alone and of the core with plugins.
    """
    before = {_key(node): node for node in parse(core).definitions}
    added = (_addition(before.get(_key(node)), node) for node in parse(whole).definitions)
    document = DocumentNode(definitions=tuple(node for node in added if node is not None))
    return print_ast(document).strip() + "\n"


def _key(node: DefinitionNode) -> tuple[str, str]:
    name = getattr(node, "name", None)
    return node.kind, name.value if name is not None else ""


def _addition(before: DefinitionNode | None, node: DefinitionNode) -> DefinitionNode | None:
    if before is None:
        return node
    for definition, extension, members in _EXTENSIBLE:
        if isinstance(node, definition):
            new = _new_members(getattr(before, members) or (), getattr(node, members) or ())
            interfaces = _new_members(getattr(before, "interfaces", ()) or (), getattr(node, "interfaces", ()) or ())
            return _extension(extension, node, {members: new, "interfaces": interfaces}) if new or interfaces else None
    return None


def _extension(kind: type, node: Any, parts: dict[str, tuple[Any, ...]]) -> Any:
    fitting = {name: value for name, value in parts.items() if value}
    return kind(name=node.name, **fitting)


def _new_members(before: Iterable[Any], after: Iterable[Any]) -> tuple[Any, ...]:
    known = {member.name.value for member in before}
    return tuple(member for member in after if member.name.value not in known)
