"""One file of the catalogue, read strictly: one sentence for each mistake, and nothing guessed (docs/notices.md)."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from benchside.platform.shared.here import open_shared
from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.wire.condition import Severity
from benchside.protocol.wire.text import GOOD_LINE, Word
from benchside.settings.toml import SettingError

__all__ = ["Sentences", "Wording", "read_wording"]

MAX_FILE_BYTES = 256 * 1024
"""Some hundred codes in two languages; anything longer is another file."""
MAX_CODES = 500
MAX_DELAY_S = 24 * 3600
"""A day: what must be wrong for longer before anybody hears of it is no condition."""
_FIELDS = re.compile(r"\{([^{}]*)\}")
_LANGUAGE = re.compile(r"^[a-z]{2}\Z")
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,63}\Z")

_Delay = Annotated[float, Meta(ge=0, le=MAX_DELAY_S)]
_Field = Annotated[str, Meta(min_length=1, max_length=32, pattern="^[a-z][a-z0-9_]*\\Z")]
_Rule = Annotated[str, Meta(min_length=1, max_length=130)]
_Said = Annotated[dict[str, Annotated[str, Meta(min_length=1, max_length=120, pattern=GOOD_LINE)]], Meta(max_length=64)]


class Sentences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of one language."""

    subject: Annotated[str, Meta(min_length=1, max_length=200, pattern=GOOD_LINE)] = "{subject}"
    text: Annotated[str, Meta(min_length=1, max_length=280, pattern=GOOD_LINE)]
    advice: Annotated[str, Meta(max_length=900, pattern=GOOD_LINE)] = ""
    said: Annotated[dict[_Field, _Said], Meta(max_length=12)] = {}
    """How a value that is a word reads in this language: `[unreachable.es.said.stage]` has `proxy = "el proxy"`."""


class _Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    severity: Severity
    latched: bool = False
    on_after_s: _Delay = 0.0
    off_after_s: _Delay = 0.0
    values: Annotated[tuple[_Field, ...], Meta(max_length=12)] = ()
    suppresses: Annotated[tuple[_Rule, ...], Meta(max_length=32)] = ()


@dataclass(frozen=True)
class Wording:
    """One code: what the machine decides by, and the words in each language that the file has."""

    entry: Entry
    words: dict[str, Sentences]

    def sentences(self, language: str) -> Sentences:
        """Return the words of `language`, or those that stand in for them."""
        return self.words.get(language) or self.words.get("en") or next(iter(self.words.values()))

    def missing(self, languages: tuple[str, ...]) -> list[str]:
        """Return which of `languages` the file does not have."""
        return [language for language in languages if language not in self.words]


def read_wording(path: Path) -> tuple[str, dict[str, Wording]]:
    """Return the source that a file speaks of, and its codes; SettingError for the first mistake in it."""
    try:
        data = _read(path)
        if len(data) > MAX_FILE_BYTES:
            raise SettingError(f"{path}: is larger than a catalogue can be; check the file")
        tables = tomllib.loads(data.decode())
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingError(f"{path}: is not a TOML file ({error})") from error
    source = tables.pop("source", None)
    try:
        source = msgspec.convert(source, Word)
    except msgspec.ValidationError as error:
        raise SettingError(f'{path}: must begin with source = "…", letters, digits and . _ - in quotes') from error
    if len(tables) > MAX_CODES:
        raise SettingError(f"{path}: has more than {MAX_CODES} codes; split the source")
    return source, {code: _wording(path, source, code, table) for code, table in tables.items()}


def _read(path: Path) -> bytes:
    """OSError for what is no file: a pipe of that name would have the whole notifier wait for somebody to write."""
    with os.fdopen(open_shared(path), "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _wording(path: Path, source: str, code: str, table: object) -> Wording:
    if not _CODE.match(code) or not isinstance(table, dict):
        raise SettingError(f"{path}: {code[:64]!r} must be a code with a table of its own: [{code[:64]}]")
    words = {name: value for name, value in table.items() if _LANGUAGE.match(name)}
    rules = _convert(path, code, {name: table[name] for name in table.keys() - words.keys()}, _Rules)
    if not words:
        raise SettingError(f"{path}: {code} has no words; add [{code}.en] with text")
    wording = Wording(
        entry=Entry(
            severity=rules.severity,
            is_latched=rules.latched,
            on_after_s=float(rules.on_after_s),
            off_after_s=float(rules.off_after_s),
            values=frozenset(rules.values),
            suppresses=tuple(_suppressed(path, source, code, rule) for rule in rules.suppresses),
        ),
        words={language: _convert(path, f"{code}.{language}", each, Sentences) for language, each in words.items()},
    )
    for language, sentences in wording.words.items():
        _check_fields(path, f"{code}.{language}", sentences, rules.values)
    return wording


def _convert(path: Path, where: str, value: object, form: Any) -> Any:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as error:
        # msgspec's text names fields and forms, never values
        raise SettingError(f"{path}: {where}: {error}") from error


def _suppressed(path: Path, source: str, code: str, rule: str) -> tuple[str, str]:
    """`code` is one of the same source; `source/code` one of another."""
    other, slash, name = rule.rpartition("/")
    if not _CODE.match(name) or (slash and not _CODE.match(other)):
        raise SettingError(f"{path}: {code}.suppresses must name a code, or source/code, not {rule[:64]!r}")
    return (other or source, name)


def _check_fields(path: Path, where: str, sentences: Sentences, values: tuple[str, ...]) -> None:
    for name in sentences.said:
        if name not in values:
            raise SettingError(f"{path}: {where}.said has {name}, which is not among its values")
    for part in (sentences.subject, sentences.text, sentences.advice):
        for field in (found.removeprefix("shift:") for found in _FIELDS.findall(part)):
            if field != "subject" and field not in values:
                raise SettingError(f"{path}: {where} names {{{field[:32]}}}, which is not among its values")
