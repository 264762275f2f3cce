"""The proxies that Windows is set to, by WinHTTP: scripts are run by Windows itself."""

import sys

assert sys.platform == "win32"

import ctypes
import fnmatch
from ctypes import wintypes

__all__ = ["ways_of_windows"]

_NO_PROXY, _NAMED_PROXY = 1, 3
_AUTO_DETECT, _CONFIG_URL = 1, 2
_BY_DHCP_AND_DNS = 3


class _CurrentUser(ctypes.Structure):
    """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG"""

    _fields_ = (
        ("detect", wintypes.BOOL),
        ("script", wintypes.LPVOID),
        ("proxy", wintypes.LPVOID),
        ("bypass", wintypes.LPVOID),
    )


class _Info(ctypes.Structure):
    """WINHTTP_PROXY_INFO"""

    _fields_ = (("access", wintypes.DWORD), ("proxy", wintypes.LPVOID), ("bypass", wintypes.LPVOID))


class _Options(ctypes.Structure):
    """WINHTTP_AUTOPROXY_OPTIONS"""

    _fields_ = (
        ("flags", wintypes.DWORD),
        ("detect_flags", wintypes.DWORD),
        ("script", wintypes.LPCWSTR),
        ("reserved", wintypes.LPVOID),
        ("reserved_number", wintypes.DWORD),
        ("may_log_on", wintypes.BOOL),
    )


def ways_of_windows(host: str, port: int) -> str | None:
    """Return what Windows says for `host` in a script's own words ("PROXY h:p; DIRECT"), None when it says nothing."""
    winhttp = ctypes.WinDLL("winhttp")
    winhttp.WinHttpOpen.restype = wintypes.LPVOID
    text, number = wintypes.LPCWSTR, wintypes.DWORD
    winhttp.WinHttpOpen.argtypes = (text, number, text, text, number)
    winhttp.WinHttpCloseHandle.argtypes = (wintypes.LPVOID,)
    winhttp.WinHttpGetProxyForUrl.argtypes = (
        wintypes.LPVOID, wintypes.LPCWSTR, ctypes.POINTER(_Options), ctypes.POINTER(_Info),
    )  # fmt: skip
    user = _CurrentUser()
    detect, script, proxy, bypass = False, "", "", ""
    if winhttp.WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(user)):
        detect, script, proxy = bool(user.detect), _take(user.script), _take(user.proxy)
        bypass = _take(user.bypass)
    if detect or script:
        found = _by_script(winhttp, f"https://{host}:{port}/", detect, script)
        if found is not None:
            return found
    if not proxy:
        info = _Info()
        if winhttp.WinHttpGetDefaultProxyConfiguration(ctypes.byref(info)):
            named, bypass = _take(info.proxy), _take(info.bypass)
            proxy = named if info.access == _NAMED_PROXY else ""
    return "DIRECT" if proxy and _is_bypassed(host, bypass) else _words(proxy)


def _is_bypassed(host: str, bypass: str) -> bool:
    """Whether `host` is on a list like "*.lab.example;10.*;<local>"."""
    for each in bypass.replace(" ", ";").split(";"):
        pattern = each.strip().lower().removeprefix("https://")
        if pattern == "<local>" and "." not in host:
            return True
        if pattern and fnmatch.fnmatchcase(host.lower(), pattern):
            return True
    return False


def _by_script(winhttp: ctypes.WinDLL, url: str, detect: bool, script: str) -> str | None:
    session = winhttp.WinHttpOpen("benchside", _NO_PROXY, None, None, 0)
    if not session:
        return None
    flags = (_AUTO_DETECT if detect else 0) | (_CONFIG_URL if script else 0)
    options = _Options(flags, _BY_DHCP_AND_DNS if detect else 0, script or None, None, 0, True)
    info = _Info()
    try:
        if not winhttp.WinHttpGetProxyForUrl(session, url, ctypes.byref(options), ctypes.byref(info)):
            return None
        proxy = _take(info.proxy)
        _take(info.bypass)
        return _words(proxy) if info.access == _NAMED_PROXY else "DIRECT"
    finally:
        winhttp.WinHttpCloseHandle(session)


def _words(proxy: str) -> str | None:
    """ "h:p", "h:p;h2:p2" or "http=h:p;https=h:p" as a script would say it."""
    named = [part.strip() for part in proxy.replace(" ", ";").split(";") if part.strip()]
    by_scheme = dict(part.split("=", 1) for part in named if "=" in part)
    if by_scheme:
        named = [by_scheme["https"]] if "https" in by_scheme else []
    return "; ".join(f"PROXY {part.removeprefix('http://')}" for part in named) or None


def _take(pointer: int | None) -> str:
    """The text at `pointer`, which is given back to Windows."""
    if not pointer:
        return ""
    text = ctypes.wstring_at(pointer)
    free = ctypes.WinDLL("kernel32").GlobalFree
    free.argtypes = (wintypes.LPVOID,)
    free(pointer)
    return text
