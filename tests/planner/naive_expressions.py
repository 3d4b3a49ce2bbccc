"""A vendor's SQLAlchemy expression evaluated over one row in Python, with SQL's three-valued logic."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Column
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Case,
    ExpressionClauseList,
    False_,
    Grouping,
    Null,
    True_,
    UnaryExpression,
)

__all__ = ["evaluate"]

_NULL_SAFE: Final[Mapping[Any, Callable[[Any, Any], Any]]] = {
    operators.is_: lambda a, b: a is b or a == b,
    operators.is_not: lambda a, b: not (a is b or a == b),
}
_OPERATORS: Final[Mapping[Any, Callable[[Any, Any], Any]]] = {
    operators.eq: operator.eq,
    operators.ne: operator.ne,
    operators.lt: operator.lt,
    operators.le: operator.le,
    operators.gt: operator.gt,
    operators.ge: operator.ge,
    operators.add: operator.add,
    operators.sub: operator.sub,
    operators.mul: operator.mul,
    operators.concat_op: operator.add,
    operators.in_op: lambda value, among: value in among,
    operators.not_in_op: lambda value, among: value not in among,
}


def evaluate(expression: Any, row: Mapping[str, Any]) -> Any:
    """The value of an expression, or null where it is unknown."""
    element = expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression
    match element:
        case Column():
            return row[element.key]
        case BindParameter():
            return element.effective_value
        case Null():
            return None
        case True_() | False_():
            return isinstance(element, True_)
        case Grouping():
            return evaluate(element.element, row)
        case Case():
            whens = (result for condition, result in element.whens if evaluate(condition, row) is True)
            return evaluate(next(whens, element.else_), row) if element.else_ is not None else None
        case BooleanClauseList():
            return _logic(element.operator, [evaluate(clause, row) for clause in element.clauses])
        case UnaryExpression():
            return _unary(element.operator, evaluate(element.element, row))
        case BinaryExpression():
            return _binary(element.operator, evaluate(element.left, row), evaluate(element.right, row))
        case ExpressionClauseList():
            first, *rest = [evaluate(clause, row) for clause in element.clauses]
            for value in rest:
                first = _binary(element.operator, first, value)
            return first
        case _:
            raise NotImplementedError(f"{type(element).__name__}: {element}")


def _logic(kind: Any, values: list[Any]) -> bool | None:
    decisive = kind is operators.or_
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _unary(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    return -value if kind is operators.neg else not value


def _binary(kind: Any, left: Any, right: Any) -> Any:
    if kind in _NULL_SAFE:
        return _NULL_SAFE[kind](left, right)
    return None if left is None or right is None else _OPERATORS[kind](left, right)
