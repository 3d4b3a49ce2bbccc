"""Conditions as SQL over the alias of their row."""

from __future__ import annotations

from typing import Final

from ..catalog import ColumnField, Kind
from ..parameters import EXPONENTS
from ..plan import AllOf, AnyOf, Condition, Listed, Matches, Negation, Param, Presence, Test
from .dialect import CURRENCIES, quoted
from .scope import Scope

__all__ = ["COMPARE", "Conditions"]

#: The comparisons that both databases write alike.
COMPARE: Final = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class Conditions:
    """Writes conditions."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.sql = scope.sql

    def condition(self, condition: Condition, alias: str) -> str:
        """A condition over the alias of its row."""
        match condition:
            case Test():
                return self._test(condition, alias)
            case AllOf():
                parts = [self.condition(c, alias) for c in condition.conditions]
                return "(" + " AND ".join(parts) + ")" if parts else "(1 = 1)"
            case AnyOf():
                parts = [self.condition(c, alias) for c in condition.conditions]
                return "(" + " OR ".join(parts) + ")" if parts else "(1 = 0)"
            case Negation():
                return f"NOT coalesce({self.condition(condition.condition, alias)}, {self.sql.false})"
            case Presence():
                return self.scope.presence(condition.field, alias)
            case Listed():
                return f"{self.scope.column(alias, condition.column)} IS NULL"
            case Matches():
                return self._matches(condition, alias)

    def _matches(self, condition: Matches, alias: str) -> str:
        other = self.scope.alias()
        where = f"{self.scope.rows_of(condition.target, other)} AND {self.scope.link(condition.field, alias, other)}"
        inside = self.condition(condition.condition, other) if condition.condition is not None else "(1 = 1)"
        if condition.quantifier == "every":
            inside = f"NOT coalesce({inside}, {self.sql.false})"
        exists = f"EXISTS (SELECT 1 FROM {condition.target.table} {other} WHERE {where} AND {inside})"
        return f"NOT {exists}" if condition.quantifier in ("every", "none") else exists

    def _test(self, test: Test, alias: str) -> str:
        value = self.scope.compared(test.field, alias)
        if test.field.kind is Kind.AMOUNT and test.operator != "isNull":
            return self._amount_test(test, alias, value)
        param = test.params[0]
        match test.operator:
            case "isNull":
                return f"({value} IS NULL) = {self.scope.param(param)}"
            case "in":
                return self.sql.member(value, self.scope.param(param))
            case "notIn":
                # With an empty list the membership of null is false and not unknown.
                there = f"{value} IS NOT NULL AND " if test.field.nullable else ""
                return f"({there}NOT ({self.sql.member(value, self.scope.param(param))}))"
            case "contains":
                return self.sql.contains(value, self.scope.param(param))
            case "startsWith":
                return self.sql.starts(value, self.scope.param(param))
            case operator:
                return f"{value} {COMPARE[operator]} {self.scope.param(param)}"

    def _amount_test(self, test: Test, alias: str, value: str) -> str:
        field = test.field
        assert isinstance(field, ColumnField)
        assert field.companion is not None
        currency = self.scope.column(alias, field.companion)
        by_exponent: dict[int, Param] = dict(zip(EXPONENTS, test.params, strict=True))
        cases = "".join(
            f" WHEN {currency} IN ({quoted(codes)}) THEN {self.scope.param(by_exponent[exponent])}"
            for exponent, codes in CURRENCIES.items()
        )
        return f"{value} {COMPARE[test.operator]} CASE{cases} ELSE {self.scope.param(by_exponent[2])} END"
