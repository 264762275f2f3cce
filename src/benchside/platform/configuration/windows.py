"""How a PC is set up, on Windows: its name, the power plan in force, and the screen savers of who is logged in."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import uuid
import winreg
from ctypes import wintypes

from benchside.platform.configuration.contract import Configuration

__all__ = ["read_configuration"]

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)

_PHYSICAL_DNS_HOSTNAME = 5
_MAX_NAME = 256
# The subgroup "sleep" and in it "sleep after" (Microsoft, "Sleep settings").
_SLEEP = "238c9fa8-0aad-41ed-83f4-97be242c8f20"
_SLEEP_AFTER = "29f6c1db-86da-48c5-9fdb-f2b67b1f44da"
_PEOPLE = ("S-1-5-21-", "S-1-12-1-")
_DESKTOPS = ("Software\\Policies\\Microsoft\\Windows\\Control Panel\\Desktop", "Control Panel\\Desktop")
"""A policy goes before what a person has set."""
MAX_PEOPLE = 64


def read_configuration() -> Configuration:
    """Return what is known; it asks the whole machine, whoever is logged in."""
    return Configuration(_computer_name(), _sleeps_after_s(), _has_screen_saver())


def _computer_name() -> str:
    name = ctypes.create_unicode_buffer(_MAX_NAME)
    size = wintypes.DWORD(_MAX_NAME)
    if not _kernel32.GetComputerNameExW(_PHYSICAL_DNS_HOSTNAME, name, ctypes.byref(size)):
        return ""
    return name.value


def _sleeps_after_s() -> int | None:
    try:
        power = ctypes.WinDLL("powrprof")
        active, read = power.PowerGetActiveScheme, power.PowerReadACValueIndex
    except (OSError, AttributeError):
        return None
    scheme = ctypes.c_void_p()
    if active(None, ctypes.byref(scheme)) != 0 or not scheme.value:
        return None
    try:
        seconds = wintypes.DWORD()
        where = (uuid.UUID(_SLEEP).bytes_le, uuid.UUID(_SLEEP_AFTER).bytes_le)
        if read(None, scheme, *where, ctypes.byref(seconds)) != 0:
            return None
        return int(seconds.value)
    finally:
        _kernel32.LocalFree(scheme)


def _has_screen_saver() -> bool | None:
    """True when one comes for anybody who is logged in; None when nobody is, or nothing says."""
    found = []
    for number in range(MAX_PEOPLE):
        try:
            sid = winreg.EnumKey(winreg.HKEY_USERS, number)
        except OSError:
            break
        if sid.startswith(_PEOPLE) and not sid.endswith("_Classes"):
            is_active = _first(sid, "ScreenSaveActive")
            found.append(is_active == "1" and bool(_first(sid, "SCRNSAVE.EXE")) if is_active is not None else None)
    known = [one for one in found if one is not None]
    return any(known) if known else None


def _first(sid: str, name: str) -> str | None:
    for desktop in _DESKTOPS:
        try:
            with winreg.OpenKey(winreg.HKEY_USERS, f"{sid}\\{desktop}") as key:
                return str(winreg.QueryValueEx(key, name)[0])
        except OSError:
            continue
    return None
