"""Every file says what it is, stays small, and has a name that means something."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.layout.sources import (
    PRODUCT,
    ROOT,
    console_files,
    files,
    nodes,
    place,
    python_files,
    tracked_files,
    tree,
)

MAX_LINES = 400
BANNED_MODULES = {
    "utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager", "handler", "service_impl",
    "types",
}  # fmt: skip
BANNED_CLASSES = re.compile(r"(Manager|Helper|Util|Utils)$")
# A first line that a list of files can show; longer ones are paragraphs.
MAX_FIRST_LINE = 140


def test_first_line_of_each_module_says_what_it_is_for() -> None:
    """A newcomer finds their file by reading first lines only."""
    bad = []
    for path in python_files():
        doc = ast.get_docstring(tree(path))
        first = (doc or "").split("\n", 1)[0]
        if not first or len(first) > MAX_FIRST_LINE:
            bad.append(place(path))
    assert not bad, "without a first line of at most 140 characters: " + ", ".join(bad)


def test_no_file_is_longer_than_a_person_can_hold() -> None:
    """One idea fits into 400 lines; what does not is two."""
    bad = [
        f"{place(path)} ({count})"
        for path in [*python_files(), *console_files()]
        if (count := len(path.read_text().splitlines())) > MAX_LINES
    ]
    assert not bad, ", ".join(bad)


def test_names_are_nouns_of_the_subject() -> None:
    """A module called utils attracts everything and means nothing."""
    bad = [place(path) for path in python_files() if path.stem in BANNED_MODULES]
    bad += [place(path) for path in console_files() if path.stem.lower() in BANNED_MODULES]
    for path in python_files():
        bad += [
            f"{place(path, node)} {node.name}"
            for node in nodes(path)
            if isinstance(node, ast.ClassDef) and BANNED_CLASSES.search(node.name)
        ]
    assert not bad, ", ".join(bad)


def test_packages_hold_no_logic() -> None:
    """`__init__.py` says what the room is for and re-exports; nothing happens by importing it."""
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    bad = [
        place(path, node)
        for path in files(PRODUCT, "__init__.py")
        for node in tree(path).body
        if not isinstance(node, allowed)
    ]
    assert not bad, ", ".join(bad)


def test_no_private_name_crosses_a_folder() -> None:
    """An underscore is a promise that the neighbours do not look."""
    bad = []
    for path in python_files():
        for node in nodes(path):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            own = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1]).removeprefix("src.")
            same_folder = node.level > 0 or node.module.rpartition(".")[0] == own or node.module == own
            private = [a.name for a in node.names if a.name.startswith("_") and not a.name.startswith("__")]
            ours = node.module.split(".")[0] in ("benchside", "project", "examples", "bench", "tests")
            if private and ours and not same_folder and path.parts[len(ROOT.parts)] != "tests":
                bad.append(f"{place(path, node)} {private[0]}")
    assert not bad, ", ".join(bad)


def test_unit_tests_mirror_the_product() -> None:
    """Who changes a room finds its tests without searching."""
    bad = []
    for path in files(ROOT / "tests" / "unit", ".py"):
        folder = path.relative_to(ROOT / "tests" / "unit").parent
        if not any((root / folder).is_dir() for root in (PRODUCT, ROOT)):
            bad.append(place(path))
    assert not bad, ", ".join(bad)


# Written in pieces, so that this file does not find itself.
PATHS = r"(?<![\w.])/(work" + r"/(main|shared)|tmp/brief|root" + r"/\.|opt/(wheels|pypi))"
HOSTS = r"registry\.npm" + r"js|pythonho" + r"sted|artifact-reg" + r"istry|pkg\.d" + r"ev\b"
MACHINE_TRACES = {
    "a path of one machine": re.compile(PATHS),
    "a registry's or mirror's host": re.compile(HOSTS),
}
BINARY = {".png", ".ico", ".wasm", ".woff2", ".gz", ".mo", ".bin", ".jpg", ".pdf"}


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """Such a path works for one person only, and a mirror's name in a lock file breaks everybody's set-up."""
    bad = []
    for path in tracked_files():
        if path.suffix in BINARY:
            continue
        text = path.read_text(errors="replace")
        for what, pattern in MACHINE_TRACES.items():
            found = pattern.search(text)
            if found:
                bad.append(f"{place(path)}: {what}: {found[0]}")
    assert not bad, ", ".join(bad)


def test_no_compiled_or_local_file_is_tracked() -> None:
    """They are made by set-up, and stale copies of them would win."""
    names = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    bad = [name for name in names if Path(name).suffix in {".mo", ".pyc", ".sqlite", ".log", ".pem", ".key"}]
    assert not bad, ", ".join(bad)
