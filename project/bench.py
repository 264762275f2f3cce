"""Starts a benchmark of bench/ by its name and looks at the shape of what it wrote."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from project.paths import ROOT, VENV_PYTHON
from project.progress import StepError, say

KEYS = {"figures", "peers", "machine"}


def names() -> list[str]:
    """Every folder bench/NAME/ that can be run as `python -m bench.NAME`."""
    return sorted(path.parent.name for path in (ROOT / "bench").glob("*/__main__.py"))


def run(argv: Sequence[str]) -> int:
    """bench NAME --json FILE [words for the benchmark itself]; its exit code, or 1 if FILE is malformed."""
    parser = argparse.ArgumentParser(prog="tasks.py bench")
    parser.add_argument("name", nargs="?", help="which benchmark; without it the names are listed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    chosen, rest = parser.parse_known_args(argv)
    if chosen.name is None:
        print("\n".join(names()))
        return 0
    if chosen.name not in names():
        raise StepError(f"no benchmark {chosen.name}; there are: {', '.join(names()) or 'none yet'}")
    if chosen.json is None:
        raise StepError(f"say where the figures go: bench {chosen.name} --json FILE")
    out = chosen.json.resolve()
    out.unlink(missing_ok=True)  # else a run that dies early would leave older figures looking new
    command = [VENV_PYTHON, "-m", f"bench.{chosen.name}", "--json", out, *rest]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code == 0:
        look_at(out)
        say(f"figures: {out}")
    return code


def look_at(out: Path) -> None:
    try:
        written = json.loads(out.read_text())
    except (OSError, ValueError) as error:
        raise StepError(f"the benchmark ended well but {out} cannot be read: {error}") from error
    if not isinstance(written, dict) or not written.keys() >= KEYS:
        raise StepError(f"{out} must hold an object with {', '.join(sorted(KEYS))}")
