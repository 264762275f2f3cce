#!/usr/bin/env python3
"""Everything a person does with this checkout: `python3 tasks.py WORD`.

Needs Python's standard library only. This file also has to run on a Python that is too old for the rest,
because it is what tells a newcomer so; therefore no newer syntax here.
"""

from __future__ import annotations

import os
import shutil
import sys

WORDS = (
    ("demo", "start a whole small world: server, instrument PC, engineer's console"),
    ("test", "run the tests; more words go to pytest, --long includes the slow ones"),
    ("check", "formatting, types, import rules, structure; changes nothing"),
    ("fix", "format the code and repair what can be repaired"),
    ("bench", "measure: bench NAME --json FILE; without NAME it lists the names"),
    ("build", "set up, build the console, and make the installable package in dist/"),
    ("docs", "draw the generated parts of docs/ again; --pictures plays a world and photographs it"),
)
OLDEST = (3, 11)
KNOWN_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")


def usage() -> str:
    lines = ["usage: python3 tasks.py WORD [options]", ""]
    lines += [f"  {word:6} {what}" for word, what in WORDS]
    lines += ["", "Every word first sets up what it needs, and says what that is."]
    return "\n".join(lines)


def use_new_enough_python() -> None:
    """Replaces this process by one on a newer Python if there is one; ends with a clear sentence if not."""
    if sys.version_info >= OLDEST:
        return
    for name in KNOWN_PYTHONS:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - the same program, on a newer Python
    sys.exit(
        f"Benchside needs Python 3.11 or newer; this is Python {sys.version_info[0]}.{sys.version_info[1]}, "
        "and no newer one is on PATH. Install one (in Debian 12 and Ubuntu 24.04 it is the system's python3) "
        "and run this again."
    )


def main(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if argv else 2
    if argv[0] not in [word for word, _ in WORDS]:
        print(f"no word '{argv[0]}'\n\n{usage()}", file=sys.stderr)
        return 2
    use_new_enough_python()
    os.chdir(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    from project.words import run

    return run(argv[0], argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
