"""`tasks.py bench access`: who gets in, and who does not, part by part."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from typing import Any

from bench import machine

PARTS = ("entries", "scope", "ending", "ways", "tls", "api", "guesses", "ports", "keys", "scripts")
"""Modules of this folder, each with `async main(folder, quick) -> figures`."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench access", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="where the figures go")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,…", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a few rounds of each: to try it, not to measure")
    chosen = parser.parse_args()
    result: dict[str, object] = {"figures": {}, "peers": {}, "machine": machine.describe()}
    figures: dict[str, float] = {}
    for part in chosen.only.split(","):
        started = time.monotonic()
        of_part: Callable[[Path, bool], Coroutine[Any, Any, dict[str, float]]] = import_module(
            f"bench.access.{part}"
        ).main
        with tempfile.TemporaryDirectory(prefix="benchside-access-") as folder:
            found: dict[str, float] = asyncio.run(of_part(Path(folder), chosen.quick))
        print(json.dumps(found, indent=1), f"  {part}: {time.monotonic() - started:.0f} s", sep="\n", flush=True)
        figures |= found
        result["figures"] = figures
        chosen.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
