"""`benchside WORD ...`: dispatches to a program's own app.py and does nothing else."""

from __future__ import annotations

import gc
import importlib
import sys
from types import ModuleType

__all__ = ["main"]

_PROGRAMS = {
    "agent": ("benchside.agent.app", "the service of an instrument PC, and its administrator's words"),
    "notifier": ("benchside.notifier.app", "the service that watches this PC and its instruments"),
    "notify": ("benchside.notifier.notify", "for the lab's programs: say that something is wrong"),
    "doctor": ("benchside.doctor.app", "why this PC cannot reach its server, and the list for the firewall"),
    "desk": ("benchside.desk.app", "the technician's window"),
    "console": ("benchside.console.app", "the engineer's console from this package, on the own machine's loopback"),
    "serve": ("benchside.server.app", "the server: web, gateway, relay"),
    "admin": ("benchside.server.admin.app", "the operator's words on the server's data"),
    "authority": ("benchside.server.authority.app", "the offline key that signs who may help"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the program that the first word names; return its exit code, 2 for an unknown word."""
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in _PROGRAMS:
        program = _loaded(_PROGRAMS[words[0]][0])
        code: int = program.main(words[1:])
        return code
    out = sys.stdout if words[:1] in (["--help"], ["-h"]) else sys.stderr
    print("usage: benchside WORD ...", file=out)
    for word, (_, meaning) in _PROGRAMS.items():
        print(f"  {word:<10} {meaning}", file=out)
    return 0 if out is sys.stdout else 2


def _loaded(name: str) -> ModuleType:
    """Import a program without looking for garbage: loading makes little, and a seventh of its time went into that."""
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()  # what was loaded stays until the end; nobody needs to look through it again
        gc.enable()
