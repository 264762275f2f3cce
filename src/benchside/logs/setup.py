"""Logs of a program: one JSON object a line on standard error, fields by name, never keys, pictures or keystrokes."""

from __future__ import annotations

import datetime
import json
import logging
import logging.handlers
import sys
import tempfile
from pathlib import Path

__all__ = ["JsonLines", "start_logging"]

MAX_FILE_BYTES = 4 * 1024 * 1024
"""A file of a log, and the one before it: some days of a busy PC."""
MAX_TEXT = 500
"""A line of a log is to be read; longer texts are cut."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Turns a record into one line: moment (UTC), level, program, part, text, and the named fields."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname.lower(),
            "program": self._program,
            "part": record.name.removeprefix("benchside."),
            "text": record.getMessage()[:MAX_TEXT],
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name] = value if isinstance(value, int | float | bool | None) else str(value)[:MAX_TEXT]
        # a library may hand over a class where an error should be, which no trace can be made of
        if record.exc_info and isinstance(record.exc_info[1], BaseException):
            line["trace"] = self.formatException(record.exc_info)[-4000:]
        return json.dumps(line, ensure_ascii=True)


def start_logging(program: str, level: int = logging.INFO, *, folder: Path | None = None) -> None:
    """Send all logs of this process to standard error from now on.

    Where there is none (a service of Windows, and what it starts) they go to a file in `folder`, by default the
    log-in's own temporary one: a service names one that nobody else may write.
    """
    handler = _to_stderr() if sys.stderr is not None else _to_file(program, folder)
    handler.setFormatter(JsonLines(program))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("picows").setLevel(logging.ERROR)


def _to_stderr() -> logging.Handler:
    return logging.StreamHandler(sys.stderr)


def _to_file(program: str, folder: Path | None) -> logging.Handler:
    place = folder if folder is not None and folder.is_dir() else Path(tempfile.gettempdir())
    path = place / f"benchside-{program}.log"
    return logging.handlers.RotatingFileHandler(path, maxBytes=MAX_FILE_BYTES, backupCount=1, encoding="utf-8")
