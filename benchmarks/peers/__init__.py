"""Those who are measured side by side, each a process of its own on the same data. A room per peer, each with one `Peer`."""

from __future__ import annotations

from benchmarks.peer import Peer

__all__ = ["quick", "slow"]


def quick() -> list[Peer]:
    """Who is measured in a quick run too, beside Patron."""
    from benchmarks.peers.limit import LIMIT, LIMIT_S
    from benchmarks.peers.postgraphile import CONDITIONS

    return [LIMIT, LIMIT_S, CONDITIONS]


def slow() -> list[Peer]:
    """The others."""
    from benchmarks.peers.berryql import BERRYQL
    from benchmarks.peers.mapper import MAPPER
    from benchmarks.peers.plain import PLAIN
    from benchmarks.peers.postgraphile import POLICIES

    return [POLICIES, PLAIN, MAPPER, BERRYQL]
