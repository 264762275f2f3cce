"""Reads the checks' settings from a settings file, and carries them to the worker and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import inspect

from benchside.notifier.checks.named_file import named_file
from benchside.notifier.checks.options import CHECKS, ChecksSettings
from benchside.notifier.checks.rules import read_rule
from benchside.settings.toml import SettingError, SettingsTable

__all__ = ["ChecksSettings", "from_builtins", "read_checks", "to_builtins"]

MAX_TEXT = 300
MAX_LIST = 64


def read_checks(table: SettingsTable) -> ChecksSettings:
    """Return the settings of `[checks]`; a mistake is a SettingError that names the setting and what was expected."""
    read = {name: _read_check(table.table(name), name) for name in CHECKS}
    table.refuse_unknown()
    settings = from_builtins(read)
    _compare(settings)
    _refuse_same("certificate.files", [named_file(one)[0] for one in settings.certificate.files], " as in: NAME = PATH")
    _refuse_same("endpoint.urls", [urlsplit(one).netloc for one in settings.endpoint.urls])
    for name in ("event_log", "journal"):
        for line in getattr(settings, name).rules:
            read_rule(f"checks.{name}.rules", line)
    return settings


def to_builtins(settings: ChecksSettings) -> dict[str, Any]:
    """Return them as JSON has it, for the worker."""
    made: dict[str, Any] = msgspec.to_builtins(settings)
    return made


def from_builtins(values: object) -> ChecksSettings:
    """Return what `to_builtins` made; SettingError for anything else."""
    try:
        return msgspec.convert(values, ChecksSettings)
    except msgspec.ValidationError as error:
        what, _, where = str(error).rpartition(" - at ")
        place = where.strip("`").removeprefix("$.") or "a value"
        raise SettingError(f"checks.{place} is not what it must be: {(what or str(error)).lower()}") from error


def _read_check(table: SettingsTable, name: str) -> dict[str, object]:
    """Read each setting by its own kind, so that a mistake is told by its range."""
    defaults = getattr(ChecksSettings(), name)
    described = inspect.type_info(type(defaults))
    assert isinstance(described, inspect.StructType)
    values = {field.name: _read(table, field, getattr(defaults, field.name)) for field in described.fields}
    table.refuse_unknown()
    return values


def _read(table: SettingsTable, field: inspect.Field, default: Any) -> object:
    kind = field.type
    if isinstance(kind, inspect.BoolType):
        return table.truth(field.name, default=default)
    if isinstance(kind, inspect.IntType):
        assert kind.ge is not None
        assert kind.le is not None
        return table.whole(field.name, default=default, least=kind.ge, most=kind.le)
    if isinstance(kind, inspect.VarTupleType):
        return table.words(field.name, most=kind.max_length or MAX_LIST)
    assert isinstance(kind, inspect.StrType)
    return table.text(field.name, default=default, most=kind.max_length or MAX_TEXT)


def _compare(settings: ChecksSettings) -> None:
    """Two thresholds the wrong way round would raise and clear with every look."""
    disk, memory, time = settings.disk, settings.memory, settings.time
    program = settings.program
    ordered = (
        ("disk.serious_percent", disk.serious_percent, "disk.low_percent", disk.low_percent),
        ("disk.low_percent", disk.low_percent, "disk.clear_percent", disk.clear_percent),
        ("memory.low_percent", memory.low_percent, "memory.clear_percent", memory.clear_percent),
        ("program.cpu_clear_percent", program.cpu_clear_percent, "program.cpu_percent", program.cpu_percent),
        (
            "program.memory_clear_percent",
            program.memory_clear_percent,
            "program.memory_percent",
            program.memory_percent,
        ),
        ("time.clear_s", time.clear_s, "time.off_s", time.off_s),
    )
    for low, least, high, most in ordered:
        if least > most:
            raise SettingError(f"checks.{low} must be at most checks.{high}, which is {most}")


def _refuse_same(setting: str, subjects: list[str], how: str = "") -> None:
    """Two of one name would be one condition, and the second would clear what the first raised."""
    twice = next((one for place, one in enumerate(subjects) if one in subjects[:place]), None)
    if twice is not None:
        raise SettingError(f"checks.{setting} has two that are called {twice!r}; each must have a name of its own{how}")
