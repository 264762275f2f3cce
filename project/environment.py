"""Makes the virtual environment and installs the package into it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from project import debian
from project.paths import ROOT, VENV, VENV_PYTHON
from project.progress import run_step, say
from project.stamps import fingerprint, is_current, remember

EXTRAS = "pc,server,console,dev"


def ensure() -> None:
    """The environment exists, works, and holds what pyproject.toml asks for now."""
    if not environment_works():
        make_environment()
    current = fingerprint([ROOT / "pyproject.toml"], EXTRAS, (VENV / "pyvenv.cfg").read_text())
    if is_current("python", current):
        return
    run_step(
        "Python packages",
        "the product's libraries and its tools, into .venv (some minutes the first time)",
        [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--editable", f".[{EXTRAS}]"],
        log="pip-install",
    )
    remember("python", current)


def environment_works() -> bool:
    """False for none at all, one copied from elsewhere, one whose Python was removed, and one half made."""
    if not VENV_PYTHON.exists() or not (VENV / "pyvenv.cfg").exists() or is_copied():
        return False
    # pip's folder is looked for, not imported: an import costs more than the whole rest of an idle set-up.
    if not any(VENV.glob("lib/python3.*/site-packages/pip/__init__.py")):
        return False
    asked = subprocess.run(
        [VENV_PYTHON, "-I", "-c", "import sys; print(sys.prefix, sys.version_info >= (3, 11))"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() == f"{VENV} True"


def is_copied() -> bool:
    """True if the environment says itself that it was made at another path: its scripts point there."""
    try:
        lines = (VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return False
    commands = [line for line in lines if line.startswith("command = ")]
    return bool(commands) and not commands[0].endswith(str(VENV))


def make_environment() -> None:
    """Makes it new, or repairs it in place: what somebody has installed besides is kept where it can be."""
    if importlib.util.find_spec("ensurepip") is None:
        # Debian and Ubuntu keep this part of Python in a package of its own.
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        debian.ensure((debian.Need("a virtual environment", (f"python{version}-venv",)),))
    clear = ["--clear"] if is_copied() else []
    if clear:
        say("- .venv was copied from another folder, so it is made again")
    run_step(
        "virtual environment",
        f"in .venv, on Python {sys.version_info.major}.{sys.version_info.minor}",
        [base_python(), "-m", "venv", *clear, VENV],
        log="venv",
    )


def base_python() -> str:
    """The interpreter below any active environment, so that .venv does not depend on that one."""
    return getattr(sys, "_base_executable", None) or sys.executable
