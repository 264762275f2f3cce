"""Whether a run is in progress on the instrument, as the technician or a program of the lab's has flagged it.

It is kept on disk: after a restart of the agent in the middle of a run, the run goes on.
"""

from __future__ import annotations

from pathlib import Path

from benchside.platform.files import write_private
from benchside.protocol.errors import UnavailableError

__all__ = ["AssayFlag"]


class AssayFlag:
    """One flag for the PC; the last who said something is right."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "assay.flag"
        self.is_running = self._path.exists()

    def change(self, running: bool) -> bool:
        """Keep it; return whether it is news.  UnavailableError when the disk does not take it: it stays as it was."""
        if running == self.is_running:
            return False
        try:
            if running:
                write_private(self._path, b"")
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(f"expected to keep the flag of a run, got {error.strerror}") from error
        self.is_running = running
        return True
