"""Reading a table as offices really send it: Excel's CSV of any country, an export of a training system.

Takes UTF-8 with or without a mark, UTF-16 with one, and Western text in Windows-1252; commas, semicolons, tabs or bars
between; a first line `sep=;`; names of columns in any case.  What cannot be read with certainty is a problem with
its line, never a guess.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchside.transport.web.headers import MAX_TABLE_BYTES

__all__ = ["MAX_SHEET_BYTES", "Problem", "Row", "Sheet", "read_dates", "read_sheet"]

MAX_SHEET_BYTES = MAX_TABLE_BYTES
MAX_ROWS = 20_000
"""As many associates or sites as a policy can name."""
MAX_COLUMNS = 60
MAX_CELL = 1000
MAX_HEADING = 60
"""Of a column, as far as it is shown again."""
MAX_PROBLEMS = 200
"""More than anybody mends by hand; the rest is found the next time."""

_SEPARATORS = (";", "\t", "|", ",")
_TIME = r"(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z| ?[+-]\d\d:?\d\d)?)?\Z"
"""Behind the date of a cell that holds a moment."""
_ISO = re.compile(r"(\d{4})([-/.])(\d\d?)\2(\d\d?)" + _TIME)
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})" + _TIME)
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})" + _TIME)
_NOT_WESTERN = re.compile(rb"[\x80-\xff]{3}|[A-Za-z\x80-\xff][\xa3\xa5\xaf\xb9\xb3\xbf]|[\xa3\xa5\xaf][A-Za-z]")
"""What Windows-1252 would make nonsense of: Chinese or Cyrillic words, and Polish ones (a pound sign in a name)."""


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be taken; the console has a sentence for each `why`."""

    line: int
    """As a spreadsheet counts, the line with the names being 1; 0 for the whole."""
    column: str
    """As the table itself calls it; our own name for one that it has not."""
    why: str


@dataclass(frozen=True)
class Row:
    """One line's cells by column, without blanks around them."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Sheet:
    """The lines, or why there are none."""

    rows: Sequence[Row] = ()
    columns: frozenset[str] = frozenset()
    """The known columns that it has."""
    ignored: Sequence[str] = ()
    """Columns that nothing is taken from."""
    problems: list[Problem] = field(default_factory=list)
    headings: Mapping[str, str] = field(default_factory=dict)
    """What the table itself calls each known column: whoever mends a line looks for that."""


def read_sheet(data: bytes, columns: Mapping[str, Iterable[str]], needed: Iterable[str]) -> Sheet:
    """Return the lines of `data`.  `columns`: each column with the other names that it comes under."""
    if len(data) > MAX_SHEET_BYTES:
        return _no_sheet("too_large")
    text = _decoded(data)
    if text is None:
        return _no_sheet("not_text")
    lines = text.splitlines()
    separator = ""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        separator, text = lines[0][4], text[len(text.splitlines(keepends=True)[0]) :]  # old Macs end lines with \r
        lines = lines[1:]
    if not any(line.strip() for line in lines):
        return _no_sheet("empty")
    try:
        separator = separator or _separator(lines[0], columns)
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return _no_sheet("not_a_table")
    return _sheet(table, columns, needed)


def read_dates(rows: Sequence[Row], column: str) -> dict[int, datetime.date | str]:
    """Return each line's date, or the word of its problem; nothing for an empty cell.

    Day and month of 03/04/2027 are told apart by the rest of the column, where it is certain.
    """
    order = _slashed_order(row[column] for row in rows)
    return {row.line: _date(row[column], order) for row in rows if row[column]}


def _separator(first: str, columns: Mapping[str, Iterable[str]]) -> str:
    """The one by which most headings are known; a heading may have the others in it."""
    names = {_plain(name) for column, others in columns.items() for name in (column, *others)}

    def known(separator: str) -> tuple[int, int]:
        heads = next(csv.reader([first], delimiter=separator))
        return sum(_plain(head) in names for head in heads), len(heads)

    return max(_SEPARATORS, key=known)


def _no_sheet(why: str) -> Sheet:
    return Sheet(problems=[Problem(0, "", why)])


def _decoded(data: bytes) -> str | None:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252" and _NOT_WESTERN.search(data):
            return None
        return None if "\0" in text else text
    return None


def _sheet(table: list[list[str]], columns: Mapping[str, Iterable[str]], needed: Iterable[str]) -> Sheet:
    names = {_plain(name): column for column, others in columns.items() for name in (column, *others)}
    given = [head.strip()[:MAX_HEADING] for head in table[0][:MAX_COLUMNS]]
    heads = [names.get(_plain(head), "") for head in given]
    ignored = [head for head, known in zip(given, heads, strict=True) if not known and head]
    problems = [Problem(1, column, "missing_column") for column in needed if column not in heads]
    for column in sorted({one for one in heads if one and heads.count(one) > 1}):
        both = dict.fromkeys(head for head, known in zip(given, heads, strict=True) if known == column)
        problems.append(Problem(1, ", ".join(both), "twice"))
    if len(table) - 1 > MAX_ROWS:
        problems.append(Problem(0, "", "too_many_rows"))
    if problems:
        return Sheet(ignored=ignored, problems=problems)
    headings = {known: head for head, known in zip(given, heads, strict=True) if known}
    rows = []
    for line, cells in enumerate(table[1:], start=2):
        row = Row(line, {head: " ".join(cell.split()) for head, cell in zip(heads, cells, strict=False) if head})
        if not any(row.cells.values()):
            continue
        long = next((column for column, cell in row.cells.items() if len(cell) > MAX_CELL), None)
        if long is None:
            rows.append(row)
        else:
            problems.append(Problem(line, headings[long], "too_long"))
    return Sheet(rows, frozenset(headings), ignored, problems[:MAX_PROBLEMS], headings)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _slashed_order(cells: Iterable[str]) -> str | None:
    """`dm` or `md` when the column leaves no doubt."""
    found = [match for match in map(_SLASHED.match, cells) if match]
    can_be_dm = all(int(one[2]) <= 12 for one in found)
    can_be_md = all(int(one[1]) <= 12 for one in found)
    if can_be_dm == can_be_md:
        return None
    return "dm" if can_be_dm else "md"


def _date(cell: str, order: str | None) -> datetime.date | str:
    if iso := _ISO.match(cell):
        year, month, day = iso[1], iso[3], iso[4]
    elif dotted := _DOTTED.match(cell):
        day, month, year = dotted[1], dotted[2], dotted[3]
    elif slashed := _SLASHED.match(cell):
        if order is None and slashed[1] != slashed[2]:
            return "unclear_date"
        day, month = (slashed[1], slashed[2]) if order != "md" else (slashed[2], slashed[1])
        year = slashed[3]
    else:
        return "bad_date"
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return "bad_date"
