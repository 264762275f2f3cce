"""Private files on the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["close_folder", "lock_file", "make_durable", "things_of_others"]

if sys.platform == "win32":
    from benchside.platform.private.windows import close_folder, lock_file, make_durable, things_of_others
else:
    from benchside.platform.private.linux import close_folder, lock_file, make_durable, things_of_others
