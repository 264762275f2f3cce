"""Imports go down only, and the core stays pure."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.layout.sources import PRODUCT, ROOT, calls, files, nodes, place, product_files, room

CORE = ("protocol", "media")
# What reaches outside, or gives another answer each time: a machine is told the time and the randomness.
IMPURE_CALLS = {"open", "input", "print", "getenv", "now", "utcnow", "today", "monotonic", "perf_counter", "urandom",
                "token_bytes", "token_hex", "uuid4", "run_until_complete", "create_task"}  # fmt: skip
IMPURE_MODULES = {"asyncio", "socket", "ssl", "time", "random", "secrets", "os", "pathlib", "sqlite3", "threading",
                  "subprocess", "logging", "uuid", "tempfile", "shutil", "select"}  # fmt: skip
# A command line of one's own would escape the proof in test_consent.py.
COMMAND_LINE_LIBRARIES = {"click", "typer", "fire", "docopt"}
# Reading the environment: only where the room's own work is that, each with its reason.
MAY_READ_ENVIRONMENT = {
    "settings/": "the one place where a program's settings come from",
    "transport/way_out.py": "the process that runs a proxy script is given PATH and SYSTEMROOT, and nothing else",
    "platform/": "the desktop says in the environment where it is (DISPLAY, XDG_RUNTIME_DIR)",
}


def test_layers_of_the_whole() -> None:
    """pyproject.toml holds the contracts; a program that imports another could not be replaced alone."""
    lint = Path(sys.executable).parent / "lint-imports"
    # This checkout's sources, also where the environment has another checkout's installed.
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([lint], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def imported(path: Path) -> set[str]:
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_core_does_no_input_or_output() -> None:
    """What is pure can be tested a million times a minute, and cannot leak."""
    bad = []
    for name in CORE:
        for path in files(PRODUCT / name, ".py"):
            bad += [f"{place(path)} imports {module}" for module in sorted(imported(path) & IMPURE_MODULES)]
            bad += [f"{place(path, call)} calls {called}" for called, call in calls(path) if called in IMPURE_CALLS]
    assert not bad, ", ".join(bad)


def test_command_lines_are_argparse() -> None:
    bad = [place(path) for path in product_files() if imported(path) & COMMAND_LINE_LIBRARIES]
    assert not bad, ", ".join(bad)


def test_environment_is_read_in_few_places() -> None:
    """A variable that changes what a program does is a setting, and settings are documented."""
    bad = []
    for path in product_files():
        if room(path).startswith(tuple(MAY_READ_ENVIRONMENT)) or path.name == "settings.py":
            continue
        bad += [
            place(path, node)
            for node in nodes(path)
            if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
            or (isinstance(node, ast.ImportFrom) and node.module == "os" and
                {a.name for a in node.names} & {"environ", "getenv"})
        ]  # fmt: skip
    assert not bad, ", ".join(bad)


def test_os_is_asked_in_its_own_files() -> None:
    """Windows comes later: what only one system has is behind a contract, in a file of that system's name."""
    own: dict[str, tuple[str, ...]] = {
        "xcffib": ("linux",),
        "ctypes": ("linux", "windows"),
        "fcntl": ("linux",),
        "winreg": ("windows",),
    }
    bad = []
    for path in product_files():
        bad += [
            f"{place(path)} imports {module}"
            for module, systems in own.items()
            # linux.py, linux_shared_memory.py, or any file of a folder linux/
            if module in imported(path) and not {path.stem.split("_")[0], path.parent.name} & set(systems)
        ]
    assert not bad, ", ".join(bad)


def test_unit_tests_stand_still() -> None:
    """Tests that sleep or open sockets are slow, and fail on a busy machine."""
    bad = []
    for name in ("unit", "scenarios"):
        for path in files(ROOT / "tests" / name, ".py"):
            if "socket" in imported(path):
                bad.append(f"{place(path)} imports socket")
            for called, call in calls(path):
                zero = call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
                if called == "sleep" and not zero:
                    bad.append(f"{place(path, call)} sleeps")
    assert not bad, ", ".join(bad)
