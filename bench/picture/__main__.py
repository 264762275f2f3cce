"""`tasks.py bench picture`: the picture on the engineer's screen, part by part, beside what others make of it."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from bench import machine
from bench.picture import plots, table
from bench.picture.namespace import Namespaces
from bench.picture.result import Result
from bench.session.__main__ import versions

PARTS = ("proof", "photon", "slow", "page", "photo", "motion", "whole", "still", "covered", "selkies", "meshcentral")
"""Modules of this folder, each with main(namespaces, quick) -> Result."""
PEERS = ("novnc", "websockify", "tigervnc-scraping-server", "tigervnc-viewer")
TOOLS = ("chromium", "xvfb", "fonts-dejavu-core")
"""Debian packages that figures depend on."""


TRIES = 2
"""Of a part: whole worlds of programs start in each, and a run of half an hour must not be lost to one that did not."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench picture", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, metavar="FILE", help="where the figures go")
    parser.add_argument("--only", type=parts, default=[], action="extend", metavar="PART,…", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a few rounds of each: to try it, not to measure")
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="where the table and plots go; beside FILE if not said"
    )
    parser.add_argument("--proxy", action="store_true", help="a line of bytes even where one of packets can be had")
    chosen = parser.parse_args(argv)
    before = machine.describe()
    result, failed = Result(), []
    namespaces, line = None, "a TCP proxy"
    try:
        if chosen.proxy:
            raise OSError("not wanted")
        namespaces, line = Namespaces(), "user space, packets between network namespaces"
    except OSError as error:
        said = "no network namespaces or TUN device here, so the line is a proxy of bytes that loses none"
        result.notes.append(f"{said}: {error}")
    described = {
        **before, **versions(TOOLS), "line": line,
        "tcp": Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
    }  # fmt: skip
    folder = chosen.plots or chosen.json.with_suffix("")
    for part in chosen.only or PARTS:
        started = time.monotonic()
        print(f"  {part} ...", flush=True)
        found = measure(part, namespaces, quick=chosen.quick)
        if found is None:
            failed.append(part)
            found = Result(notes=[f"{part}: no figures, it failed {TRIES} times; the reason is in the run's output"])
        result.add(found)
        print(json.dumps({**found.figures, **found.peers}, indent=1), *found.notes, sep="\n", flush=True)
        print(f"  {part}: {time.monotonic() - started:.0f} s", flush=True)
        # After each part: a run that is cut short keeps what it has.
        write(result, described, chosen.json, folder, quick=chosen.quick)
    print(f"  table and plots: {folder}", flush=True)
    return 1 if failed else 0


def measure(part: str, namespaces: Namespaces | None, *, quick: bool) -> Result | None:
    """None when it failed each time; what it complained of is printed."""
    main_of_part: Callable[..., Result] = import_module(f"bench.picture.{part}").main
    for _ in range(TRIES):
        try:
            return main_of_part(namespaces, quick=quick)
        except Exception:  # one part that cannot be had must not cost the others theirs
            traceback.print_exc()
    return None


def write(result: Result, described: Mapping[str, object], out: Path, folder: Path, *, quick: bool) -> None:
    written = {
        "figures": result.figures, "peers": {**result.peers, **versions(PEERS)}, "machine": described,
        "notes": result.notes, "quick": quick,
    }  # fmt: skip
    out.write_text(json.dumps(written, indent=1) + "\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "picture.md").write_text(table.write(result))
    for name, drawn in plots.draw(result.series).items():
        (folder / f"{name}.svg").write_text(drawn)


def parts(words: str) -> list[str]:
    """Of "photon,page"; ArgumentTypeError for a part that there is not."""
    chosen = words.split(",")
    if unknown := [word for word in chosen if word not in PARTS]:
        raise argparse.ArgumentTypeError(f"no part {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
