"""Which module watches what.  A worker imports the one that it needs, the notifier none."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchside.notifier.watch.contract import Adapter, Check
from benchside.protocol.errors import UnavailableError

__all__ = ["WATCHES", "Watch", "make_watch"]

Watch = Adapter | tuple[Check, ...]

WATCHES: Mapping[str, str] = {
    "checks": "benchside.notifier.checks.worker:make",
    "log": "benchside.notifier.adapters.log:make",
    "opcua": "benchside.notifier.adapters.opcua_worker:make",
    "line": "benchside.notifier.adapters.line:make",
}


def make_watch(
    what: str, name: str, settings: dict[str, Any], folders: tuple[Path, ...], table: Mapping[str, str] = WATCHES
) -> Watch:
    """Return what is to run; UnavailableError where this package has none of that kind.

    `folders`: what of ours must outlive a restart of the PC; the checks look whether it does.
    """
    if what not in table:
        raise UnavailableError(f"expected one of {', '.join(table)}, got {what}")
    module, _, function = table[what].partition(":")
    try:
        make: Callable[..., Watch] = getattr(importlib.import_module(module), function)
    except ImportError as error:
        raise UnavailableError(f"expected {module} to be there, got {error}") from error
    return make(name, settings, state=folders) if what == "checks" else make(name, settings)
