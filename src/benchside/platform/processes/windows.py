"""Programs and services on Windows (Microsoft, "Tool Help Library", "Service Control Manager")."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from ctypes import wintypes

from benchside.platform.processes.contract import Program, ServiceState
from benchside.protocol.errors import UnavailableError

__all__ = ["find_programs", "find_services"]

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)

_SNAP_PROCESSES, _QUERY_LIMITED = 0x2, 0x1000
_INVALID = ctypes.c_void_p(-1).value
_CONNECT, _QUERY_STATUS = 0x1, 0x4
_NO_SUCH_SERVICE, _BAD_NAME = 1060, 123
_TICKS_HZ = 10_000_000  # of FILETIME
_STATES = {
    1: ServiceState.STOPPED,
    2: ServiceState.CHANGING,
    3: ServiceState.CHANGING,
    4: ServiceState.RUNNING,
    5: ServiceState.CHANGING,
    6: ServiceState.CHANGING,
    7: ServiceState.STOPPED,
}


class _Entry(ctypes.Structure):
    """PROCESSENTRY32W."""

    _fields_ = (
        ("dwSize", wintypes.DWORD),
        ("cntUsage", wintypes.DWORD),
        ("th32ProcessID", wintypes.DWORD),
        ("th32DefaultHeapID", ctypes.c_size_t),
        ("th32ModuleID", wintypes.DWORD),
        ("cntThreads", wintypes.DWORD),
        ("th32ParentProcessID", wintypes.DWORD),
        ("pcPriClassBase", wintypes.LONG),
        ("dwFlags", wintypes.DWORD),
        ("szExeFile", wintypes.WCHAR * 260),
    )


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS."""

    _fields_ = (
        ("cb", wintypes.DWORD),
        ("PageFaultCount", wintypes.DWORD),
        ("PeakWorkingSetSize", ctypes.c_size_t),
        ("WorkingSetSize", ctypes.c_size_t),
        ("QuotaPeakPagedPoolUsage", ctypes.c_size_t),
        ("QuotaPagedPoolUsage", ctypes.c_size_t),
        ("QuotaPeakNonPagedPoolUsage", ctypes.c_size_t),
        ("QuotaNonPagedPoolUsage", ctypes.c_size_t),
        ("PagefileUsage", ctypes.c_size_t),
        ("PeakPagefileUsage", ctypes.c_size_t),
    )


class _Status(ctypes.Structure):
    """SERVICE_STATUS."""

    _fields_ = (
        ("dwServiceType", wintypes.DWORD),
        ("dwCurrentState", wintypes.DWORD),
        ("dwControlsAccepted", wintypes.DWORD),
        ("dwWin32ExitCode", wintypes.DWORD),
        ("dwServiceSpecificExitCode", wintypes.DWORD),
        ("dwCheckPoint", wintypes.DWORD),
        ("dwWaitHint", wintypes.DWORD),
    )


_TIME = ctypes.POINTER(wintypes.FILETIME)
_kernel32.CreateToolhelp32Snapshot.argtypes = (wintypes.DWORD, wintypes.DWORD)
_kernel32.CreateToolhelp32Snapshot.restype = wintypes.HANDLE
_kernel32.Process32FirstW.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Entry))
_kernel32.Process32NextW.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Entry))
_kernel32.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
_kernel32.OpenProcess.restype = wintypes.HANDLE
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
_kernel32.GetProcessTimes.argtypes = (wintypes.HANDLE, _TIME, _TIME, _TIME, _TIME)
_kernel32.K32GetProcessMemoryInfo.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Counters), wintypes.DWORD)
_advapi32.OpenSCManagerW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD)
_advapi32.OpenSCManagerW.restype = wintypes.HANDLE
_advapi32.OpenServiceW.argtypes = (wintypes.HANDLE, wintypes.LPCWSTR, wintypes.DWORD)
_advapi32.OpenServiceW.restype = wintypes.HANDLE
_advapi32.QueryServiceStatus.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Status))
_advapi32.CloseServiceHandle.argtypes = (wintypes.HANDLE,)


def find_programs(names: Iterable[str]) -> list[Program]:
    """Return the processes whose program is called so, in any case, with or without `.exe`.

    What Windows does not let us ask for (a protected process) has used nothing, as far as this tells.
    """
    wanted = {name.lower().removesuffix(".exe"): name for name in names}
    found = []
    for pid, program in _processes():
        name = wanted.get(program.lower().removesuffix(".exe"))
        if name is not None:
            found.append(Program(name, pid, *_usage(pid)))
    return found


def find_services(names: Sequence[str]) -> dict[str, ServiceState]:
    """Return how each service stands, by its short name; one that we may not ask for is left out."""
    manager = _advapi32.OpenSCManagerW(None, None, _CONNECT)
    if not manager:
        raise UnavailableError(f"expected the service manager, got error {ctypes.get_last_error()}")
    found = {}
    try:
        for name in names:
            state = _service(manager, name)
            if state is not None:
                found[name] = state
    finally:
        _advapi32.CloseServiceHandle(manager)
    return found


def _processes() -> Iterator[tuple[int, str]]:
    snapshot = _kernel32.CreateToolhelp32Snapshot(_SNAP_PROCESSES, 0)
    if snapshot in (None, _INVALID):
        raise UnavailableError(f"expected the processes, got error {ctypes.get_last_error()}")
    try:
        entry = _Entry(dwSize=ctypes.sizeof(_Entry))
        more = _kernel32.Process32FirstW(snapshot, ctypes.byref(entry))
        while more:
            yield entry.th32ProcessID, entry.szExeFile
            more = _kernel32.Process32NextW(snapshot, ctypes.byref(entry))
    finally:
        _kernel32.CloseHandle(snapshot)


def _usage(pid: int) -> tuple[float, int]:
    process = _kernel32.OpenProcess(_QUERY_LIMITED, False, pid)
    if not process:
        return 0.0, 0
    try:
        times = [wintypes.FILETIME() for _ in range(4)]
        cpu_s, memory_bytes = 0.0, 0
        if _kernel32.GetProcessTimes(process, *map(ctypes.byref, times)):
            cpu_s = sum((one.dwHighDateTime << 32) + one.dwLowDateTime for one in times[2:]) / _TICKS_HZ
        counters = _Counters(cb=ctypes.sizeof(_Counters))
        if _kernel32.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb):
            memory_bytes = counters.WorkingSetSize
        return cpu_s, memory_bytes
    finally:
        _kernel32.CloseHandle(process)


def _service(manager: int, name: str) -> ServiceState | None:
    service = _advapi32.OpenServiceW(manager, name, _QUERY_STATUS)
    if not service:
        missing = ctypes.get_last_error() in (_NO_SUCH_SERVICE, _BAD_NAME)
        return ServiceState.MISSING if missing else None
    try:
        status = _Status()
        if not _advapi32.QueryServiceStatus(service, ctypes.byref(status)):
            return None
        return _STATES.get(status.dwCurrentState)
    finally:
        _advapi32.CloseServiceHandle(service)
