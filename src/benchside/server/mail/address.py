"""Addresses of people: which we send to, and how one is shown to somebody who may only recognise it."""

from __future__ import annotations

import re

__all__ = ["ADDRESS", "MAX_ADDRESS", "is_address", "masked"]

MAX_ADDRESS = 254
"""The longest that a mail server takes (RFC 5321, 4.5.3.1.3, without the angle brackets)."""
_NAME = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = rf"(?=[^@]{{1,64}}@){_NAME}@{_LABEL}(\.{_LABEL})*\Z"
"""As a pattern, for fields that hold one."""
_ADDRESS = re.compile(ADDRESS)


def is_address(text: str) -> bool:
    """Whether `text` is one plain address (RFC 5321, 4.1.2): no name before it, no quotes, no comment, ASCII alone."""
    return len(text) <= MAX_ADDRESS and _ADDRESS.match(text) is not None


def masked(address: str) -> str:
    """Return the first letter and the host, for who knows the rest."""
    name, _, host = address.rpartition("@")
    return f"{name[:1] if len(name) > 1 else ''}…@{host}"
