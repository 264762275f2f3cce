"""Lifts what a killed host has left pressed on this display; started by the agent after it killed one."""

from __future__ import annotations

import logging
import sys

from benchside.host.parts import lift_leftovers
from benchside.logs.setup import start_logging
from benchside.protocol.errors import UnavailableError

__all__ = ["main"]

log = logging.getLogger(__name__)


def main() -> int:
    """Open the display that DISPLAY names, which lifts what programs hold there, and leave; 1 when there is none."""
    start_logging("host")
    try:
        lift_leftovers()
    except UnavailableError as error:
        log.warning("keys cannot be lifted", extra={"cause": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
