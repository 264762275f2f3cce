"""Finds the Chromium that plays the engineer's browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from project import debian
from project.paths import VENV_PYTHON
from project.progress import StepError, run_step

NAMES = ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser")


def find_chromium() -> Path | None:
    """$BENCHSIDE_CHROMIUM, then PATH, then what playwright has downloaded; never Ubuntu's stub for a snap."""
    named = os.environ.get("BENCHSIDE_CHROMIUM")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for name in NAMES:
        found = shutil.which(name)
        if found and not is_snap_stub(Path(found)):
            return Path(found)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    # The newest first: the folders end in a build number.
    return next((p for p in sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def is_snap_stub(program: Path) -> bool:
    """Ubuntu puts a script (or a link into /snap) that starts a snap, which neither containers nor a
    browser profile outside the home folder can use."""
    if "snap" in program.resolve().parts or program.resolve().name == "snap":
        return True
    with program.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"#!") and b"/snap/" in head


def ensure() -> None:
    """Installs Debian's package, or playwright's own build where that package is a snap's stub."""
    if find_chromium() is not None:
        return
    if debian.is_debian_like() and not debian.is_ubuntu():
        debian.ensure((debian.BROWSER,))
        return
    try:
        run_step(
            "Chromium",
            "the engineer's browser, fetched by playwright since this system has no package of it",
            [VENV_PYTHON, "-m", "playwright", "install", "chromium"],
            log="chromium",
        )
    except StepError as error:
        raise StepError(
            f"{error}\n\nThere is no usable Chromium here (a snap's cannot be used). Please install Google "
            f"Chrome's .deb package, or set BENCHSIDE_CHROMIUM to a Chromium's path, and run this again."
        ) from error
