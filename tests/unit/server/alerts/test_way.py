"""The way out through Apprise: threads of its own, and one at a time for each target."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from benchside.protocol.wire.condition import Severity
from benchside.server.alerts import way
from benchside.server.alerts.facts import Line, Message
from benchside.server.alerts.way import RealWay
from benchside.server.mail.outbox import Outbox
from benchside.server.mail.texts import open_texts

TEST = Message("en", (), 0, is_test=True)


class Plugin:
    """Answers once it is let, and says in which thread it was asked."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.answers = threading.Event()

    def notify(self, *, body: str, **_: object) -> bool:
        self.body = body
        self.threads.append(threading.current_thread())
        self._loop.call_soon_threadsafe(self.asked.set)
        return self.answers.wait(10)


@pytest.fixture
async def plugin(monkeypatch: pytest.MonkeyPatch) -> Plugin:
    made = Plugin()

    def found(*_: Any) -> Plugin:
        return made

    monkeypatch.setattr(way, "open_target", found)
    return made


async def test_a_target_that_does_not_end_has_one_thread_and_no_other_waits(plugin: Plugin) -> None:
    made = RealWay(cast("Outbox", None), open_texts(), frozenset(), has_mail=False, server_name="Lab")
    first = asyncio.create_task(made.send("json://a.example", TEST))
    await plugin.asked.wait()
    first.cancel()  # as its time does
    for _ in range(5):
        assert await made.send("json://a.example", TEST) == "too_slow"
    other = asyncio.create_task(made.send("json://b.example", TEST))
    plugin.answers.set()
    assert await other is None
    assert len(plugin.threads) == 2
    assert all(one.name == "alert" for one in plugin.threads)
    assert all(one.daemon for one in plugin.threads), "one that is held does not hold the end of the server"


async def test_what_a_pc_writes_is_text_and_calls_nobody(plugin: Plugin) -> None:
    plugin.answers.set()
    made = RealWay(cast("Outbox", None), open_texts(), frozenset(), has_mail=False, server_name="Lab")
    said = "@everyone <!channel> [Benchside](http://evil.example) </b> `x`"
    line = Line(Severity.CRITICAL, "Lab <b>1</b>", "PC @here", said)
    assert await made.send("json://a.example", Message("en", (line,), 0)) is None
    assert not set("@<>`") & set(plugin.body)
    assert "](" not in plugin.body
    assert "http://evil.example" in plugin.body, "nothing is left out"
