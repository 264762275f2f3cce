"""Reading a file of rules: a TOML file of tables of one name, each read by whoever knows what it means."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchside.platform.shared.here import open_shared
from benchside.settings.toml import SettingError

__all__ = ["DeadRuleError", "RuleFileError", "read_rule_file"]

_T = TypeVar("_T")


class RuleFileError(SettingError):
    """A file of rules that cannot be used: a sentence for each of its mistakes, the first of them is our text."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__(mistakes[0])
        self.mistakes = mistakes


class DeadRuleError(SettingError):
    """A rule that is well written and can match nothing: the others of its file can be used without it."""


def read_rule_file(
    path: Path,
    name: str,
    read: Callable[[str, object], _T],
    *,
    most_rules: int,
    most_bytes: int,
    dead: dict[int, str] | None = None,
) -> tuple[_T, ...]:
    """Return what `read` makes of each `[[name]]` of a file; RuleFileError.

    `read` is given where the rule stands, for its sentences, and the rule; a mistake in it is a SettingError.  With
    `dead`, a rule with a DeadRuleError is no mistake of the file: its number, from 1, and the sentence go there.
    """
    tables = _read_tables(path, name, most_bytes)
    if not isinstance(tables, list) or not 1 <= len(tables) <= most_rules:
        raise RuleFileError(f"{path}: must have from 1 to {most_rules} rules, each beginning with [[{name}]]")
    found, mistakes = [], []
    for number, table in enumerate(tables, 1):
        try:
            found.append(read(f"{path}: {name} {number}", table))
        except SettingError as error:
            if dead is not None and isinstance(error, DeadRuleError):
                dead[number] = str(error)
            else:
                mistakes.append(str(error))
    if mistakes:
        raise RuleFileError(*mistakes)
    return tuple(found)


def _read_tables(path: Path, name: str, most_bytes: int) -> object:
    try:
        with os.fdopen(open_shared(path), "rb") as file:  # a pipe of that name would keep us waiting for ever
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise RuleFileError(f"{path}: cannot be read ({error.strerror}); check its path and permissions") from error
    if len(data) > most_bytes:
        raise RuleFileError(f"{path}: is larger than a file of rules can be; check the path")
    try:
        whole = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise RuleFileError(f"{path}: is not a TOML file ({error})") from error
    tables = whole.pop(name, None)
    if whole:
        raise RuleFileError(f"{path}: nothing is called {min(whole)!r} here; rules begin with [[{name}]]")
    return tables
