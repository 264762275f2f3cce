"""Protection on Linux: ClamAV's daemon, where it is installed, by its own local socket (clamd(8), "COMMANDS")."""

from __future__ import annotations

import calendar
import re
import socket
import time
from pathlib import Path

from benchside.platform.protection.contract import Protection

__all__ = ["ask_protection", "read_version"]

SOCKETS = (Path("/run/clamav/clamd.ctl"), Path("/run/clamd.scan/clamd.sock"), Path("/run/clamd/clamd.sock"))
"""Of Debian, Fedora and openSUSE."""
WITHIN_S = 5.0
MAX_ANSWER_BYTES = 512
# ClamAV 1.0.7/27100/Mon Nov 23 09:30:02 2026
_VERSION = re.compile(r"^ClamAV [^/]{1,40}/\d{1,9}/\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\s*$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def ask_protection() -> Protection | None:
    """Return ClamAV's state; None without one of its known sockets.

    One that listens elsewhere, or scans when called, is no protection that is off; other products have no common way
    to be asked.
    """
    path = next((one for one in SOCKETS if one.exists()), None)
    if path is None:
        return None
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(WITHIN_S)
            line.connect(str(path))
            line.sendall(b"zVERSION\0")
            answer = _read(line)
    except ConnectionRefusedError:
        return Protection(is_on=False)
    except PermissionError:
        return None  # it lets only some accounts ask
    return read_version(answer, now_utc_s=time.time())


def read_version(answer: str, *, now_utc_s: float) -> Protection:
    """Return what a VERSION says; an answer without a date is of a daemon that has no signatures yet."""
    found = _VERSION.match(answer)
    if found is None or found[1] not in _MONTHS:
        return Protection(is_on=True if answer.startswith("ClamAV ") else None)
    clock = (int(found[6]), _MONTHS.index(found[1]) + 1, int(found[2]), int(found[3]), int(found[4]), int(found[5]))
    age_s = now_utc_s - calendar.timegm((*clock, 0, 0, 0))  # of the local time zone: hours do not matter here
    return Protection(is_on=True, signatures_age_days=max(0.0, age_s / 86_400))


def _read(line: socket.socket) -> str:
    answer = b""
    while len(answer) < MAX_ANSWER_BYTES and not answer.endswith(b"\0"):
        more = line.recv(MAX_ANSWER_BYTES)
        if not more:
            break
        answer += more
    return answer.rstrip(b"\0").decode("ascii", "replace")
