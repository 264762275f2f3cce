"""docs/requirements.md names, for each requirement that it calls built, code and tests that exist."""

from __future__ import annotations

import re

import pytest
from tests.layout.sources import ROOT

TABLE = ROOT / "docs" / "requirements.md"
COLUMNS = ("requirement", "built in", "proved by")
LAST = 78
ROW = re.compile(r"^\|\s*(R\d+)\b([^|]*)\|([^|]*)\|([^|]*)\|\s*$")
# Code or a test in backticks: a path, and behind :: the name of a test.
NAMED = re.compile(r"`([^`]+)`")

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="there is no table of requirements yet")


def rows() -> dict[str, tuple[str, str]]:
    """Requirement to (built in, proved by). A requirement with two rows is an error of the table."""
    found: dict[str, tuple[str, str]] = {}
    for line in TABLE.read_text().splitlines():
        match = ROW.match(line)
        if match:
            assert match[1] not in found, f"{match[1]} has two rows"
            found[match[1]] = (match[3].strip(), match[4].strip())
    return found


def test_table_has_the_three_columns() -> None:
    heads = [line for line in TABLE.read_text().splitlines() if line.startswith("|")]
    cells = [cell.strip().lower() for cell in heads[0].strip("|").split("|")]
    assert cells == list(COLUMNS)


def test_every_requirement_has_a_row() -> None:
    """One that is missing was forgotten; one that is not built yet says so in its row."""
    missing = [f"R{number}" for number in range(1, LAST + 1) if f"R{number}" not in rows()]
    assert not missing, ", ".join(missing)


def test_what_is_named_exists() -> None:
    bad = []
    for requirement, cells in rows().items():
        for cell in cells:
            for named in NAMED.findall(cell):
                path, _, test = named.partition("::")
                target = ROOT / path
                if not target.exists():
                    bad.append(f"{requirement}: there is no {path}")
                elif test and not re.search(rf"\b{re.escape(test)}\b", target.read_text()):
                    bad.append(f"{requirement}: {path} has no {test}")
    assert not bad, "; ".join(bad)


def test_what_is_built_is_proved() -> None:
    """A row names code and a test of tests/ or console/tests/ that could fail, or neither."""
    bad = []
    for requirement, (built, proved) in rows().items():
        tests = [name for name in NAMED.findall(proved) if name.startswith(("tests/", "console/tests/", "bench/"))]
        if bool(NAMED.findall(built)) != bool(tests):
            bad.append(requirement)
    assert not bad, ", ".join(bad)
