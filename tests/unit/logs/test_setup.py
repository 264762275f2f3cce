"""A log line is always one line of JSON, whatever a library hands over."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from benchside.logs.setup import JsonLines


def test_an_error_brings_its_trace() -> None:
    try:
        raise ConnectionResetError("gone")
    except ConnectionResetError:
        found = sys.exc_info()
    record = logging.LogRecord("benchside.agent", logging.ERROR, "", 0, "line ended", (), found)
    line = json.loads(JsonLines("agent").format(record))
    assert (line["part"], line["text"]) == ("agent", "line ended")
    assert "ConnectionResetError: gone" in line["trace"]


@pytest.mark.parametrize("what", [(type, ConnectionResetError, ConnectionResetError.__traceback__), (None, None, None)])
def test_what_is_no_error_brings_none(what: Any) -> None:
    record = logging.LogRecord("asyncio", logging.ERROR, "", 0, "line\nended", (), what)
    text = JsonLines("agent").format(record)
    assert "\n" not in text
    assert "trace" not in json.loads(text)
