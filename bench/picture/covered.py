"""Covered pixels that leave the PC: not measured here yet, and therefore no figure."""

from __future__ import annotations

from bench.picture.namespace import Namespaces
from bench.picture.result import Result


def main(_: Namespaces, *, quick: bool = False) -> Result:
    del quick
    return Result(notes=["covered_pixels_sent: no figure, this benchmark cannot cover an area of the PC's screen yet"])
