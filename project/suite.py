"""Runs the tests: the console's first, then pytest, whose own closing line is the last one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from project import console
from project.paths import CONSOLE, ROOT, VENV, VENV_PYTHON
from project.progress import say

MAX_WORKERS = 8
"""Each may have a Chromium, a server and a screen of its own: half a gigabyte."""
MAX_AGAIN = 6
"""More that fail are no starved world: something is broken."""
WORLDS = ("tests/system/", "tests/hostile/", "tests/windows/")
"""Folders whose tests start programs, which starve; one of the others has no business to fail once."""
FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"


def run(argv: Sequence[str]) -> int:
    """Exit code 0 only if everything ran and passed; pytest's code 5 (no test found) is a failure too.

    Whoever names tests means pytest's: then the console's are left out, and one test runs after the other.
    """
    if any(not word.startswith("-") for word in argv):
        return pytest(argv)
    console_code = console_tests() if console.is_there() else 0
    FAILED.unlink(missing_ok=True)  # of earlier runs, perhaps of other tests
    code = pytest([*side_by_side(), *argv])
    if code == 1:
        code = by_themselves(argv)
    return code or console_code


def by_themselves(argv: Sequence[str]) -> int:
    """Run those few that failed once more with the machine to themselves; 0 if all pass then, and each is named.

    Side by side, whole worlds with their browsers share the cores, and one that waits for a person's second may miss
    it.  What is wrong fails again; what passes now is a race of a test or of ours, and is to be looked for.
    """
    failed = read_failed(FAILED)
    if not 0 < len(failed) <= MAX_AGAIN or not all(name.startswith(WORLDS) for name in failed):
        return 1
    say("- once more by themselves, what FAILED beside others; where it passes now, a race is to be looked for:")
    for name in failed:
        say(f"  {name}")
    return pytest(["--last-failed", "--last-failed-no-failures=none", *argv])


def read_failed(path: Path) -> list[str]:
    """Return the names of what failed last, as pytest keeps them; none where it keeps nothing."""
    try:
        return sorted(json.loads(path.read_text()))
    except (OSError, ValueError):
        return []


def console_tests() -> int:
    say("- the console's tests")
    done = subprocess.run(["npm", "test", "--silent"], cwd=CONSOLE, env=console.environment(), check=False)
    if done.returncode != 0:
        say(f"the console's tests FAILED with code {done.returncode}; pytest runs all the same")
    return done.returncode


def pytest(argv: Sequence[str]) -> int:
    """What Python compiles goes into .venv: each of the processes would compile it again where nothing is kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = {"PYTHONPYCACHEPREFIX": str(VENV / "compiled")}
    done = subprocess.run([VENV_PYTHON, "-m", "pytest", *argv], cwd=ROOT, env=kept | compiled, check=False)
    return done.returncode


def side_by_side() -> list[str]:
    """What makes pytest run files of tests side by side; one more than cores, for some wait more than they compute."""
    workers = min(MAX_WORKERS, 1 + (os.cpu_count() or 1))
    return ["-p", "tests.side_by_side", "--numprocesses", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"]
