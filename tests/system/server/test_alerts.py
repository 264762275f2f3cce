"""Alerts from a PC's fault to a real webhook and a real mail server; and where they must not go."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.entry_points import reason
from tests.fakes.mail_server import mail_server
from tests.fakes.mailed_world import mail_settings
from tests.fakes.notifier import Journal
from tests.fakes.server_world import SETTINGS, Console, World, running_world

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.carrier import pack_batch
from benchside.server.administration.people import People
from benchside.server.alerts import trial
from benchside.server.alerts.model import AlertMark

pytestmark = [pytest.mark.system, pytest.mark.slow]


MOVED = b"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/"


@asynccontextmanager
async def webhook(answer: bytes = b"HTTP/1.1 200 OK") -> AsyncIterator[tuple[int, asyncio.Queue[dict[str, Any]]]]:
    """A web server that keeps what is posted to it."""
    posted: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line)
        posted.put_nowait(json.loads(await reader.readexactly(length)))
        writer.write(answer + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], posted


async def administrator(world: World) -> Console:
    console = await world.console("root", key=None)
    await People(world.parts.cloud, world.parts.ledger, world.parts.now).make_administrator(
        "root", is_administrator=True
    )
    return console


async def looked_at_changes(world: World) -> None:
    """Wait until the queue has its mark: what was told before a server's first look at all is its past."""
    async with asyncio.timeout(20):
        while True:
            async with world.parts.cloud.read() as rows:
                if await rows.get(AlertMark, 1) is not None:
                    return
            await asyncio.sleep(0.05)


def channel(**changes: object) -> dict[str, Any]:
    return {
        "name": "On call", "severity": "warning", "sites": [], "models": [], "language": "es", "repeat_min": 0,
        "is_on": True,
    } | changes  # fmt: skip


async def test_a_fault_goes_to_a_webhook_and_by_mail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "TRIAL_EVERY_MS", 0)
    caplog.set_level(logging.DEBUG, logger="benchside")
    caplog.set_level(logging.DEBUG, logger="apprise")
    async with webhook() as (port, posted), mail_server(tmp_path / "mail") as mail:
        settings = replace(mail_settings(mail, tmp_path, "off"), alert_targets=f"json://127.0.0.1:{port}")
        async with running_world(tmp_path, settings=replace(settings, new_location="off")) as world:
            root, pc = await administrator(world), await world.enrolled_pc()
            hook = f"json://top:secretword@127.0.0.1:{port}/hook"
            assert (await root.put("/api/admin/alerts/hook", **channel(target=hook))).status_code == 204
            to = channel(target="mailto:oncall@vendor.example", language="en")
            assert (await root.put("/api/admin/alerts/mail", **to)).status_code == 204
            assert (await root.post("/api/admin/alerts/hook/test")).json() == {"why": None}
            assert "prueba" in (await asyncio.wait_for(posted.get(), 5))["title"]
            await looked_at_changes(world)
            journal = Journal()
            pc.say(wire.NoticesReported(batch=pack_batch(journal.batch(journal.raised()))))
            said = await asyncio.wait_for(posted.get(), 20)
            assert said["message"] == "Aviso · First Lab · PC 1: C: está casi llena."
            message = await mail.next(20)
            assert message["to"] == "oncall@vendor.example"
            assert "Warning · First Lab · PC 1: C: is almost full." in message.get_content()
            # the target is written and never shown, and keeps standing when the rule alone is changed
            listed = await root.get("/api/admin/alerts")
            assert "secretword" not in listed.text
            assert [one["scheme"] for one in listed.json()["channels"]] == ["json", "mailto"]
            assert (await root.put("/api/admin/alerts/hook", **channel(name="Again"))).status_code == 204
            assert (await root.post("/api/admin/alerts/hook/test")).json() == {"why": None}
            assert (await root.delete("/api/admin/alerts/mail")).status_code == 204
            assert [one["name"] for one in (await root.get("/api/admin/alerts")).json()["channels"]] == ["Again"]
    assert "secretword" not in caplog.text


async def test_nothing_is_dialled_that_the_operator_did_not_allow(tmp_path: Path) -> None:
    async with (
        webhook() as (elsewhere, posted),
        webhook(MOVED) as (port, _),
    ):
        settings = replace(SETTINGS, alert_targets=f"json://127.0.0.1:{port}")
        async with running_world(tmp_path, settings=settings) as world:
            root = await administrator(world)
            for bad in (f"json://127.0.0.1:{elsewhere}/", "syslog://", "file:///etc/passwd", "mailtos://a:b@c.example"):
                refused = await root.put("/api/admin/alerts/x", **channel(target=bad))
                assert (refused.status_code, reason(refused)) == (403, "not_authorised")
            assert (await root.put("/api/admin/alerts/x", **channel())).status_code == 404
            target = f"json://127.0.0.1:{port}/?redirect=yes"
            assert (await root.put("/api/admin/alerts/x", **channel(target=target))).status_code == 204
            assert (await root.post("/api/admin/alerts/x/test")).json() == {"why": "refused"}, "a redirect is no yes"
            assert (await root.put("/api/admin/alerts/y", **channel(target="mailto:a@b.example"))).status_code == 204
            assert (await root.post("/api/admin/alerts/y/test")).json() == {"why": "no_mail"}
            assert (await root.post("/api/admin/alerts/z/test")).status_code == 404
            assert posted.empty()
