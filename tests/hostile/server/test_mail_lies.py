"""A mail server that drops, floods, refuses, lies about TLS or never answers: bounded, nothing lost, nothing leaked."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.lying_mail_server import Conversation, Script, lying_mail_server, polite
from tests.fakes.server_world import opened_parts
from tests.system.server.test_process import make_certificate

from benchside.server.mail import smtp
from benchside.server.mail.model import Mail
from benchside.server.mail.sender import Sender
from benchside.server.mail.smtp import Answer, Outcome, Smtp
from benchside.server.settings import Address
from benchside.transport.websocket import client_tls

pytestmark = [pytest.mark.system, pytest.mark.slow]
SECRET = "a-pass-word-of-ours"
TO = "ana.maria@lab.example"
TOKEN = "T" * 43
MAIL = Mail(
    id=1, message_id="<1@x.example>", template="location", recipient=TO, subject="Confirm",
    body=f"https://web.example/location#{TOKEN}\n", put_utc_ms=0, due_utc_ms=0, ends_utc_ms=0, tries=1,
)  # fmt: skip


def client(port: int, mode: str = "off", tls: ssl.SSLContext | None = None, *, user: str = "benchside") -> Smtp:
    return Smtp(
        Address("127.0.0.1", port), mode=mode, tls=tls or client_tls(None), user=user, password=SECRET,
        sender="benchside@vendor.example", name="Benchside",
    )  # fmt: skip


async def tried(script: Script, mode: str = "off", *, user: str = "", tls: ssl.SSLContext | None = None) -> Answer:
    async with lying_mail_server(script) as server:
        return await client(server.port, mode, tls, user=user).deliver(MAIL)


def saying(**answers: bytes) -> Script:
    words = {name.replace("_", "").encode(): said for name, said in answers.items()}
    if b"END" in words:
        words[b"DATA."] = words.pop(b"END")

    async def script(talk: Conversation) -> None:
        await polite(talk, answers=words)

    return script


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (saying(), Outcome.TAKEN),
        (saying(QUIT=b"999 no"), Outcome.TAKEN),
        (saying(RCPT=b"550 5.1.1 <ana.maria@lab.example> nobody"), Outcome.NEVER),
        (saying(RCPT=b"450 <ana.maria@lab.example> busy"), Outcome.LATER),
        (saying(END=b"554 looks like spam"), Outcome.NEVER),
        (saying(END=b"452 no room"), Outcome.LATER),
        (saying(DATA=b"554 no"), Outcome.NEVER),
        (saying(END=b"299 what"), Outcome.LATER),
        # about us and every mail of ours, not about this one
        (saying(_=b"554 go away"), Outcome.LATER),
        (saying(_=b"421 busy"), Outcome.LATER),
        (saying(MAIL=b"550 sender refused"), Outcome.LATER),
        (saying(EHLO=b"500 what", HELO=b"500 what"), Outcome.LATER),
        (saying(_=b"\xff\xfe\x00 rubbish"), Outcome.LATER),
        (saying(RCPT=b"twofivezero"), Outcome.LATER),
        (saying(RCPT=b"250"), Outcome.TAKEN),
    ],
)
async def test_what_it_says_decides(script: Script, outcome: Outcome) -> None:
    answer = await tried(script)
    assert answer.outcome is outcome
    assert "ana" not in answer.why


async def dropping(talk: Conversation) -> None:
    await talk.say(b"220 mail.example")


async def dropping_in_the_mail(talk: Conversation) -> None:
    await talk.say(b"220 mail.example")
    for said in (b"250 x", b"250 fine", b"250 fine", b"354 go on"):
        await talk.hear()
        await talk.say(said)
    await talk.reader.read(10)


async def never_answering(talk: Conversation) -> None:
    await talk.reader.read()


async def answering_a_byte_now_and_then(talk: Conversation) -> None:
    while True:
        talk.writer.write(b"2")
        await talk.writer.drain()
        await asyncio.sleep(0.05)


async def flooding(talk: Conversation) -> None:
    while True:
        talk.writer.write(b"x" * 65536)
        await talk.writer.drain()


async def flooding_with_lines(talk: Conversation) -> None:
    while True:
        talk.writer.write(b"220-and more\r\n" * 1000)
        await talk.writer.drain()


@pytest.mark.alone
@pytest.mark.parametrize(
    "script",
    [dropping, dropping_in_the_mail, never_answering, answering_a_byte_now_and_then, flooding, flooding_with_lines],
)
async def test_nothing_that_it_does_lasts_or_takes_memory(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DELIVER_WITHIN_S", 1.0)
    began = time.monotonic()
    assert (await tried(script)).outcome is Outcome.LATER
    assert time.monotonic() - began < 3


async def stripping_starttls(talk: Conversation) -> None:
    await polite(talk, features=(b"AUTH PLAIN LOGIN",))


async def refusing_tls(talk: Conversation) -> None:
    await polite(talk, features=(b"STARTTLS", b"AUTH PLAIN LOGIN"), answers={b"STARTTLS": b"454 not now"})


async def promising_tls(talk: Conversation) -> None:
    """Says that TLS begins, and goes on in the clear."""
    answers = {b"STARTTLS": b"220 go on\r\n250-mail.example\r\n250 AUTH PLAIN LOGIN"}
    await polite(talk, features=(b"STARTTLS", b"AUTH PLAIN LOGIN"), answers=answers)


@pytest.mark.parametrize("script", [stripping_starttls, refusing_tls, promising_tls])
@pytest.mark.parametrize("mode", ["starttls", "tls"])
async def test_without_tls_it_is_given_nothing(script: Script, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "DELIVER_WITHIN_S", 2.0)
    async with lying_mail_server(script) as server:
        answer = await client(server.port, mode).deliver(MAIL)
        heard = b"".join(server.heard)
    assert answer.outcome is Outcome.LATER
    assert not any(word in heard for word in (b"AUTH", b"MAIL", b"RCPT", b"ana.maria", TOKEN.encode()))


async def test_a_certificate_that_nobody_vouches_for_is_given_nothing(tmp_path: Path) -> None:
    ours = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours, tmp_path / "key.pem")

    async def script(talk: Conversation) -> None:
        await talk.say(b"220 mail.example")
        await talk.hear()
        await talk.say(b"250-mail.example", b"250 STARTTLS")
        await talk.hear()
        await talk.say(b"220 go on")
        await talk.start_tls(context)
        await talk.hear()

    async with lying_mail_server(script) as server:
        answer = await client(server.port, "starttls").deliver(MAIL)
        assert answer.outcome is Outcome.LATER
        assert not any(b"AUTH" in line or b"MAIL" in line for line in server.heard)


async def test_what_was_said_before_tls_counts_for_nothing_after_it(tmp_path: Path) -> None:
    """Lines that somebody put in behind the 220 are not taken for the server's answers within TLS (RFC 3207, 6)."""
    ours = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours, tmp_path / "key.pem")
    heard_within: list[bytes] = []

    async def script(talk: Conversation) -> None:
        await talk.say(b"220 mail.example")
        await talk.hear()
        await talk.say(b"250-mail.example", b"250 STARTTLS")
        await talk.hear()
        await talk.say(b"220 go on", *[b"250 put in"] * 6)
        await talk.start_tls(context)
        heard_within.append(await talk.hear())
        await talk.say(b"554 5.7.1 not for you")
        heard_within.append(await talk.hear())
        await talk.say(b"554 5.7.1 not for you")

    answer = await tried(script, "starttls", tls=client_tls(ours))
    assert answer.outcome is Outcome.LATER
    assert not any(line.startswith(b"MAIL") for line in heard_within)


async def test_a_wrong_password_of_ours_loses_no_mail(tmp_path: Path) -> None:
    async def script(talk: Conversation) -> None:
        await polite(talk, features=(b"AUTH PLAIN LOGIN",), answers={b"AUTH": b"535 5.7.8 wrong"})

    answer = await tried(script, user="benchside")
    assert answer.outcome is Outcome.LATER
    assert SECRET not in answer.why


async def test_what_it_says_of_a_person_does_not_reach_the_log_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "benchside")
    caplog.set_level(logging.DEBUG, "aiosmtplib")
    said = [b"451 <ana.maria@lab.example> later", b"550 <ana.maria@lab.example> nobody"]

    async def script(talk: Conversation) -> None:
        await polite(talk, answers={b"RCPT": said[0]})

    async with opened_parts(tmp_path) as parts, lying_mail_server(script) as server:
        values = dict.fromkeys(("server", "when", "browser", "network", "minutes", "link", "denial"), "x")
        await parts.outbox.put(TO, "location", values, "en")
        sender = Sender(parts.outbox, client(server.port, user=""))
        await sender.send_due()
        async with parts.cloud.read() as rows:
            assert len(list(await rows.scalars(select(Mail)))) == 1
        said.pop(0)
        async with parts.cloud.write() as rows:
            (await rows.scalars(select(Mail))).one().due_utc_ms = 0
        await sender.send_due()
        async with parts.cloud.read() as rows:
            assert list(await rows.scalars(select(Mail))) == []
    assert [record.message for record in caplog.records] == ["a mail has to wait", "a mail was given up"]
    assert "ana" not in " ".join(str(vars(record)) for record in caplog.records)
