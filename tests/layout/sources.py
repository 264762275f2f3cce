"""The sources as the rules of structure look at them: files, modules, syntax trees."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "src" / "benchside"
CONSOLE = ROOT / "console" / "src"
PYTHON_ROOMS = ("src", "project", "tests", "bench", "examples", "packaging")
NOT_OURS = frozenset({"node_modules", "__pycache__", "dist", ".venv"})


def files(folder: Path, *endings: str) -> list[Path]:
    """The files below a folder with one of these endings, without what is installed or built there."""
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS and not name.endswith(".egg-info"))
        found += [Path(here) / name for name in sorted(names) if name.endswith(endings)]
    return found


@functools.cache
def python_files() -> list[Path]:
    return [ROOT / "tasks.py", *(path for room in PYTHON_ROOMS for path in files(ROOT / room, ".py"))]


@functools.cache
def product_files() -> list[Path]:
    return files(PRODUCT, ".py")


@functools.cache
def console_files() -> list[Path]:
    return files(CONSOLE, ".ts", ".svelte")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(tree(path))


def name_of(call: ast.Call) -> str:
    """The last part of what is called: `setText` for `self.title.setText(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield name_of(node), node


def strings(node: ast.AST) -> Iterator[str]:
    """The literal texts directly in an expression, those inside f-strings too."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from strings(part)
    elif isinstance(node, ast.BinOp):
        yield from strings(node.left)
        yield from strings(node.right)
    elif isinstance(node, ast.IfExp):
        yield from strings(node.body)
        yield from strings(node.orelse)


def place(path: Path, node: ast.AST | None = None) -> str:
    """How a violation is named: path in the checkout, and line."""
    line = getattr(node, "lineno", None)
    return f"{path.relative_to(ROOT)}{f':{line}' if line else ''}"


def room(path: Path) -> str:
    """The path inside the product, with slashes: `desk/views/consent.py`."""
    return path.relative_to(PRODUCT).as_posix()


@functools.cache
def tracked_files() -> list[Path]:
    """What a clone holds, plus what is about to be added; without git, everything that is ours."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        return [path for path in files(ROOT, "") if ".git" not in path.relative_to(ROOT).parts[:1]]
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
