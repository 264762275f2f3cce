"""Strings as they may travel: bounded, and free of characters that could dress up a prompt."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

__all__ = ["GOOD_LINE", "Line", "Name", "Paragraph", "Word", "clean"]

# C0 and C1 controls, line and paragraph separators, bidirectional overrides and isolates, zero-width
# characters and lone surrogates: each can make a name or a purpose read as something else.
_BAD = (
    "\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u200b-\\u200f\\u2028-\\u202e"
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff"
)
# Letters, marks and tags that show nothing, and a mark of direction (Unicode, UAX #44).  People write some of them, and
# what was kept of that must be read again: they are not refused, and are not shown.
_UNSHOWN = "\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u3164\\uffa0\\U000e0000-\\U000e0fff"
GOOD_LINE = f"^[^{_BAD}]*\\Z"
"""The form of any text of one line."""

Word = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9][A-Za-z0-9._:@/+-]*\\Z")]
"""An identifier for machines: an account, a model's number, a host name."""
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=GOOD_LINE)]
"""A name as people write it, one line; 80 fits the longest that a prompt shows without cutting."""
Line = Annotated[str, Meta(max_length=200, pattern=GOOD_LINE)]
"""One line of text, may be empty."""
Paragraph = Annotated[str, Meta(max_length=1000, pattern=GOOD_LINE)]
"""What a person wrote, up to a thousand characters, on one line."""

_STRIP = re.compile(f"[{_BAD}{_UNSHOWN}]+")


def clean(text: str, max_length: int) -> str:
    """Return `text` with what may not travel or shows nothing turned into single spaces, cut to `max_length`."""
    return " ".join(_STRIP.sub(" ", text).split())[:max_length].rstrip()
