"""The catalogue in memory: what holds for each condition, and what a person reads of it.

Files are of the package and of `notices.d`, where administrators and signed releases put theirs.  One with a mistake is
left out and named in `faults`, which become conditions: a slip of a pen must not end the watch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchside.notifier.spoken import say_shift, say_value
from benchside.notifier.wording import Wording, read_wording
from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.flow.conditions.suppression import find_ring
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity, Texts, Values
from benchside.protocol.wire.text import clean
from benchside.settings.toml import SettingError

__all__ = ["LANGUAGES", "PACKAGE_CATALOGUE", "CatalogueFault", "Said", "Words", "read_words"]

LANGUAGES = ("en", "es")
"""Each catalogue has them; the first stands in where another is missing."""
PACKAGE_CATALOGUE = Path(__file__).parent / "catalogue"
MAX_FILES = 200
"""One for each source, many times over."""
MAX_UNKNOWN = 32
"""Sources without words that are told of by name."""
_FIELD = re.compile(r"\{(shift:)?([a-z][a-z0-9_]*)\}")
"""`{shift:by_s}`: seconds by which a clock has moved, as people say it."""
VENDOR = "vendor"
_Rule = tuple[str, str]
"""Source and code."""
NOTHING_SAID: Mapping[str, Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class CatalogueFault:
    """A file that says less than it should: `code` is `unreadable`, `text_missing` or `code_unknown`."""

    subject: str
    code: str
    why: str


@dataclass(frozen=True)
class Said:
    """A condition in one language."""

    subject: str
    text: str
    advice: str


class Words:
    """Answers for every condition: one that no catalogue has is told by its name alone."""

    def __init__(self, wordings: dict[tuple[str, str], Wording], faults: tuple[CatalogueFault, ...]) -> None:
        """`wordings`: by source and code."""
        self._wordings = wordings
        self.faults = faults
        self._advisories: dict[str, tuple[Texts, Texts]] = {}
        self.unknown: set[str] = set()
        """Sources of conditions that no catalogue has, until somebody has told of them."""

    def entry(self, key: ConditionKey) -> Entry:
        """Return what holds for this condition; for one that is in no catalogue, a warning without values."""
        wording = self._wordings.get((key.source, key.code))
        if wording is not None:
            return wording.entry
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown.add(key.source)
        return Entry(Severity.WARNING)

    def tell(self, key: ConditionKey, values: Values) -> Texts:
        """Return the sentence in each language."""
        if key.source == VENDOR and key.subject in self._advisories:
            return self._advisories[key.subject][0]
        wording = self._wordings.get((key.source, key.code))
        if wording is None:
            bare = clean(f"{key.subject}: {key.code.replace('_', ' ')}", 300)
            return dict.fromkeys(LANGUAGES, bare)
        texts = {}
        for language in LANGUAGES:
            sentences = wording.sentences(language)
            texts[language] = clean(fill(sentences.text, key.subject, values, language, sentences.said), 300)
        return texts

    def say(self, state: ConditionState, locale: str) -> Said:
        """Return how `state` reads in the language of `locale`."""
        key, language = state.key, locale[:2] if locale[:2] in LANGUAGES else LANGUAGES[0]
        texts = state.texts or self.tell(key, state.values)
        text = texts.get(language) or texts.get(LANGUAGES[0]) or next(iter(texts.values()), "")
        wording = self._wordings.get((key.source, key.code))
        if wording is None:
            return Said(subject=key.subject, text=text, advice="")
        sentences = wording.sentences(language)
        advice = fill(sentences.advice, key.subject, state.values, language, sentences.said)
        if key.source == VENDOR and key.subject in self._advisories:
            advised = self._advisories[key.subject][1]
            advice = advised.get(language) or advised.get(LANGUAGES[0]) or advice
        subject = fill(sentences.subject, key.subject, state.values, language, sentences.said)
        return Said(subject=clean(subject, 200), text=text, advice=clean(advice, 1000))

    def advise(self, subject: str, texts: Texts, advice: Texts) -> None:
        """Take the words of one advisory of the vendor's."""
        self._advisories[subject] = (texts, advice)

    def forget_advice(self, subject: str) -> None:
        """Let go of them."""
        self._advisories.pop(subject, None)


def fill(
    sentence: str, subject: str, values: Values, language: str, said: Mapping[str, Mapping[str, str]] = NOTHING_SAID
) -> str:
    """Return `sentence` with its {fields}; a value that nobody told is "?", one that is in `said` reads as there.

    Only whole names are looked up: no format strings, so a catalogue cannot reach into anything.
    """

    def field(match: re.Match[str]) -> str:
        name = match.group(2)
        if name == "subject":
            return subject
        value = values.get(name)
        if match.group(1) and isinstance(value, int | float):
            return say_shift(value, language)
        shown = say_value(value, language)
        return said.get(name, {}).get(shown, shown)

    return _FIELD.sub(field, sentence)


def read_words(folders: Iterable[Path]) -> Words:
    """Return the catalogue of all `*.toml` in `folders`, in order of their names; never fails.

    What a folder says of a code holds in place of what an earlier one says.
    """
    wordings: dict[tuple[str, str], Wording] = {}
    said_in: dict[tuple[str, str], Path] = {}
    faults: list[CatalogueFault] = []
    for path in _files(folders, faults):
        name = clean(path.name, 80) or "?"
        try:
            source, read = read_wording(path)
            twice = sorted(code for code in read if said_in.get((source, code)) == path.parent)
            if twice:
                raise SettingError(f"{path}: {source} / {twice[0]} is in another file already; remove one of them")
            mine = {(source, code): wording for code, wording in read.items()}
            _refuse_rings(path, wordings | mine, mine)
        except SettingError as error:
            faults.append(CatalogueFault(name, "unreadable", str(error)))
            continue
        wordings |= mine
        said_in |= dict.fromkeys(((source, code) for code in read), path.parent)
        missing = sorted({language for wording in read.values() for language in wording.missing(LANGUAGES)})
        if missing:
            faults.append(CatalogueFault(name, "text_missing", f"{path}: has no words in {', '.join(missing)}"))
    return Words(wordings, tuple(faults))


def _refuse_rings(path: Path, all_: Mapping[_Rule, Wording], mine: Iterable[_Rule]) -> None:
    """SettingError where codes suppress each other in a ring, so that one of `mine` closes it.

    The machine tells all of a ring (conditions/suppression.py), but whoever wrote it meant something else.
    """
    ring = find_ring({rule: wording.entry.suppresses for rule, wording in all_.items()}, mine)
    if ring is not None:
        named = " suppresses ".join(f"{source}/{code}" for source, code in (*ring, ring[0]))
        raise SettingError(f"{path}: {named}; conditions cannot suppress each other in a ring, remove one of these")


def _files(folders: Iterable[Path], faults: list[CatalogueFault]) -> list[Path]:
    files: list[Path] = []
    for folder in folders:
        try:
            files += sorted(path for path in folder.iterdir() if path.suffix == ".toml")
        except FileNotFoundError:
            continue
        except OSError as error:
            faults.append(CatalogueFault(clean(folder.name, 80), "unreadable", f"{folder}: {error.strerror}"))
    if len(files) > MAX_FILES:
        faults.append(CatalogueFault("notices.d", "unreadable", f"more than {MAX_FILES} files of catalogues"))
    return files[:MAX_FILES]
