"""`tasks.py bench session`: what the main job costs, part by part."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from bench import machine

PARTS: dict[str, dict[str, int]] = {
    "photon": {"quick": True},
    "opening": {"quick": True},
    "ending": {"quick": True},
    "footprint": {"quick": True},
    "consent": {},
    "relay": {"in_memory_count": 200, "socket_count": 5},
}
"""Modules of this folder, each with main() -> figures, and what `--quick` tells them."""


PEERS = ("novnc", "websockify", "tigervnc-scraping-server")
TOOLS = ("chromium", "xvfb")
"""Debian packages that figures depend on."""


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Of those that are installed as Debian packages."""
    if shutil.which("dpkg-query") is None:
        return {}
    words = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}\\n", *packages]
    lines = subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()
    return {name: version for name, _, version in (line.partition(" ") for line in lines) if version}


def measure(part: str, *, quick: bool) -> dict[str, float]:
    main: Callable[..., dict[str, float]] = import_module(f"bench.session.{part}").main
    return main(**PARTS[part]) if quick else main()


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
    written = {"figures": figures, "peers": {**peers, **versions(PEERS)}, "machine": {**before, **versions(TOOLS)}}
    chosen.json.write_text(json.dumps(written, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
