"""The check `antivirus`: whether the protection is on and fresh; where nothing says, nothing is said."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.options import AntivirusSettings
from benchside.platform.protection.contract import Protection
from benchside.platform.protection.here import ask_protection
from benchside.protocol.wire.condition import Signal

__all__ = ["AntivirusLook"]

SOURCE = "pc.antivirus"


class AntivirusLook:
    """Asks the system."""

    def __init__(
        self, settings: AntivirusSettings, protection: Callable[[], Protection | None] = ask_protection
    ) -> None:
        self._old_days, self._protection = settings.old_days, protection

    def __call__(self) -> list[Signal]:
        """Return what it says."""
        told = self._protection()
        if told is None or told.is_on is None:
            return []
        found = answer(SOURCE, "PC", "protection_off", not told.is_on)
        age_days = told.signatures_age_days
        if age_days is not None:
            found += answer(
                SOURCE, "PC", "signatures_old", age_days > self._old_days, values={"age_days": round(age_days)}
            )
        elif told.are_signatures_old is not None:
            found += answer(SOURCE, "PC", "signatures_old", told.are_signatures_old)
        return found
