"""`tasks.py bench notices`: how soon who hears of what is wrong, what it costs, and what is lost: part by part."""

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

PARTS = ("reach", "intake", "flood", "rest", "adapters", "kills", "power", "away")
"""Modules of this folder, each with `async main(folder, quick) -> figures`."""
ADDED = ("conditions_lost", "conditions_doubled")
"""Several parts try to lose something: no part hides what another one lost."""
PEERS = "nats_"
"""What begins so is a peer's figure."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench notices", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="where the figures go")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,…", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a few rounds of each: to try it, not to measure")
    chosen = parser.parse_args()
    parts = chosen.only.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    figures: dict[str, float] = {}
    peers: dict[str, float] = {}
    result: dict[str, object] = {"figures": figures, "peers": peers, "machine": machine.describe()}
    for part in parts:
        started = time.monotonic()
        print(f"  {part} ...", flush=True)
        of_part: Callable[[Path, bool], Coroutine[Any, Any, dict[str, float]]] = import_module(
            f"bench.notices.{part}"
        ).main
        with tempfile.TemporaryDirectory(prefix="benchside-notices-") as folder:
            found: dict[str, float] = asyncio.run(of_part(Path(folder), chosen.quick))
        print(json.dumps(found, indent=1), f"  {part}: {time.monotonic() - started:.0f} s", sep="\n", flush=True)
        for name, value in found.items():
            of = peers if name.startswith(PEERS) else figures
            of[name] = value + of.get(name, 0) if name in ADDED else value
        chosen.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
