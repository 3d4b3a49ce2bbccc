"""The variables of one operation against one schema: how they are read and which part of them decides a plan.

A document's definitions come in once; afterwards each request's values are coerced and their structure told. Variables of
plain types that fit are taken as they are; everything else, and every fault, goes through graphql-core's own coercion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    VariableDefinitionNode,
    VariableNode,
    get_variable_values,
    type_from_ast,
)

from patron_core.errors import BadRequest, LimitExceeded

from .compose import Composed
from .documents import Document
from .errors import variable_problem
from .planner.selection import structure

__all__ = ["VariableReader"]

#: Python's types of the values that a built-in scalar takes as they are. An Int is checked for its 32 bits.
_PLAIN: Final[Mapping[str, type]] = {"ID": str, "String": str, "Int": int, "Boolean": bool}
_ABSENT: Final = ("-",)
_PRESENT: Final = "·"
#: The longest list that any input takes is the lines of a transaction, 2,000.
MOST_VALUES: Final = 2_000
#: Each costs some ten microseconds to be read, however small; a body of the limit's size has room for 300,000.
MOST_OBJECTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Variable:
    """A definition. plain: the type of values taken as they are; codes: those of an enum, by name; decides: its part in a plan."""

    name: str
    plain: type | None
    codes: Mapping[str, Any] | None
    may_be_absent: bool
    decides: Callable[[Any], Any]


class VariableReader:
    """Reads the variables of one operation of one schema."""

    def __init__(self, composed: Composed, document: Document) -> None:
        self._schema: GraphQLSchema = composed.graphql
        self._definitions = tuple(document.operation.variable_definitions or ())
        self._deciding = document.directive_variables
        self._known = composed.catalog.by_prefix
        prefixed = _id_variables(composed, document)
        self._variables = tuple(self._variable(node, prefixed) for node in self._definitions)

    def _variable(self, node: VariableDefinitionNode, prefixed: frozenset[str]) -> _Variable:
        name = node.variable.name.value
        declared: Any = type_from_ast(self._schema, node.type)
        required = isinstance(declared, GraphQLNonNull)
        bare: Any = declared.of_type if required else declared
        codes = {key: bare.parse_value(key) for key in bare.values} if isinstance(bare, GraphQLEnumType) else None
        return _Variable(
            name,
            _PLAIN.get(getattr(bare, "name", "")),
            codes,
            not required and node.default_value is None,
            self._decides(name, declared, prefixed),
        )

    def _decides(self, name: str, declared: Any, prefixed: frozenset[str]) -> Callable[[Any], Any]:
        if name in self._deciding:
            return bool
        if name in prefixed:
            return self._prefixes
        if structure("", declared) == _PRESENT:  # a leaf, which has no structure but to be there
            return lambda value: None if value is None else _PRESENT
        return lambda value: structure(value, declared)

    def _prefixes(self, value: Any) -> Any:
        """Which kinds of rows an id or a list of ids names, whatever their number and order."""
        if isinstance(value, list):
            return tuple(sorted({self._prefixes(item) for item in value}))
        prefix = str(value).rpartition("_")[0]
        return prefix if prefix in self._known else ""

    def coerce(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values by name. Raises BAD_REQUEST that names the variable and not its value."""
        values: dict[str, Any] = {}
        for variable in self._variables:
            name = variable.name
            if name not in given:
                if variable.may_be_absent:
                    continue
                return self._carefully(given)
            value: Any = given[name]
            if type(value) is variable.plain and (not isinstance(value, int) or -(2**31) <= value < 2**31):
                values[name] = value
            elif variable.codes is not None and type(value) is str and value in variable.codes:
                values[name] = variable.codes[value]
            else:
                return self._carefully(given)
        return values

    def _carefully(self, given: Mapping[str, Any]) -> dict[str, Any]:
        _check_sizes(given)
        coerced: Any = get_variable_values(self._schema, self._definitions, dict(given), max_errors=1)
        if isinstance(coerced, list):
            raise BadRequest(_first_problem(coerced))
        values = dict(getattr(coerced, "coerced", coerced))
        for name in self._deciding:
            if name in values and values[name] is None:  # GraphQL lets a nullable variable with a default stand there
                raise BadRequest(
                    f"The variable `${name}` has an invalid value. It decides an @skip or @include and is null. Send true or false."
                )
        return values

    def structure(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The part of coerced values that decides the plan: which are there, their shape, what directives ask."""
        return tuple(v.decides(values[v.name]) if v.name in values else _ABSENT for v in self._variables)


def _check_sizes(given: Mapping[str, Any]) -> None:
    """Refuses what no input takes before each of its values is read: a body has room for hundreds of thousands."""
    count = 0
    waiting: list[Any] = [value for value in given.values() if isinstance(value, (list, dict))]
    while waiting:
        value = waiting.pop()
        count += 1
        if len(value) > MOST_VALUES:
            raise _too_many("values of one list or object in the variables", len(value), MOST_VALUES)
        if count > MOST_OBJECTS:
            raise _too_many("lists and objects in the variables", count, MOST_OBJECTS)
        inner = value.values() if isinstance(value, dict) else value
        waiting.extend(each for each in inner if isinstance(each, (list, dict)))


def _too_many(limit: str, value: int, maximum: int) -> LimitExceeded:
    return LimitExceeded(limit=limit, value=value, maximum=maximum, advice="Send them in several requests.")


def _first_problem(errors: Sequence[GraphQLError]) -> str:
    shown = variable_problem(errors[0].message)
    return shown or "A variable has an invalid value. It does not fit its type. Send one that fits."


def _id_variables(composed: Composed, document: Document) -> frozenset[str]:
    """The variables that name a row of an interface without a table: their prefix decides which table is read."""
    catalog = composed.catalog
    by_prefix = {name for name, root in catalog.roots.items() if catalog.types[root.target].table is None}
    found: set[str] = set()
    holders: list[Any] = [document.operation, *document.fragments.values()]
    while holders:
        holder = holders.pop()
        for node in holder.selection_set.selections:
            if isinstance(node, FieldNode):
                if node.name.value in by_prefix:
                    found |= {n for a in node.arguments or () for n in _variables_in(a.value)}
            elif getattr(node, "selection_set", None) is not None:
                holders.append(node)
    return frozenset(found)


def _variables_in(value: Any) -> list[str]:
    if isinstance(value, VariableNode):
        return [value.name.value]
    return [name for item in getattr(value, "values", None) or () for name in _variables_in(item)]
