"""The OPC UA adapter as a worker runs it: with the half of `asyncua` that a client needs.

`import asyncua` loads its server too, which is 2 MB of a worker that never serves anything.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchside.notifier.watch.contract import Adapter

__all__ = ["make"]

_SERVER = "asyncua.server"


def make(name: str, settings: dict[str, Any]) -> Adapter:
    """Return the adapter (adapters/opcua.py); this process has no OPC UA server from now on."""
    if "asyncua" not in sys.modules:
        nothing = ModuleType(_SERVER)
        nothing.__dict__["Server"] = None
        sys.modules[_SERVER] = nothing
    adapter: Adapter = importlib.import_module("benchside.notifier.adapters.opcua").make(name, settings)
    return adapter
