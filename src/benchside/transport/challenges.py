"""What a proxy says of the ways to authenticate that it takes (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Challenge", "read_challenges"]

MAX_CHALLENGES = 16
"""Proxies offer three or four."""
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+', re.DOTALL)
"""What stands between two commas that are not within quotes."""
_CHALLENGE = re.compile(rf"({_WORD})(?:[ \t]+([^= \t].*))?", re.DOTALL)
"""A scheme, and perhaps a token or its first parameter."""
_PARAMETER = re.compile(rf"{_WORD}[ \t]*=.*", re.DOTALL)


@dataclass(frozen=True)
class Challenge:
    """A scheme in lower case, and what stands right behind it: a token of its own, or its first parameter."""

    scheme: str
    rest: str = ""


def read_challenges(fields: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of all fields in their order, at most MAX_CHALLENGES.

    A field may hold several, parted by the same commas as the parameters of each.  What is neither is passed over.
    """
    found: list[Challenge] = []
    for field in fields:
        for element in _ELEMENT.findall(field):
            text = element.strip()
            if _PARAMETER.fullmatch(text):
                continue  # of the challenge before it; none that is known here has one that matters
            match = _CHALLENGE.fullmatch(text)
            if match is not None:
                found.append(Challenge(match[1].lower(), match[2] or ""))
            if len(found) == MAX_CHALLENGES:
                return tuple(found)
    return tuple(found)
