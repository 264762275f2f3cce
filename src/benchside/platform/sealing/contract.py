"""What a way of sealing is, and the one that seals nothing."""

from __future__ import annotations

from typing import Protocol

__all__ = ["MAX_SECRET_BYTES", "OpenFile", "Sealing"]

MAX_SECRET_BYTES = 64 * 1024
"""A key of RSA-4096 has three kilobytes."""


class Sealing(Protocol):
    """Seals and opens secrets of a few kilobytes; each is bound to its name."""

    @property
    def word(self) -> str:
        """How a sealed file says which way opens it, one word."""

    @property
    def told(self) -> str:
        """What it is worth, in words for an administrator: one line."""

    def seal(self, name: str, secret: bytes) -> bytes:
        """Return `secret` so that only this machine can open it; UnavailableError."""

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return what was sealed under this name; UnavailableError on another machine, or for something changed."""


class OpenFile:
    """No sealing: the file's mode, or its folder's access list, is what protects it."""

    word = "file"

    def __init__(self, why: str) -> None:
        """`why`: what is missing here, for people."""
        self.told = f"files of the service's account alone, not sealed to this machine ({why})"

    def seal(self, _name: str, secret: bytes) -> bytes:
        """Return it as it is."""
        return secret

    def open(self, _name: str, sealed: bytes) -> bytes:
        """Return it as it is."""
        return sealed
