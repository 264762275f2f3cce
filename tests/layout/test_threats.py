"""docs/threats.md names tests that exist, or says that a threat was not yet played."""

from __future__ import annotations

import re

from tests.layout.sources import ROOT

THREATS = ROOT / "docs" / "threats.md"
NAMED = re.compile(r"`((?:tests|console/tests)/[^`:]+)::([^`]+)`")


def rows() -> list[list[str]]:
    """The cells of each threat: threat, answer, played by, what remains."""
    cells = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in THREATS.read_text().splitlines()
        if line.startswith("| ")
    ]
    return [line for line in cells if len(line) == 4 and line[0] != "threat"]


def test_each_threat_is_played_or_says_that_it_is_not() -> None:
    assert rows()
    bad = [line[0] for line in rows() if bool(NAMED.search(line[2])) == ("not yet played" in line[2].lower())]
    assert not bad, "; ".join(bad)


def test_the_tests_exist() -> None:
    bad = []
    for path, name in NAMED.findall(THREATS.read_text()):
        target = ROOT / path
        if not target.exists() or (f"{name}(" not in target.read_text() and f'"{name}"' not in target.read_text()):
            bad.append(f"{path}::{name}")
    assert not bad, ", ".join(bad)
