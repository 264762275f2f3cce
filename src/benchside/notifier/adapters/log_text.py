"""From a log file's bytes to lines of text: encodings, lines without an end, and what is no text at all.

Lines are cut in bytes, so that a position between two lines is always a place to go on from; each is then decoded by
itself, and a wrong byte spoils one line only.  0x0A is never a part of another character in UTF-8 or in any of the
code pages here; in UTF-16 it counts only on even places.

One odd byte in UTF-16 (a write that was torn, a line in another encoding) moves all that follows it to odd places.  An
end there shows it, so the place is found again with the next line: an end on an odd place reads as U+0Axx, which is no
character where xx is 0, and elsewhere one of Gurmukhi or Gujarati that stands twice in no line in this way.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

__all__ = ["ENCODINGS", "MAX_LINE_BYTES", "LineCutter", "find_encoding", "is_rubbish", "read_line"]

MAX_LINE_BYTES = 64 * 1024
"""The longest line that is looked at; of a longer one the beginning is, and the rest is passed over."""

ENCODINGS = (
    "auto", "utf-8", "utf-16-le", "utf-16-be", "ascii", "cp437", "cp850", "cp874", "cp932", "cp936", "cp949", "cp950",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "gb18030", "euc-jp",
    "euc-kr", "iso-8859-1", "iso-8859-2", "iso-8859-15", "koi8-r",
)  # fmt: skip
"""What a log's setting may say; those that use bytes below 0x20 for characters (UTF-7, ISO-2022) are left out."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE_BYTES = 128
_GOOD_CONTROLS = frozenset("\t\r\x0c\x1b")
"""Tab, carriage return, form feed, and escape, which colours a line."""


def find_encoding(head: bytes, chosen: str) -> str:
    """Return how a file that begins with `head` is written; `chosen` unless it is `auto`, or a mark says otherwise."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if chosen != "auto":
        return chosen
    sample = head[: _SAMPLE_BYTES - _SAMPLE_BYTES % 2]
    half = len(sample) // 2
    # Western text has a zero in each second byte; other scripts without a mark have to be named in the settings
    if half >= 4 and sample[1::2].count(0) > half * 0.7 and sample[0::2].count(0) < half * 0.2:
        return "utf-16-le"
    if half >= 4 and sample[0::2].count(0) > half * 0.7 and sample[1::2].count(0) < half * 0.2:
        return "utf-16-be"
    return "utf-8"


def read_line(data: bytes, encoding: str) -> str:
    """Return a line's text; what does not belong there becomes U+FFFD."""
    return data.decode(encoding, errors="replace").removeprefix("\ufeff").rstrip("\r\n")


def is_rubbish(line: str) -> bool:
    """Whether this is no line of text: more than a tenth of it are characters that no log has."""
    bad = sum(1 for char in line if char == "\ufffd" or (char < " " and char not in _GOOD_CONTROLS))
    return bad * 10 > len(line)


class LineCutter:
    """Cuts what comes into lines.  `taken` counts the bytes of whole lines since the start: where to go on from."""

    def __init__(self, encoding: str, *, is_inside: bool = False) -> None:
        """`is_inside`: what comes first is the rest of a line whose beginning nobody saw."""
        self.encoding = encoding
        self._end = {"utf-16-le": b"\n\x00", "utf-16-be": b"\x00\n"}.get(encoding, b"\n")
        self._rest = b""
        self._is_passing = is_inside
        self.is_behind = False
        """There are whole lines that were not yielded yet; feed it with nothing to have them."""
        self.taken = 0
        self.torn = 0
        """Lines of UTF-16 with an odd byte in them, of which something cannot be read."""

    @property
    def held(self) -> int:
        """Bytes of what was not yielded yet: a line that has not ended, or all where it is behind."""
        return len(self._rest)

    def feed(self, data: bytes, is_late: Callable[[], bool] = lambda: False) -> Iterator[str]:
        """Yield the lines that end in `data`, and the beginning of one that is too long.

        Once `is_late`, which is asked after each line, the others stay here: it is behind.
        """
        self._rest += data
        self.is_behind = False
        at = 0
        while (end := self._find_end(at)) is not None:
            if at and is_late():
                self.is_behind = True
                break
            line, at = self._rest[at:end], end + len(self._end)
            self.taken += len(line) + len(self._end)
            is_torn = len(line) % len(self._end) != 0
            self.torn += is_torn
            if self._is_passing:
                self._is_passing = False
                continue
            yield read_line(line[:MAX_LINE_BYTES], self.encoding)
            if is_torn:
                # what stands before the odd byte is in the first reading, what stands behind it in this one
                yield read_line(line[1:][-MAX_LINE_BYTES:], self.encoding)
        self._rest = self._rest[at:]
        if self.is_behind or len(self._rest) <= MAX_LINE_BYTES:
            return
        if not self._is_passing:
            self._is_passing = True
            yield read_line(self._rest[:MAX_LINE_BYTES], self.encoding)
        self._drop_passed()

    def finish(self) -> Iterator[str]:
        """Yield the last line of a file that nobody writes to any more, which may lack its end."""
        if self._rest and not self._is_passing:
            yield read_line(self._rest, self.encoding)
        self.taken += len(self._rest)
        self._rest, self._is_passing = b"", False

    def _find_end(self, at: int) -> int | None:
        """Return where the line that begins at `at` ends: an odd number of bytes later when there is an odd one."""
        first_odd: int | None = None
        end = self._rest.find(self._end, at)
        while end >= 0 and (end - at) % len(self._end):
            if first_odd is not None:
                return first_odd
            if self._is_no_character(end):
                return end
            first_odd = end
            end = self._rest.find(self._end, end + 1)
        return None if end < 0 else end

    def _is_no_character(self, odd: int) -> bool:
        """Whether the character that an end on an odd place belongs to would be U+0A00, which nobody assigned."""
        other_half = odd - 1 if self._end[0] else odd + 2
        return self._rest[other_half : other_half + 1] == b"\x00"

    def _drop_passed(self) -> None:
        # what an end may begin with stays, with what stands beside it, and an odd byte waits for its other half
        width = len(self._end)
        keep = 0 if width == 1 else width + len(self._rest) % width
        self.taken += len(self._rest) - keep
        self._rest = self._rest[len(self._rest) - keep :]
