"""The machine's own certificates on Linux: it has no common place for them; settings name files instead."""

from __future__ import annotations

__all__ = ["machine_certificates"]


def machine_certificates() -> list[bytes]:
    """Return none."""
    return []
