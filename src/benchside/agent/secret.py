"""Secret files of the agent, sealed to this machine where that is possible.

A sealed file begins with a line that names the way; one without it is from before, and is sealed at the next start.
"""

from __future__ import annotations

import logging
from pathlib import Path

from benchside.platform.files import read_if_there, write_private
from benchside.platform.sealing.contract import MAX_SECRET_BYTES, Sealing
from benchside.platform.sealing.here import find_sealing
from benchside.protocol.errors import UnavailableError

__all__ = ["SecretFiles"]

log = logging.getLogger(__name__)

_MARK = b"benchside sealed 1 "
MAX_FILE_BYTES = 6 * MAX_SECRET_BYTES
"""The largest secret, as text, with what a way of sealing adds."""


class SecretFiles:
    """Reads and writes them in one folder."""

    def __init__(self, folder: Path, sealing: Sealing | None = None) -> None:
        """`sealing`: how new files are sealed; by default the best that this machine has, tried at first use."""
        self._folder = folder
        self._given = sealing

    @property
    def sealing(self) -> Sealing:
        """How files are sealed here."""
        return self._given or find_sealing()

    def read(self, name: str) -> bytes | None:
        """Return the secret, None when there is no such file; UnavailableError on another machine."""
        data = read_if_there(self._folder / name, MAX_FILE_BYTES)
        return None if data is None else self._open(name, data)

    def write(self, name: str, secret: bytes) -> None:
        """Replace the file, sealed; durable on return, and proved to open again before the old one is gone."""
        sealed = self.sealing.seal(name, secret)
        data = sealed if self.sealing.word == "file" else _MARK + self.sealing.word.encode() + b"\n" + sealed
        if self._open(name, data) != secret:
            raise UnavailableError(f"expected {name} to open as it was sealed, got something else")
        write_private(self._folder / name, data)

    def remove(self, name: str) -> None:
        """Remove the file if it is there."""
        (self._folder / name).unlink(missing_ok=True)

    def seal_old(self, *names: str) -> None:
        """Seal whatever rests unsealed, when it can be: at each start of the service."""
        for name in names:
            data = read_if_there(self._folder / name, MAX_FILE_BYTES)
            if data is None or data.startswith(_MARK) or self.sealing.word == "file":
                continue
            self.write(name, data)
            log.info("a secret is sealed to this machine now", extra={"file": name})

    def _open(self, name: str, data: bytes) -> bytes:
        if not data.startswith(_MARK):
            return data
        word, _, sealed = data.removeprefix(_MARK).partition(b"\n")
        if word != self.sealing.word.encode():
            way = word.decode("ascii", "replace")[:20]
            raise UnavailableError(
                f"{name} is sealed by {way}, which does not work on this machine now ({self.sealing.told}). "
                f"{_WHAT_TO_DO}"
            )
        try:
            return self.sealing.open(name, sealed)
        except UnavailableError as error:
            raise UnavailableError(f"{name} cannot be opened on this machine ({error}). {_WHAT_TO_DO}") from error


_WHAT_TO_DO = (
    "The disk was copied or moved from another machine, or this one has lost the key of its own: "
    "have the device revoked, remove the agent's folder, and enrol this PC with a new token"
)
