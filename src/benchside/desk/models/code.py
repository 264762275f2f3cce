"""The code as it is shown and spelt: groups of 4, 4 and 5, a word for each character."""

from __future__ import annotations

__all__ = ["group_code", "group_fingerprint", "spelling_id"]

_SIGNS = {"*": "star", "~": "tilde", "$": "dollar", "=": "equals"}
"""Crockford's check characters beyond the alphabet of the code (U is a letter)."""


def group_code(code: str) -> tuple[str, str, str]:
    """Return the 13 characters of `code` in the groups that a person reads aloud."""
    return code[:4], code[4:8], code[8:]


def spelling_id(character: str) -> str:
    """Return the message id of the word for `character`; each language's catalogue has its own words."""
    return f"spell.{_SIGNS.get(character, character)}"


def group_fingerprint(key: str) -> str:
    """Return the start of a fingerprint in groups of four: enough for a person to compare with a list."""
    start = key[:16]
    return " ".join(start[place : place + 4] for place in range(0, len(start), 4))
