"""`python -m benchside WORD ...`: the program `benchside` where it is not on the path, as for a service of Windows."""

from __future__ import annotations

import sys

from benchside.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
