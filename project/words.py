"""What each word of tasks.py does, once it is known to be one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence

from project import bench, check, ready, suite
from project.paths import LOGS, ROOT, VENV_PYTHON
from project.progress import StepError, run_step, say


def run(word: str, argv: Sequence[str]) -> int:
    """Runs a word and returns its exit code; a set-up that cannot be done is one clear text and code 1."""
    try:
        return WORDS[word](argv)
    except StepError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        return 130


def demo(argv: Sequence[str]) -> int:
    ready.for_running()
    # exec, so that Ctrl-C and signals go to the demo itself and its exit code is ours.
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "examples.demo", *argv])  # noqa: S606 - our own program


def test(argv: Sequence[str]) -> int:
    ready.for_testing(long="--long" in argv)
    return suite.run(argv)


def measure(argv: Sequence[str]) -> int:
    ready.for_running()
    if argv[:1] == ["picture"]:
        ready.for_comparing()
    if argv[:1] == ["access"]:
        ready.for_access()
    if argv[:1] == ["notices"]:
        ready.for_notices()
    return bench.run(argv)


def check_all(argv: Sequence[str]) -> int:
    ready.for_checking()
    return check.run(argv)


def fix(argv: Sequence[str]) -> int:
    ready.for_checking()
    return check.fix(argv)


def build(_argv: Sequence[str]) -> int:
    ready.for_running()
    run_step(
        "the package",
        "one wheel with everything in it, in dist/",
        [VENV_PYTHON, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps", "-w", "dist", "."],
        log="wheel",
    )
    digest = subprocess.run(
        [VENV_PYTHON, "-m", "benchside", "console", "--digest"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    say(f"built; SHA-256 of the console's files: {digest.stdout.strip()}; the logs are in {LOGS}")
    return 0


def docs(argv: Sequence[str]) -> int:
    if argv[:1] == ["--pictures"]:
        ready.for_running()
        return subprocess.run([VENV_PYTHON, "-m", "project.pictures", *argv[1:]], cwd=ROOT, check=False).returncode
    ready.for_checking()
    return subprocess.run([VENV_PYTHON, "-m", "project.docs", *argv], cwd=ROOT, check=False).returncode


WORDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "test": test,
    "check": check_all,
    "fix": fix,
    "bench": measure,
    "build": build,
    "docs": docs,
}
