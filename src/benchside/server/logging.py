"""How the server logs: one line an event on standard error, its fields after it."""

from __future__ import annotations

import logging

__all__ = ["set_up_logging"]

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Lines(logging.Formatter):
    """`moment level room: message field=value …`."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields = [f"{name}={value}" for name, value in vars(record).items() if name not in _KNOWN]
        return " ".join([line, *fields]) if not record.exc_info else line


def set_up_logging(*, verbose: bool) -> None:
    """Log to standard error; libraries only from warnings on, since they would log addresses."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("benchside").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("picows").setLevel(logging.ERROR)  # its warnings tell of peers that we log ourselves
