"""The capabilities of the core that the source documents ask for, by number, and the tests and queries that show each.

A test shows a capability by its name: `test_capability_26_three_customers_to_call_every_day`. Tests stand in this folder, and
beside what they test elsewhere; here they are found, and the longest operation each asks is taken out of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphql import GraphQLError, parse

__all__ = ["CORE", "ROOT", "Shown", "shown_by"]

ROOT: Final = Path(__file__).resolve().parents[2]
_NAME: Final = re.compile(r"test_capability_(\d+)_")

#: What each row asks for, in our words.
CORE: Final[dict[int, str]] = {
    1: "Repeat business is measured: repeat rate, time between purchases, who is a repeat customer",
    2: "Channels and contacts over them: counts and mix",
    4: "Relationships within relationships: persons in divisions in groups, dated",
    5: "Identify, differentiate, interact, customise",
    6: "Who decides: roles of stakeholders, influence, who must sign",
    7: "Statistics that say when they do not apply",
    8: "Accounts that are developed: plan, stage, contacts covered, what they do not buy yet",
    9: "Distribution in several steps, down to the end customer",
    10: "Knowledge that is given to customers, and who finished it",
    11: "A stream of contacts around rare purchases, and gaps in it",
    12: "Customers who see their own figures",
    13: "Everything about a customer in one query, with the source of each field",
    14: "Acquisition, retention and churn with their costs and cohorts",
    15: "The best customers, as of a day",
    16: "Needs matched with what is offered",
    17: "Reminders of what is due",
    18: "What was paid when, and how late",
    19: "The customer's own access",
    20: "Suppliers, distributors and partners are relationships too",
    21: "Contacts from any channel, taken in once",
    22: "Quotes, inquiries and notices of issues",
    23: "From awareness to care: a funnel with times",
    24: "Different views inside one customer, at each stage",
    25: "Behaviour by transaction, with margin by line",
    26: "Three customers to call every day, and why",
    27: "The web of relationships across a customer's enterprise",
    28: "Changes of behaviour raise alerts",
    29: "What distributors' customers bought, and who may see it",
    30: "Segments by any characteristic, with who came and left",
    31: "The mix of segments from day to day",
    32: "Suppliers in segments",
    33: "Monthly profit of each customer, from transactions up",
    34: "A rule: changes only for customers above a profit and five transactions a month",
    35: "Values that say how finely they were measured, and how much they cover",
    36: "Which part of customers is not profitable, and what to do",
    37: "Potential value beside current value",
    38: "Attention in grades above a floor that all have",
    39: "Entitlements that volume or profit unlocks",
    40: "Why somebody gets more, and whether that is fair",
    41: "Metrics with formula and source, and results against a control",
    42: "The next step for each customer with its evidence, and what came of it",
    43: "A balanced scorecard",
    44: "The quality of each contact",
    45: "Warning signs: complaints, silence, share of wallet, cost",
    46: "Cheaper channels that respect what a customer wishes",
    47: "Leads ranked, with reasons",
    48: "Answers within minutes, with a clock",
    49: "Why somebody buys: logic or impulse",
    50: "One process for all, and who leaves out what",
    51: "Needs of each division, near and far",
    52: "Who is responsible for what, with which concerns",
    53: "Budgets, time frames and approvals",
    54: "Goals beyond one sale",
    55: "Businesses and consumers have defaults of their own",
    56: "An answer for one customer, at once",
    57: "What a promotion brought",
    58: "History for the next sale: who is due to buy again",
    59: "Teams that do not get in each other's way",
    60: "Figures up to the second",
    61: "Deals managed through a pipeline",
    62: "Forecasts from history and pipeline, and how good they were",
    63: "A trail of every change",
    64: "Competing offers",
    65: "Stakeholders, renewals, stages, history",
    66: "Purchases, preferences, abandoned carts",
    78: "Data from other systems",
    79: "Relationship-driven customers",
    80: "Transaction-driven customers, by the million",
    82: "What a programme costs and brings, against a baseline",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A test that shows a capability. file: from the root. query: the longest operation it asks, where it asks one."""

    number: int
    name: str
    file: str
    line: int
    query: str | None


def shown_by() -> dict[int, list[Shown]]:
    """The tests of each capability."""
    found: dict[int, list[Shown]] = {}
    for file in sorted((*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("plugins/*/tests/test_*.py"))):
        text = file.read_text(encoding="utf-8")
        if "test_capability_" in text:
            for shown in _in(ast.parse(text), file.relative_to(ROOT).as_posix()):
                found.setdefault(shown.number, []).append(shown)
    return found


def _in(module: ast.Module, file: str) -> Iterator[Shown]:
    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (match := _NAME.match(node.name)):
            named = [constants[n.id] for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in constants]
            texts = [text for each in (node, *named) for text in _texts(each)]
            operations = [text for text in texts if _is_operation(text)]
            yield Shown(int(match[1]), node.name, file, node.lineno, max(operations, key=len, default=None))


def _texts(node: ast.AST) -> Iterator[str]:
    for found in ast.walk(node):
        if isinstance(found, ast.Constant) and isinstance(found.value, str) and "{" in found.value:
            yield found.value


def _is_operation(text: str) -> bool:
    try:
        return bool(parse(text).definitions)
    except GraphQLError:
        return False
