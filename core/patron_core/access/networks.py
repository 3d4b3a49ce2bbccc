"""Where a credential may be used from: networks of IP addresses, as text in a column and as a question at the door.

In come networks in CIDR form or an address, out comes whether one lies in the other. Finding out a caller's address behind
proxies is left to `patron_schema.addresses`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from patron_core import validation
from patron_core.errors import InvalidInput

__all__ = ["Network", "address_of", "check_networks", "lies_in"]

Network: TypeAlias = IPv4Network | IPv6Network
_MOST_NETWORKS: Final = 50


def check_networks(networks: tuple[str, ...]) -> None:
    """Refuses what is no network, with INVALID_INPUT."""
    validation.count(networks, most=_MOST_NETWORKS, path="networks")
    for index, text in enumerate(networks):
        try:
            ip_network(text)
        except ValueError:
            raise InvalidInput(
                "A network is not well formed. It is no address and no range whose host bits are zero. "
                "Write it like 203.0.113.0/24 or 2001:db8::/32.",
                path=("networks", index),
            ) from None


def address_of(text: str | None) -> IPv4Address | IPv6Address | None:
    """An address as one that can be compared; None where it is none. IPv4 in IPv6's clothes is IPv4 (RFC 4291 section 2.5.5.2)."""
    try:
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def lies_in(address: str | None, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; an unknown address lies in none."""
    found = address_of(address)
    return found is not None and any(found in _network(text) for text in networks)


@lru_cache(maxsize=1024)
def _network(text: str) -> Network:
    return ip_network(text)
