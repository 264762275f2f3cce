"""The Unified Write Filter of Windows, by its own classes.

Microsoft, "Unified Write Filter WMI provider reference" (learn.microsoft.com, windows-hardware/customize/enterprise,
uwf-wmi-provider-reference): UWF_Filter has CurrentEnabled; UWF_Volume has CurrentSession, DriveLetter, Protected and
FindExclusion(FileName, out bFound), whose names are relative to the volume.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

from pathlib import Path, PureWindowsPath

from benchside.platform.volumes.contract import Overlay
from benchside.platform.volumes.exclusion import places_of
from benchside.platform.wmi.windows import Management, MissingError, open_management
from benchside.protocol.errors import UnavailableError

__all__ = ["ask_filter"]

NAMESPACE = "ROOT\\standardcimv2\\embedded"
NAME = "uwf"


def ask_filter(folder: Path) -> Overlay | None:
    """Return what it does to `folder` as long as the PC runs; None where it is not installed or not on.

    UnavailableError when it does not answer: nothing is guessed.
    """
    try:
        with open_management(NAMESPACE) as management:
            filters = management.query("SELECT * FROM UWF_Filter", ["CurrentEnabled"])
            if not any(one["CurrentEnabled"] is True for one in filters):
                return None
            return Overlay(NAME, _forgets(management, PureWindowsPath(folder.resolve())))
    except MissingError:
        return None


def _forgets(management: Management, folder: PureWindowsPath) -> bool:
    query = "SELECT * FROM UWF_Volume WHERE CurrentSession = TRUE"
    volumes = management.query(query, ["__PATH", "DriveLetter", "Protected"])
    own = [one for one in volumes if str(one["DriveLetter"]).upper() == folder.drive.upper()]
    if not own or own[0]["Protected"] is not True:
        return False
    path = own[0]["__PATH"]
    if not isinstance(path, str):
        raise UnavailableError("expected a path of the filter's volume, got none")
    return not any(
        management.ask("UWF_Volume", path, "FindExclusion", {"FileName": place}, "bFound") is True
        for place in places_of(folder)
    )
