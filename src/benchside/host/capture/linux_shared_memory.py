"""A piece of memory that an X server of this machine writes its images into (System V, MIT-SHM)."""

from __future__ import annotations

import ctypes
import os
import weakref

import numpy as np
import numpy.typing as npt

from benchside.protocol.errors import UnavailableError

__all__ = ["SharedMemory"]

_IPC_PRIVATE = 0
_IPC_CREAT = 0o1000
_IPC_RMID = 0
_FAILED = ctypes.c_void_p(-1).value


class SharedMemory:
    """`size_bytes` of memory with a number (`shmid`) by which the server finds it.

    Only this user's processes, and the server where it runs as root, may attach it (mode 0600).  Call
    `unlink` once the server has: then it goes away with the last process that uses it, even after a crash.
    UnavailableError: the system gives no such memory.
    """

    def __init__(self, size_bytes: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        libc.shmdt.argtypes = [ctypes.c_void_p]
        libc.shmget.argtypes = [ctypes.c_int, ctypes.c_size_t, ctypes.c_int]
        libc.shmctl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        self._libc = libc
        self.shmid: int = libc.shmget(_IPC_PRIVATE, size_bytes, _IPC_CREAT | 0o600)
        if self.shmid < 0:
            raise UnavailableError(f"no shared memory: {os.strerror(ctypes.get_errno())}")
        address = libc.shmat(self.shmid, None, 0)
        if address is None or address == _FAILED:
            self.unlink()
            raise UnavailableError(f"no shared memory: {os.strerror(ctypes.get_errno())}")
        buffer = (ctypes.c_uint8 * size_bytes).from_address(address)
        # Detached when the last array over it is gone, never under somebody's hands.
        weakref.finalize(buffer, libc.shmdt, address)
        self.bytes: npt.NDArray[np.uint8] = np.frombuffer(memoryview(buffer).cast("B"), np.uint8)

    def unlink(self) -> None:
        """Let no further process attach; the memory stays for those that have."""
        self._libc.shmctl(self.shmid, _IPC_RMID, None)
