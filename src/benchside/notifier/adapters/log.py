"""Watches a vendor's log file by the rules of a file.  Its own troubles are the conditions `log.file` / name / code:

missing       there is no such file
unreadable    it is there and cannot be opened, or what stands in it is no text
crowded       its folder has more files than can be looked at, so the newest may be another
rules_wrong   the file of rules has a mistake, so nothing is watched
rules_dead    no line can match some of the rules, so these are left out; the others are used
line_cut      lines were longer than rules look (pattern.MAX_LOOKED characters); their beginnings were looked at
lines_lost    something was written faster than we read, rotated away unread, or has an odd byte in UTF-16
rest_gone     while nobody watched, the file was replaced, and the one before is gone or packed
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchside.notifier.adapters.log_rules import Rule, read_live_rules, signals_of
from benchside.notifier.adapters.log_text import ENCODINGS, is_rubbish
from benchside.notifier.adapters.pattern import MAX_LOOKED
from benchside.notifier.adapters.places import MAX_PLACE_BYTES, Place
from benchside.notifier.adapters.standing import Standing
from benchside.notifier.adapters.tail import Tail
from benchside.notifier.watch.contract import Reporter
from benchside.platform.files import read_if_there, write_private
from benchside.platform.shared.here import open_shared
from benchside.platform.stirs.here import FileStirs
from benchside.protocol.wire.condition import ConditionKey
from benchside.settings.toml import SettingError

__all__ = ["LogAdapter", "LogSettings", "make"]

log = logging.getLogger(__name__)

SOURCE = "log.file"
CATCH_UP_S = 0.05
"""Between two looks while there is more to read: 20 MiB a second, and other work in between."""
APART_S = 0.1
"""Between two looks at a file that stirs again and again; a message to the notifier comes no more often."""
REMEMBER_S = 5.0
"""A kill repeats at most the lines of so long, and those whose signals the notifier had not taken; the signals change
nothing a second time, but a pulse counts again."""
CUT_AGAIN_S = 3600.0
"""Logs of long lines have them for ever: each saying is written to the journal, and counts all since the one before."""
MAX_NAMED = 10
"""Of the rules that are left out; check-rules names them all."""
RUBBISH_LINES = 20
"""Of these in a row, one after the other, until a file is called no text, and lines of text until it is again."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker is given (settings.py reads it from the settings file)."""

    path: str
    rules: str
    encoding: str = "auto"
    every_s: float = 2.0
    from_start: bool = False
    memory: str | None = None
    """The file that keeps the place over restarts."""


class _Reached:
    """How far reading has come that nobody needs again.

    INVARIANT: a place is given only once all that was told of the lines before it is in the notifier's journal.  What
    is remembered earlier is lost for good where the notifier is killed, or the power fails, before it has been taken.
    """

    def __init__(self) -> None:
        self.place: Place | None = None
        self._next: tuple[int, Place] | None = None

    def come(self, place: Place | None, told: int, taken: int) -> None:
        """Reading is at `place`, of what lies before it signals up to `told` tell; the notifier has those to `taken`.

        One place is waited for at a time, so that a log which never rests is remembered too.
        """
        if self._next is not None and self._next[0] <= taken:
            self.place, self._next = self._next[1], None
        if place is None:
            return
        if told <= taken:
            self.place, self._next = place, None
        elif self._next is None:
            self._next = told, place


@dataclass
class _Quality:
    """Whether what comes is text, with hysteresis: one bad line in a log is nothing to tell."""

    is_text: bool = True
    against: int = 0

    def take(self, line: str) -> bool:
        """Note a line, and return whether rules may look at it."""
        good = not is_rubbish(line)
        self.against = 0 if good == self.is_text else self.against + 1
        if self.against >= RUBBISH_LINES:
            self.is_text, self.against = good, 0
        return good


class LogAdapter:
    """One log file."""

    def __init__(self, name: str, settings: LogSettings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = f"log.{name}"
        self._settings = settings
        self._monotonic = monotonic
        self._memory = Path(settings.memory) if settings.memory else None
        self._standing = Standing(SOURCE, name)
        self._quality = _Quality()
        self._rules: tuple[Rule, ...] = ()
        self._cut = 0
        self._cut_again_at: float | None = None
        place = self._recall()
        self._told = 0
        self._reached = _Reached()
        self._remembered, self._remembered_at = place, -REMEMBER_S
        self._tail = Tail(
            Path(settings.path), settings.encoding, place=place, from_start=settings.from_start, open_file=open_shared
        )

    async def run(self, reporter: Reporter) -> None:
        """Look when the file stirs, and every `every_s` seconds, until cancelled."""
        self._read_rules(reporter)
        stirs = FileStirs(Path(self._settings.path))
        try:
            while True:
                is_behind = self.look(reporter)
                self._remember(reporter)
                if is_behind:
                    await asyncio.sleep(CATCH_UP_S)
                    continue
                await asyncio.sleep(min(APART_S, self._settings.every_s))
                await stirs.wait(max(0.0, self._settings.every_s - APART_S))
        finally:
            stirs.close()
            self._remember(reporter, at_once=True)

    def over(self, standing: Iterable[ConditionKey]) -> Iterable[ConditionKey]:
        """What lines said of which no rule tells any more; nothing while the rules cannot be used."""
        try:
            codes = {rule.code for rule in read_live_rules(Path(self._settings.rules))[0]}
        except SettingError:
            return ()
        return [key for key in standing if key.source == self._source and key.code not in codes]

    def look(self, reporter: Reporter) -> bool:
        """Tell what is new in the file; True when there is more to read at once."""
        say, cut = self._standing, 0

        def take(line: str) -> None:
            nonlocal cut
            cut += len(line) > MAX_LOOKED
            if self._quality.take(line):
                for signal in signals_of(self._rules, self._source, line):
                    reporter.tell(signal)
                    self._told = reporter.told

        try:
            looked = self._tail.look(take)
        except OSError as error:
            log.debug("a log cannot be read: %s", type(error).__name__)
            say.say(reporter, "missing", False)
            say.say(reporter, "unreadable", True)
            return False
        say.say(reporter, "missing", not looked.has_file)
        say.say(reporter, "unreadable", looked.has_file and not self._quality.is_text)
        say.say(reporter, "crowded", looked.is_crowded)
        self._say_cut(reporter, cut)
        say.happened(reporter, "lines_lost", looked.lost)
        say.happened(reporter, "rest_gone", looked.gone)
        if cut or looked.lost or looked.gone:
            self._told = reporter.told
        return looked.is_behind

    def _say_cut(self, reporter: Reporter, cut: int) -> None:
        self._cut += cut
        now = self._monotonic()
        if not cut or (self._cut_again_at is not None and now < self._cut_again_at):
            return
        self._standing.happened(reporter, "line_cut", self._cut)
        self._cut, self._cut_again_at = 0, now + CUT_AGAIN_S

    def _read_rules(self, reporter: Reporter) -> None:
        dead: dict[int, str] = {}
        try:
            self._rules, dead = read_live_rules(Path(self._settings.rules))
        except SettingError as error:
            # the sentence names the administrator's own file, and nothing of the vendor's log
            log.warning("rules cannot be used: %s", error)
        for sentence in dead.values():
            log.warning("a rule is left out: %s", sentence)
        numbers = [str(number) for number in dead]
        named = ", ".join(numbers[:MAX_NAMED] + ["…"] * (len(numbers) > MAX_NAMED))
        self._standing.say(reporter, "rules_wrong", not self._rules)
        # with all of them left out nothing is watched, which is said already
        self._standing.say(reporter, "rules_dead", bool(dead and self._rules), rules=named)

    def _recall(self) -> Place | None:
        if self._memory is None:
            return None
        try:
            data = read_if_there(self._memory, MAX_PLACE_BYTES)
            return None if data is None else msgspec.msgpack.decode(data, type=Place)
        except (OSError, ValueError):
            # torn or of another version: reading begins at the end, as on the first day
            return None

    def _remember(self, reporter: Reporter, *, at_once: bool = False) -> None:
        # what is said of the file itself does not count: each worker says that anew
        self._reached.come(self._tail.place, self._told, reporter.taken)
        place, now = self._reached.place, self._monotonic()
        if self._memory is None or place is None or place == self._remembered:
            return
        if not at_once and now - self._remembered_at < REMEMBER_S:
            return
        self._remembered_at = now
        try:
            write_private(self._memory, msgspec.msgpack.encode(place))
            self._remembered = place
        except OSError as error:
            # a full disk is a condition of its own (pc.disk), and no reason to look away
            log.warning("a log's place cannot be kept: %s", type(error).__name__)


def make(name: str, settings: dict[str, object]) -> LogAdapter:
    """Return the adapter of one `[[log]]`; SettingError when its settings are none."""
    try:
        read = msgspec.convert(settings, LogSettings)
    except msgspec.ValidationError as error:
        raise SettingError(f"log {name}: {error}") from error
    if read.encoding not in ENCODINGS:
        raise SettingError(f"log {name}: encoding must be one of {', '.join(ENCODINGS)}")
    return LogAdapter(name, read)
