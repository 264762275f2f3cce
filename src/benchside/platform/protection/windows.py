"""Protection on Windows: what the security centre says of all products (Microsoft, "WscGetSecurityProviderHealth")."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes

from benchside.platform.protection.contract import Protection

__all__ = ["ask_protection"]

_ANTIVIRUS = 0x4
_GOOD, _NOT_MONITORED, _POOR, _SNOOZED = range(4)
_OK = 0


def ask_protection() -> Protection | None:
    """Return its health; None where there is no security centre (servers) or its service does not run.

    POOR is on but out of date, or off; Windows itself tells a person which.
    """
    try:
        centre = ctypes.WinDLL("wscapi")
        ask = centre.WscGetSecurityProviderHealth
    except (OSError, AttributeError):
        return None
    health = ctypes.c_int(-1)
    if ask(_ANTIVIRUS, ctypes.byref(health)) != _OK:
        return None
    answers = {
        _GOOD: Protection(is_on=True, are_signatures_old=False),
        _POOR: Protection(is_on=False),
        _SNOOZED: Protection(is_on=False),
    }
    return answers.get(health.value)
