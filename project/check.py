"""Everything that can be known about the sources without running the product, and the repairs to it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from project import console
from project.paths import CONSOLE, ROOT, VENV
from project.progress import say

BIN = VENV / "bin"
PYTHON = ("tasks.py", "project", "src", "tests", "bench", "examples", "packaging")


# Only what is Windows' own: the rest has been read already, as Linux does.
WINDOWS = ("--platform", "win32", "--follow-imports", "silent", "--cache-dir", ".mypy_cache/windows")


def windows_files() -> list[Path]:
    return sorted((ROOT / "src" / "benchside").rglob("windows*.py"))


def python_rooms() -> list[str]:
    return [name for name in PYTHON if (ROOT / name).exists()]


def checks() -> list[tuple[str, list[str | Path], Path]]:
    """(what, command, folder), the quickest first."""
    rooms = python_rooms()
    # The product itself is named by pyproject.toml.
    outside = [name for name in ("tasks.py", "project", "bench", "examples") if name in rooms]
    found: list[tuple[str, list[str | Path], Path]] = [
        ("ruff", [BIN / "ruff", "check", "--quiet", *rooms], ROOT),
        ("format", [BIN / "ruff", "format", "--check", "--quiet", *rooms], ROOT),
        ("import rules", [BIN / "lint-imports"], ROOT),
        ("structure", [BIN / "python", "-m", "pytest", "tests/layout"], ROOT),
        ("generated docs", [BIN / "python", "-m", "project.docs", "--check"], ROOT),
        ("types", [BIN / "mypy"], ROOT),
        ("types on Windows", [BIN / "mypy", *WINDOWS, *windows_files()], ROOT),
        ("types of tools and examples", [BIN / "mypy", *outside], ROOT),
    ]
    if console.is_there():
        found += [
            (f"console {word}", ["npm", "run", "--silent", "--if-present", word], CONSOLE) for word in ("check", "lint")
        ]
    return found


def run(_argv: Sequence[str]) -> int:
    """Runs every check, also after one has failed; prints the output of those that failed."""
    failed = []
    for what, command, folder in checks():
        began = time.monotonic()
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env=console.environment() if folder == CONSOLE else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        verdict = "ok" if done.returncode == 0 else "FAILED"
        say(f"{verdict:6} {what} ({time.monotonic() - began:.1f} s)")
        if done.returncode != 0:
            failed.append(what)
            print(done.stdout, flush=True)
    say(f"\nfailed: {', '.join(failed)}" if failed else "\nall checks passed")
    return 1 if failed else 0


def fix(_argv: Sequence[str]) -> int:
    """Formats and repairs; what is left over is printed and makes the exit code 1."""
    rooms = python_rooms()
    subprocess.run([BIN / "ruff", "format", "--quiet", *rooms], cwd=ROOT, check=False)
    code = subprocess.run([BIN / "ruff", "check", "--fix", *rooms], cwd=ROOT, check=False).returncode
    subprocess.run([BIN / "ruff", "format", "--quiet", *rooms], cwd=ROOT, check=False)
    if console.is_there():
        npm_fix = ["npm", "run", "--silent", "--if-present", "fix"]
        code |= subprocess.run(npm_fix, cwd=CONSOLE, env=console.environment(), check=False).returncode
    return 1 if code else 0
