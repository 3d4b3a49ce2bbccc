"""berryql as a peer: which documents it is asked, and its answers in Patron's shape. Its schema is in berryql_schema.py.

It has lists and no connections: one row more than the page is asked for, and the page and whether there is a next one are made here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from benchmarks.data import Data
from benchmarks.peer import Ask, Peer, as_data, json_ask, uvicorn
from benchmarks.peers.rows import money, row
from benchmarks.questions import Question

__all__ = ["BERRYQL"]

_LIST: Final = "query Customers($stage: String!, $first: Int!) { customers(limit: $first, stage: $stage) { %s } %s }"
_NODE: Final = "id kind engagementMode lifecycleStage owner since version createdAt updatedAt party { displayName %s }"
_NESTED: Final = """transactions(limit: 5) { id kind amountMinor amountCurrency occurredAt channel }
  memberships { tier points enrolledAt }"""
_OUTGOING: Final = "outgoing(limit: 3) { roleTitle influence target { id displayName } }"
_DOCUMENTS: Final = {
    "q1": """query Customer($id: String!) { customer(id: $id) {
      id kind engagementMode lifecycleStage owner since createdAt party { displayName } } }""",
    "q2": _LIST % (_NODE % "", ""),
    "q3": _LIST % (f"{_NODE % _OUTGOING} {_NESTED}", ""),
    "q4": _LIST % ("id party { displayName } memberships { points } pointsEarned", "customersTotal(stage: $stage)"),
    "q5": _LIST % (_NODE % "", ""),
}


def _ask(question: Question, data: Data) -> Ask | None:
    document = _DOCUMENTS.get(question.name)
    if document is None:
        return None
    sets = [_variables(question, each) for each in question.variables]
    return json_ask(replace(question, variables=tuple(sets)), document=document)


def _variables(question: Question, ours: Any) -> dict[str, Any]:
    """A row more than the page tells whether there is a next one; the total's page is not asked that."""
    if "id" in ours:
        return {"id": ours["id"].removeprefix("cus_")}
    return {**ours, "first": ours["first"] + (question.name != "q4")}


def _answer(question: Question, answer: Any) -> Any:
    data = as_data(question, answer)
    if question.name == "q1":
        return {"customer": _customer(data["customer"])}
    nodes = [_customer(each) for each in data["customers"]]
    if question.name == "q4":
        return {"customers": {"totalCount": data["customersTotal"], "edges": [{"node": each} for each in nodes]}}
    first = question.variables[0]["first"]
    edges = [{"cursor": each["id"], "node": each} for each in nodes[:first]]
    end = edges[-1]["cursor"] if edges else None
    return {"customers": {"edges": edges, "pageInfo": {"hasNextPage": len(nodes) > first, "endCursor": end}}}


def _customer(found: dict[str, Any]) -> dict[str, Any]:
    made = row(found, prefix="cus")
    party = made.pop("party")
    made["displayName"] = party["displayName"]
    if "outgoing" in party:
        nodes = [{**row(each, prefix="rel"), "target": row(each["target"], prefix="pty")} for each in party["outgoing"]]
        made["party"] = {"outgoingRelationships": {"nodes": nodes}}
    if "transactions" in made:
        made["transactions"] = {"nodes": [money(row(each, prefix="txn")) for each in made["transactions"]]}
    if "memberships" in made:
        members = made.pop("memberships")
        made["loyalty"] = row(members[0], prefix="loy") if members else None
    if "pointsEarned" in made:
        made["loyalty"]["earned"] = made.pop("pointsEarned")
    return made


BERRYQL: Final = Peer(
    name="berryql",
    launch=lambda data, port: uvicorn("benchmarks.peers.berryql_schema:application", data, port),
    ask=_ask,
    answer=_answer,
    connections=4,  # one answer takes so long that more only wait
    settings="One statement per root field, a pool of 8, parsed and validated documents cached; lists instead of connections, so that "
    "no cursors are made. It joins by one column; a scope on every type restricts the tenant. No permissions, limits "
    "or row-level security.",
)
