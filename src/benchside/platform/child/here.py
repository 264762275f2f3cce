"""Child processes of the operating system that we run on."""

from __future__ import annotations

import sys

__all__ = ["has_parent", "speak_to_parent", "start_child", "start_speaking_child"]

if sys.platform == "win32":
    from benchside.platform.child.windows import has_parent, speak_to_parent, start_child, start_speaking_child
else:
    from benchside.platform.child.linux import has_parent, speak_to_parent, start_child, start_speaking_child
