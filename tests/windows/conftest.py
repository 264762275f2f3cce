"""Everything here takes Wine, which only the long tests have set up."""

from __future__ import annotations

import sys

collect_ignore = [] if sys.platform == "win32" else ["inside"]
