"""Where a sign-in comes from: the network, the browser's family and its own token, the language it asks for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

__all__ = ["UNKNOWN", "Visit", "family_of", "network_of"]

_IPV4_BITS = 24
"""What a provider gives to a neighbourhood: an address that changes overnight mostly stays in it."""
_IPV6_BITS = 48
"""What a provider gives to a site (RFC 6177, 2): all below it is one customer's."""
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
"""In this order: each of them also says the names of those after it."""
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
UNKNOWN = "–"


@dataclass(frozen=True)
class Visit:
    """`source`: the address as the edge names it.  `browser`: the browser's own token, or nothing."""

    source: str
    browser: str
    family: str
    language: str
    home: str
    """What the console of whoever signs in begins with, as they say: there the link that confirms has to lead.

    Without a slash at the end, as is `web_url`.
    """
    web_url: str
    """Where every browser reaches this server: there the link leads with which the owner denies, whatever they say."""


def network_of(source: str) -> str:
    """Return the network of an address as text, 192.0.2.0/24 or 2001:db8::/48; "" when it is no address."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = _IPV4_BITS if address.version == 4 else _IPV6_BITS
    return str(ipaddress.ip_network((int(address).to_bytes(address.max_prefixlen // 8, "big"), bits), strict=False))


def family_of(user_agent: str) -> str:
    """Return the browser's family as "Firefox, Windows": words of ours alone, whatever the browser says of itself."""
    named = [next((name for mark, name in table if mark in user_agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in named if name) or UNKNOWN
