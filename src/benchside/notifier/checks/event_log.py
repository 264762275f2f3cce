"""The check `event_log`: new entries of Windows' event log, by rules (Microsoft, "Windows Event Schema", wevtutil).

Through wevtutil and not through the Evt… functions: one program every two minutes costs less than a subscription that
the worker keeps, and what it prints can be tried anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from benchside.notifier.checks.log_look import left_out, signals_of
from benchside.notifier.checks.options import EventLogSettings
from benchside.notifier.checks.rules import Entry, LogRule, read_rule
from benchside.notifier.watch.contract import PartlyUnavailableError
from benchside.platform.program import ask_program
from benchside.platform.system_programs import system_program
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import Signal

__all__ = ["RULES", "EventLogLook", "read_events"]

CHANNELS = ("System", "Application")
MAX_BYTES = 1024 * 1024
"""Of one channel's answer; a program of .NET that breaks off writes events of 60 kB."""
MAX_EVENTS = 200
"""Of one look and channel, newest first: of a flood the newest are enough to know of it."""
WITHIN_S = 12.0
BACK_S = 600
"""At the start: what happened while we were started anew, and no older fault again."""
WARNING = 3
_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_END = "</Event>"
_DECLARED = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)

RULES = (
    # not 15 (not ready) and 157 (removed by surprise): those are said of sticks and card readers all the time
    LogRule("storage_error", source="disk", events=frozenset((7, 11, 51, 52, 153))),
    LogRule("storage_error", source="storahci", events=frozenset((129,))),
    LogRule("storage_error", source="stornvme", events=frozenset((11, 129))),
    LogRule("filesystem_error", source="Ntfs", events=frozenset((55, 57, 137))),
    LogRule("filesystem_error", source="Microsoft-Windows-Ntfs", events=frozenset((55, 98, 137, 140)), level=3),
    LogRule("hardware_error", source="Microsoft-Windows-WHEA-Logger", level=2),
    LogRule("unexpected_stop", source="Microsoft-Windows-Kernel-Power", events=frozenset((41,))),
    LogRule("unexpected_stop", source="Microsoft-Windows-WER-SystemErrorReporting", events=frozenset((1001,))),
    LogRule("service_ended", source="Service Control Manager", events=frozenset((7031, 7034))),
    LogRule("memory_exhausted", source="Microsoft-Windows-Resource-Exhaustion-Detector", events=frozenset((2004,))),
)
"""What Windows itself writes when a PC is in trouble."""


class EventLogLook:
    """Reads what is newer than the last entry that was read; a log that was emptied begins anew."""

    def __init__(self, settings: EventLogSettings, ask: Callable[[Sequence[str]], bytes] | None = None) -> None:
        own = tuple(read_rule("checks.event_log.rules", line) for line in settings.rules)
        self._rules = (*own, *RULES)
        self._level = max([WARNING, *(4 if one.level is None else one.level for one in own)])
        self._ask = ask or _ask
        # one look may be late or fail; entries that come twice are known by their number
        self._window_s = 4 * settings.every_s + BACK_S
        self._last: dict[str, int] = {}
        self._looked: set[str] = set()

    def __call__(self) -> list[Signal]:
        """Return what happened since the last look; PartlyUnavailableError where not each channel could be read."""
        entries: list[Entry] = []
        signals: list[Signal] = []
        newest: dict[str, int] = {}
        failed: UnavailableError | None = None
        for channel in CHANNELS:
            try:
                found, is_all = self._read(channel)
            except UnavailableError as error:
                failed = error
                continue
            last = self._last.get(channel, 0)
            if found:
                newest[channel] = max(record for record, _ in found)
                last = last if newest[channel] >= last else 0  # it was emptied
            if self._has_lost(channel, found, last, is_all=is_all):
                signals.append(left_out(channel))
            self._looked.add(channel)
            entries += [entry for record, entry in found if record > last]
        signals += signals_of(entries, self._rules)
        self._last |= newest
        if failed is not None:
            raise PartlyUnavailableError(str(failed), signals) from failed
        return signals

    def _has_lost(self, channel: str, found: list[tuple[int, Entry]], last: int, *, is_all: bool) -> bool:
        """Return whether entries since the last look were left out; what is from before the first is nothing lost."""
        if is_all:
            return False
        if not found:
            return True  # one that no answer holds, and it is the newest
        return channel in self._looked and min(record for record, _ in found) > last

    def _read(self, channel: str) -> tuple[list[tuple[int, Entry]], bool]:
        """Return what the channel has, and whether that is all: the oldest are left out."""
        window_ms = 1000 * (self._window_s if channel in self._last else BACK_S)
        levels = f"(Level >= 1 and Level <= {self._level})"
        query = f"*[System[{levels} and TimeCreated[timediff(@SystemTime) <= {window_ms}]]]"
        words = [
            system_program("wevtutil.exe"), "query-events", channel, f"/query:{query}", "/format:xml",
            "/reversedirection:true", f"/count:{MAX_EVENTS}", "/element:Events", "/unicode:true",
        ]  # fmt: skip
        data = self._ask(words)
        is_cut = len(data) >= MAX_BYTES
        found = read_events(data, is_cut=is_cut)
        return found, not is_cut and len(found) < MAX_EVENTS


def read_events(data: bytes, *, is_cut: bool = False) -> list[tuple[int, Entry]]:
    """Return record number and entry of each event in a root element of them; UnavailableError for anything else.

    What an event says besides (its data, names of users) is not read.  `is_cut`: the end is missing, and with it the
    event that it would have belonged to.
    """
    text = _decode(data).strip("\ufeff\0 \r\n")
    if is_cut:
        whole, end, _ = text.rpartition(_END)
        text = f"{whole}{end}</Events>" if end else ""
    if not text:
        return []
    if _DECLARED.search(text):
        raise UnavailableError("expected events, got a document that declares entities")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
    except ElementTree.ParseError as error:
        raise UnavailableError("expected events, got other XML") from error
    found = []
    for event in root.iter(f"{_NAMESPACE}Event"):
        system = event.find(f"{_NAMESPACE}System")
        record = -1 if system is None else _number(system, "EventRecordID")
        if system is not None and record >= 0:
            provider = system.find(f"{_NAMESPACE}Provider")
            # the manifest's name first: that of the old source may be another, as BugCheck for 1001
            source = "" if provider is None else provider.get("Name") or provider.get("EventSourceName") or ""
            level = _number(system, "Level")
            found.append((record, Entry(source[:80], level if level >= 0 else WARNING + 1, _number(system, "EventID"))))
    return found


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8", "replace")


def _number(system: ElementTree.Element, name: str) -> int:
    text = (system.findtext(f"{_NAMESPACE}{name}") or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else -1


def _ask(words: Sequence[str]) -> bytes:
    return ask_program(words, within_s=WITHIN_S, most_bytes=MAX_BYTES, is_cut=True)
