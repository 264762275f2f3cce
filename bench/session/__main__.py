"""`tasks.py bench session`: what the main job costs, part by part."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bench import machine

PARTS = ("photon", "opening", "ending", "footprint", "consent", "relay")
"""Modules of this folder, each with main() -> figures; `quick` goes to those that know it."""


def measure(part: str, *, quick: bool) -> dict[str, float]:
    main: Callable[..., dict[str, float]] = import_module(f"bench.session.{part}").main
    return main(quick=quick) if "quick" in inspect.signature(main).parameters else main()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench session", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="where the figures go")
    parser.add_argument("--only", choices=PARTS, action="append", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a few rounds of each: to try it, not to measure")
    chosen = parser.parse_args(argv)
    figures: dict[str, float] = {}
    before = machine.describe()
    for part in chosen.only or PARTS:
        started = time.monotonic()
        print(f"  {part} ...", flush=True)
        figures |= measure(part, quick=chosen.quick)
        print(f"  {part}: {time.monotonic() - started:.0f} s", flush=True)
    peers = {name: value for name, value in figures.items() if name.startswith("novnc_")}
    chosen.json.write_text(json.dumps({"figures": figures, "peers": peers, "machine": before}, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
