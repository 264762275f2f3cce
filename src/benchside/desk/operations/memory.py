"""What the desk remembers between starts: language, appearance, phone number.  Nothing secret or personal."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from benchside.protocol.wire.text import Line

__all__ = ["Appearance", "Memory", "Remembered"]

Appearance = Literal["system", "light", "dark"]
Corner = Literal["top_right", "top_left", "bottom_right", "bottom_left"]

MAX_BYTES = 4096
"""The file holds four short values."""

_log = logging.getLogger(__name__)


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """`phone`: the vendor's number, which must be on the screen when neither agent nor server answers."""

    language: Annotated[str, Meta(pattern="^(en|es)?\\Z")] = ""
    appearance: Appearance = "system"
    corner: Corner = "top_right"
    phone: Line = ""


class Memory:
    """Keeps `Remembered` in a file of this log-in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.now = self._read()

    def keep(self, remembered: Remembered) -> None:
        """Write `remembered`; a disk that refuses costs a setting at the next start, never the window."""
        if remembered == self.now:
            return
        self.now = remembered
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(remembered))
            fresh.replace(self._path)
        except OSError as error:
            _log.warning("settings of the window are not kept: %s", error)

    def _read(self) -> Remembered:
        try:
            data = self._path.read_bytes()
            return msgspec.json.decode(data[:MAX_BYTES], type=Remembered)
        except FileNotFoundError:
            return Remembered()
        except (OSError, msgspec.MsgspecError) as error:
            _log.warning("settings of the window cannot be read, starting without: %s", error)
            return Remembered()
