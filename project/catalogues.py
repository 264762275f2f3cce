"""Compiles the text catalogues (locale/*.po to .mo). `main` runs inside the virtual environment."""

from __future__ import annotations

import sys
from pathlib import Path

from project.paths import ROOT, SOURCE, VENV_PYTHON
from project.progress import run_step


def stale() -> list[Path]:
    """Every catalogue whose compiled form is missing or older than its text."""
    return [
        po
        for po in sorted(SOURCE.glob("**/locale/*.po"))
        if not (mo := po.with_suffix(".mo")).exists() or mo.stat().st_mtime < po.stat().st_mtime
    ]


def ensure() -> None:
    old = stale()
    if old:
        run_step(
            "texts",
            f"{len(old)} catalogues compiled",
            [VENV_PYTHON, "-m", "project.catalogues"],
            log="catalogues",
        )


def main() -> int:
    """Compiles what is stale; a message marked fuzzy is left out, as gettext does."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for po in stale():
        with po.open("rb") as file:
            catalogue = read_po(file, locale=po.stem, abort_invalid=True)
        with po.with_suffix(".mo").open("wb") as out:
            write_mo(out, catalogue)
        print(po.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
