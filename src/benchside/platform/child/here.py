"""Child processes of the operating system that we run on."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchside.platform.child.contract import Start

__all__ = ["has_parent", "plant_nursery", "speak_to_parent", "start_child", "start_speaking_child"]

if sys.platform == "win32":
    from benchside.platform.child.windows import has_parent, speak_to_parent, start_child, start_speaking_child

    def plant_nursery(_work: Callable[[], int]) -> Start | None:
        """Return None: Windows cannot fork."""
        return None

else:
    from benchside.platform.child.linux import has_parent, speak_to_parent, start_child, start_speaking_child
    from benchside.platform.child.linux_nursery import plant

    def plant_nursery(work: Callable[[], int]) -> Start | None:
        """Return what forks children that run `work` and share memory with us; call it before any event loop."""
        return plant(work).start
