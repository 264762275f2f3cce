"""A file with a name of its own, as in `files = ["/etc/lis/cert.pem", "Web server = /etc/web/cert.pem"]`.

A condition is called by the name: the folder may tell of a person, and two files of one name would be one condition.
"""

from __future__ import annotations

import re

__all__ = ["named_file"]

_NAMED = re.compile(r"\s*([^/\\:=]{1,60}?)\s+=\s+(\S.*)\Z")
"""No path begins so: a blank on each side of the equals sign, and nothing of a folder before it."""


def named_file(text: str) -> tuple[str, str]:
    """Return the name and the path; without a name the file's own, whichever way its folders are written."""
    found = _NAMED.match(text)
    if found is not None and found[1]:
        return found[1], found[2].rstrip()
    return re.split(r"[/\\]", text)[-1], text
