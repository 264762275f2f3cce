"""Opening a file that another program writes: on Linux nothing that reads locks it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["open_shared"]


def open_shared(path: Path) -> int:
    """Return a descriptor that only reads; OSError when it cannot be had, or is no file.

    O_NONBLOCK: a pipe by the log's name would otherwise wait for a writer for ever.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return handle
