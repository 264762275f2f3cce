"""Installs what only `bench picture` compares with: TigerVNC's viewer, and two whole products for one row each.

Selkies and MeshCentral bring much with them and are nobody's dependency here, so each gets a folder of its own in
.downloads/.  A machine that cannot have them measures without them: the benchmark then says so.
"""

from __future__ import annotations

import sys

from project import console, debian
from project.paths import DOWNLOADS
from project.progress import StepError, run_step, say

# Pinned, so that their rows can be compared from run to run.
SELKIES_VERSION = "2.1.0"
MESHCENTRAL_VERSION = "1.1.55"
SELKIES = DOWNLOADS / f"selkies-{SELKIES_VERSION}"
MESHCENTRAL = DOWNLOADS / f"meshcentral-{MESHCENTRAL_VERSION}"
VIEWER = debian.Need("the peers in the picture benchmark", ("tigervnc-viewer",), ("xtigervncviewer",))


def ensure() -> None:
    """All of them; the two large ones only as far as they can be had."""
    debian.ensure((VIEWER,))
    for install in (ensure_selkies, ensure_meshcentral):
        try:
            install()
        except StepError as error:
            say(f"{error}\n- the benchmark goes on without it")


def ensure_selkies() -> None:
    """`SELKIES`/bin/selkies, in a virtual environment that knows nothing of ours."""
    if (SELKIES / "bin" / "selkies").exists():
        return
    run_step("Selkies' environment", "a folder of its own", [sys.executable, "-m", "venv", SELKIES], log="selkies-venv")
    run_step(
        "Selkies",
        "a peer for one row of the picture benchmark",
        [SELKIES / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check",
         f"selkies=={SELKIES_VERSION}"],
        log="selkies",
    )  # fmt: skip


def ensure_meshcentral() -> None:
    """`MESHCENTRAL`/node_modules/meshcentral, with the agents that it carries."""
    console.ensure_package(
        MESHCENTRAL, "meshcentral", MESHCENTRAL_VERSION,
        what="MeshCentral", why="a peer for one row of the picture benchmark (450 MB)",
    )  # fmt: skip
