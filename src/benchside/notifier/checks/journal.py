"""The check `journal`: new entries of Linux' journal, by rules (journalctl(1), "Journal JSON Format")."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from benchside.notifier.checks.log_look import left_out, signals_of
from benchside.notifier.checks.options import JournalSettings
from benchside.notifier.checks.rules import Entry, LogRule, read_rule
from benchside.platform.program import ask_program
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import Signal

__all__ = ["RULES", "JournalLook", "read_entries"]

MAX_BYTES = 512 * 1024
"""Of one reading: some thousand entries.  A look reads twice where there are more, and leaves out what lies between."""
MAX_TEXT = 2000
MAX_CURSOR = 512
WITHIN_S = 12.0
BACK_S = 600
"""At the start: what happened while we were started anew, and no older fault again."""
WARNING = 4
_FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,UNIT,_SYSTEMD_UNIT,_TRANSPORT"

RULES = (
    # a disc or a diskette that cannot be read, or is not there, says nothing of the PC
    LogRule("storage_error", "kernel", "kernel", level=4, contains="I/O error", lacks=("dev fd", "dev sr")),
    LogRule("storage_error", "kernel", "kernel", level=4, contains="medium error"),
    LogRule("filesystem_error", "kernel", "kernel", level=3, contains="EXT4-fs error"),
    LogRule("filesystem_error", "kernel", "kernel", level=3, contains="XFS ("),
    LogRule("filesystem_error", "kernel", "kernel", level=4, contains="BTRFS error"),
    LogRule("filesystem_error", "kernel", "kernel", contains="Remounting filesystem read-only"),
    LogRule("memory_exhausted", "kernel", "kernel", contains="Out of memory: Killed process"),
    LogRule("hardware_error", "kernel", "kernel", contains="[Hardware Error]"),
    LogRule("hardware_error", "kernel", "kernel", level=4, contains="temperature above threshold"),
)
"""What Linux itself writes when a PC is in trouble."""


class JournalLook:
    """Reads on from the last entry that was read; in a flood skips to the newest, and says so."""

    def __init__(
        self,
        settings: JournalSettings,
        ask: Callable[[Sequence[str]], bytes] | None = None,
    ) -> None:
        own = tuple(read_rule("checks.journal.rules", line) for line in settings.rules)
        self._rules = (*own, *RULES)
        self._ask = ask or _ask
        # an own rule without a priority may be about anything
        self._priority = max([WARNING, *(6 if one.level is None else one.level for one in own)])
        self._cursor = ""

    def __call__(self) -> list[Signal]:
        """Return what happened since the last look."""
        data = self._read(f"--after-cursor={self._cursor}" if self._cursor else f"--since=-{BACK_S}s")
        entries, cursor = read_entries(data)
        self._cursor = cursor or self._cursor
        if len(data) < MAX_BYTES:
            return signals_of(entries, self._rules)
        # a lasting flood would have us hours behind it, and a disk's errors with us
        more, is_all = self._skip()
        return [*([] if is_all else [left_out("journal")]), *signals_of([*entries, *more], self._rules)]

    def _skip(self) -> tuple[list[Entry], bool]:
        """Go on at the end; return the newest entries, and whether they reach back to what was read."""
        try:
            data = self._read("--reverse")
        except UnavailableError:
            return [], True  # the next look goes on where this one was
        newest, entries, is_all = "", list[Entry](), False
        for cursor, entry in _lines(data):
            if cursor and cursor == self._cursor:
                is_all = True
                break
            newest = newest or cursor
            entries.append(entry)
        self._cursor = newest or self._cursor
        return entries, is_all

    def _read(self, begin: str) -> bytes:
        words = [
            "journalctl", "--output=json", f"--output-fields={_FIELDS}", "--quiet", "--no-pager", "--utc",
            f"--priority={self._priority}", begin,
        ]  # fmt: skip
        return self._ask(words)


def read_entries(data: bytes) -> tuple[list[Entry], str]:
    """Return the whole entries of an output, which may be cut, and the cursor of the last."""
    lines = list(_lines(data))
    return [entry for _, entry in lines], next((cursor for cursor, _ in reversed(lines) if cursor), "")


def _lines(data: bytes) -> Iterator[tuple[str, Entry]]:
    """Yield cursor, which may be missing, and entry of each whole line."""
    for line in data.split(b"\n")[:-1]:  # after the last line end stands nothing, or half an entry
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(values, dict):
            continue
        at = values.get("__CURSOR")
        yield (at if isinstance(at, str) and at.isprintable() and len(at) <= MAX_CURSOR else ""), _entry(values)


def _entry(values: dict[str, object]) -> Entry:
    """A unit's entry is its own; what systemd says about a unit (UNIT) is the unit's, too."""
    kernel = values.get("_TRANSPORT") == "kernel"
    unit = _text(values.get("UNIT")) or _text(values.get("_SYSTEMD_UNIT")) or _text(values.get("SYSLOG_IDENTIFIER"))
    priority = _text(values.get("PRIORITY"))
    level = int(priority) if priority in ("0", "1", "2", "3", "4", "5", "6", "7") else 6
    return Entry("kernel" if kernel else unit, level, text=_text(values.get("MESSAGE"))[:MAX_TEXT])


def _text(value: object) -> str:
    """Bytes that are no text come as a list of numbers, several values of one field as a list of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        if all(isinstance(one, int) and 0 <= one < 256 for one in value[:MAX_TEXT]):
            return bytes(value[:MAX_TEXT]).decode("utf-8", "replace")
        return value[0] if isinstance(value[0], str) else ""
    return ""


def _ask(words: Sequence[str]) -> bytes:
    return ask_program(words, within_s=WITHIN_S, most_bytes=MAX_BYTES, is_cut=True)
