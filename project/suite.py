"""Runs the tests: the console's first, then pytest, whose own closing line is the last one."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from project import console
from project.paths import CONSOLE, ROOT, VENV_PYTHON
from project.progress import say


def run(argv: Sequence[str]) -> int:
    """Exit code 0 only if everything ran and passed; pytest's code 5 (no test found) is a failure too.

    Whoever names tests means pytest's: then the console's are left out.
    """
    console_code = 0
    if console.is_there() and not any(not word.startswith("-") for word in argv):
        say("- the console's tests")
        console_code = subprocess.run(
            ["npm", "test", "--silent"], cwd=CONSOLE, env=console.environment(), check=False
        ).returncode
        if console_code != 0:
            say(f"the console's tests FAILED with code {console_code}; pytest runs all the same")
    pytest_code = subprocess.run([VENV_PYTHON, "-m", "pytest", *argv], cwd=ROOT, check=False).returncode
    return pytest_code or console_code
