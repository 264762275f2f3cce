"""One TCP connection of this PC, as the system's table has it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

__all__ = ["MAX_CONNECTIONS", "Address", "Connection", "plain_address"]

Address = IPv4Address | IPv6Address

MAX_CONNECTIONS = 20_000
"""A PC has hundreds; a table longer than this is read no further."""


@dataclass(frozen=True)
class Connection:
    """Two ends, ours first.

    `is_up`: established.  `is_ending`: it was up a moment ago (closing, or waiting out TIME_WAIT).
    `carried_bytes`: sent and acknowledged, and received, since it began; None where the system does not count.
    """

    here: tuple[Address, int]
    there: tuple[Address, int]
    is_up: bool
    is_ending: bool
    carried_bytes: int | None = None


def plain_address(packed: bytes) -> Address:
    """Return an address of 4 or 16 bytes; an IPv4 address that is written as an IPv6 one is what it means."""
    address = ip_address(packed)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
