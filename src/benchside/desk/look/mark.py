"""Where the product's mark is."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MARK"]

MARK = Path(__file__).with_name("mark.svg")
"""A drawing of our own: a bench, and a hand's reach above it."""
