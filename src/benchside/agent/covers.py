"""The lab's cover rules: every *.toml in covers.d of the agent's folder, read anew for each request for help.

INVARIANT: a folder or file that cannot be read to its last word gives no rules but an error, and then nothing
of the screen is shared (Refusal.COVERS_UNREADABLE), since nobody knows what it would have covered.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from benchside.protocol.wire.cover import MAX_RULES, CoverRule, Pattern, matches
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import Line
from benchside.settings.toml import MAX_FILE_BYTES, SettingError

__all__ = ["FOLDER", "CoverFile", "read_cover_files", "rules_for"]

FOLDER = "covers.d"
MAX_FILES = 64
"""One for each model that a vendor has, many times over."""
_PRIMARY, _ALL = "primary", "all"


class CoverFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: for instruments of `model`, a pattern, cover these."""

    model: Pattern
    cover: Annotated[tuple[CoverRule, ...], Meta(min_length=1, max_length=MAX_RULES)]
    note: Line = ""
    """For whoever reads the file next."""


def read_cover_files(state: Path) -> tuple[tuple[Path, CoverFile], ...]:
    """Return every file with its rules, in order of names; SettingError names the file and what was expected."""
    folder = state / FOLDER
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SettingError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    if len(paths) > MAX_FILES:
        raise SettingError(f"{folder}: has {len(paths)} files; put the rules into at most {MAX_FILES}")
    return tuple((path, _read(path)) for path in paths)


def rules_for(files: Iterable[tuple[Path, CoverFile]], instruments: Iterable[InstrumentInfo]) -> tuple[CoverRule, ...]:
    """Return the rules in force: of every file whose model is one of this PC's, all together."""
    models = [instrument.model for instrument in instruments]
    rules = tuple(
        rule for _, file in files if any(matches(model, file.model) for model in models) for rule in file.cover
    )
    if len(rules) > MAX_RULES:
        raise SettingError(f"{FOLDER}: {len(rules)} rules are in force for this PC; put them into at most {MAX_RULES}")
    return rules


def _read(path: Path) -> CoverFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if len(data) > MAX_FILE_BYTES:
        raise SettingError(f"{path}: is larger than a settings file can be; check the path")
    try:
        values = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{path}: is not a TOML file ({error})") from error
    _name_places(path, values)
    try:
        return msgspec.convert(values, CoverFile, strict=True)
    except msgspec.ValidationError as error:
        words = str(error).replace("$.", "").replace("Object", "this table")
        raise SettingError(f"{path}: {words[:1].lower()}{words[1:]}") from error


def _name_places(path: Path, values: dict[str, Any]) -> None:
    """Each cover says where it is: in a window or on a monitor.  Words for monitors become their numbers."""
    covers = values.get("cover")
    for place, rule in enumerate(covers if isinstance(covers, list) else [], start=1):
        if not isinstance(rule, dict):
            continue  # the form is checked after
        if ("window" in rule) == ("monitor" in rule):
            raise SettingError(f"{path}: cover {place} must have a window or a monitor, one of the two")
        match rule.get("monitor"):
            case 0:
                raise SettingError(f"{path}: cover {place}: monitors count from 1; the main one is {_PRIMARY!r}")
            case word if word == _PRIMARY:
                rule["monitor"] = 0
            case word if word == _ALL:
                del rule["monitor"]
            case _:
                pass
