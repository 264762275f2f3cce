"""Looks for mistakes in the files of rules that the settings name, as the workers will read them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchside.notifier.adapters.alarm_rules import read_alarm_rules
from benchside.notifier.adapters.log_rules import read_rules
from benchside.notifier.adapters.rule_file import RuleFileError
from benchside.notifier.watched import Watched

__all__ = ["find_mistakes"]

_READERS = {"log": read_rules, "opcua": read_alarm_rules}


def find_mistakes(watched: Iterable[Watched]) -> list[str]:
    """Return a sentence for each mistake in the rules of these workers."""
    found: list[str] = []
    for one in watched:
        rules = one.settings.get("rules")
        if one.what in _READERS and isinstance(rules, str):
            try:
                _READERS[one.what](Path(rules))
            except RuleFileError as error:
                found += error.mistakes
    return found
