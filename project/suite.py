"""Runs the tests: the console's first, then pytest, whose own closing line is the last one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from project import console
from project.paths import CONSOLE, ROOT, VENV, VENV_PYTHON
from project.progress import say

MAX_WORKERS = 8
"""Each may have a Chromium, a server and a screen of its own: half a gigabyte."""


def run(argv: Sequence[str]) -> int:
    """Exit code 0 only if everything ran and passed; pytest's code 5 (no test found) is a failure too.

    Whoever names tests means pytest's: then the console's are left out, and one test runs after the other.
    """
    if any(not word.startswith("-") for word in argv):
        return pytest(argv)
    console_code = console_tests() if console.is_there() else 0
    return pytest([*side_by_side(), *argv]) or console_code


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
