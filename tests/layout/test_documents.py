"""Documents lead to what exists: links between them, into the code, and to pictures."""

from __future__ import annotations

import re

from tests.layout.sources import ROOT, tracked_files

LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
# Files of the code in backticks, as architecture and decisions name them.
CODE = re.compile(r"`((?:src|console/src|tests|bench|examples|packaging|project|docs)/[\w./-]+\.\w+)`")


def test_links_and_named_files_exist() -> None:
    bad = []
    for path in tracked_files():
        if path.suffix != ".md":
            continue
        text = path.read_text()
        bad += [f"{path.relative_to(ROOT)}: {link}" for link in LINK.findall(text) if not (path.parent / link).exists()]
        bad += [
            f"{path.relative_to(ROOT)}: {name}"
            for name in CODE.findall(text)
            if not ((ROOT / name).exists() or (path.parent / name).exists())
        ]
    assert not bad, "; ".join(bad)


def test_pictures_are_small_and_shown() -> None:
    """A page with two of them loads on a telephone too; one that nobody shows is only weight."""
    shown = "".join(path.read_text() for path in tracked_files() if path.suffix == ".md")
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures
    bad = [path.name for path in pictures if path.stat().st_size > 300_000]
    bad += [path.name for path in pictures if f"pictures/{path.name}" not in shown]
    assert not bad, ", ".join(bad)
