"""The check `config`: whether the PC is set up as its instrument needs it."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.options import ConfigurationSettings
from benchside.platform.configuration.contract import Configuration
from benchside.platform.configuration.here import read_configuration
from benchside.protocol.wire.condition import ConditionKey, Signal, Values

__all__ = ["ConfigurationLook"]

SOURCE = "pc.config"


class ConfigurationLook:
    """Compares what is with what was asked for."""

    def __init__(
        self, settings: ConfigurationSettings, configuration: Callable[[], Configuration] = read_configuration
    ) -> None:
        self._settings, self._configuration = settings, configuration

    def __call__(self) -> list[Signal]:
        """Return what differs; what nobody asked for, or nothing tells, is left out."""
        now, wanted = self._configuration(), self._settings
        found: list[Signal] = []
        if wanted.computer_name and now.computer_name:
            fits = fnmatchcase(now.computer_name.lower(), wanted.computer_name.lower())
            values: Values = {"name": now.computer_name, "wanted": wanted.computer_name}
            found += answer(SOURCE, "PC", "name_wrong", not fits, values=values)
        if wanted.never_sleeps and now.sleeps_after_s is not None:
            minutes = round(now.sleeps_after_s / 60)
            found += answer(SOURCE, "PC", "may_sleep", now.sleeps_after_s > 0, values={"minutes": minutes})
        if wanted.no_screen_saver:
            found += answer(SOURCE, "PC", "screen_saver_on", now.has_screen_saver)
        return found

    def knows(self, key: ConditionKey) -> bool:
        """Return whether it is still asked for."""
        wanted = self._settings
        asked = {
            "name_wrong": bool(wanted.computer_name),
            "may_sleep": wanted.never_sleeps,
            "screen_saver_on": wanted.no_screen_saver,
        }
        return asked.get(key.code, False)
