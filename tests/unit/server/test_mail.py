"""Addresses, the texts of mails, the message, and the outbox with its pauses and its ends."""

from __future__ import annotations

import logging
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select, text
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import CallerError, UnavailableError
from benchside.server.audit.model import Event
from benchside.server.mail import outbox
from benchside.server.mail.address import is_address, masked
from benchside.server.mail.model import Mail
from benchside.server.mail.outbox import LEASE_MS, MAX_AGE_MS, MAX_TRIES, backoff_ms
from benchside.server.mail.sender import Sender
from benchside.server.mail.smtp import DELIVER_WITHIN_S, Answer, Outcome, Smtp, message_of
from benchside.server.mail.texts import language_of, open_texts
from benchside.server.parts import Parts

VALUES = {
    "server": "Cytolux <&> línea",
    "when": "2026-11-29 10:00 UTC",
    "browser": "Firefox, Windows",
    "network": "192.0.2.0/24",
    "minutes": "10",
    "link": "https://web.example/location#" + "a" * 43,
    "denial": "https://web.example/not-me#" + "a" * 43,
}
ANA = "ana.maria+lab@mail.example"


class FakeSmtp(Smtp):
    """Answers as a test says, and keeps what it was given."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.given: list[str] = []

    async def deliver(self, mail: Mail) -> Answer:
        self.given.append(mail.message_id)
        return self.answers.pop(0) if self.answers else Answer(Outcome.TAKEN)


async def waiting(parts: Parts) -> list[Mail]:
    async with parts.cloud.read() as rows:
        return list(await rows.scalars(select(Mail)))


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("ana@lab.example", True),
        (ANA, True),
        ("a@localhost", True),
        ("x" * 64 + "@lab.example", True),
        ("x" * 65 + "@lab.example", False),
        ("ana@" + "a." * 126 + "example", False),
        ("ana", False),
        ("@lab.example", False),
        ("ana@", False),
        ("ana@lab@example", False),
        (".ana@lab.example", False),
        ("ana..m@lab.example", False),
        ("ana@-lab.example", False),
        ("ana@lab..example", False),
        ("Ana <ana@lab.example>", False),
        ('"ana b"@lab.example', False),
        ("ana@lab.example\n", False),
        ("ana@lab.example\r\nBcc: all@lab.example", False),
        ("ana@lab.example,ben@lab.example", False),
        ("ana@[192.0.2.1]", False),
        ("aña@lab.example", False),
        ("ana@lab.example\0", False),
    ],
)
def test_only_one_plain_address_is_one(address: str, is_one: bool) -> None:
    assert is_address(address) is is_one


def test_a_masked_address_shows_one_letter_and_the_host() -> None:
    assert [masked(one) for one in ("maria@mail.example", "m@mail.example")] == ["m…@mail.example", "…@mail.example"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("de-DE,de;q=0.9,es-ES;q=0.8,en;q=0.7", "es"),
        ("EN-gb", "en"),
        ("x," * 5000 + "es", "en"),
        ("\r\n", "en"),
    ],
)
def test_the_language_is_the_first_of_ours(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_message_is_plain_text_that_any_server_takes(language: str) -> None:
    subject, body = open_texts().of("location", VALUES, language)
    mail = Mail(message_id="<1@x.example>", recipient=ANA, subject=subject, body=body, put_utc_ms=1_800_000_000_000)
    raw = message_of(mail, "benchside@x.example", "Cytolux, línea <a@b>").as_bytes()
    assert raw.isascii()
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    read = message_from_bytes(raw, policy=policy.default)
    assert read["To"] == ANA
    assert read["From"].addresses[0].addr_spec == "benchside@x.example"
    assert read["From"].addresses[0].display_name == "Cytolux, línea <a@b>"
    assert (read["Message-ID"], read["Auto-Submitted"]) == ("<1@x.example>", "auto-generated")
    assert (read.get_content_type(), read.is_multipart()) == ("text/plain", False)
    shown = read.get_content()
    assert all(value in shown for value in VALUES.values())
    assert VALUES["server"] in read["Subject"]


def test_no_header_takes_a_second_line() -> None:
    for field in ("recipient", "subject", "message_id"):
        given = {"message_id": "<1@x>", "recipient": ANA, "subject": "s", "body": "b", "put_utc_ms": 0}
        mail = Mail(**(given | {field: f"a@b.example\r\nBcc: evil@b.example{'>' if field == 'message_id' else ''}"}))
        try:
            raw = message_of(mail, "a@b.example", "x").as_bytes()
        except ValueError:
            continue
        assert b"\r\nBcc:" not in raw, field
    with pytest.raises(ValueError):
        message_of(Mail(message_id="<1@x>", recipient=ANA, subject="s", body="b", put_utc_ms=0), "a@b", "x\r\nBcc: e@b")


def test_values_are_no_formats_and_missing_ones_are_a_bug() -> None:
    texts = open_texts()
    assert "{link}" in texts.of("location", VALUES | {"browser": "{link} {0} %s"}, "en")[1]
    with pytest.raises(CallerError):
        texts.of("location", {"server": "x"}, "en")
    with pytest.raises(CallerError):
        texts.of("nothing", VALUES, "en")


def test_pauses_double_up_to_an_hour_and_differ_by_chance() -> None:
    whole = [backoff_ms(tries, 0.0) for tries in range(1, MAX_TRIES + 1)]
    assert whole[:4] == [5_000, 10_000, 20_000, 40_000]
    assert max(whole) == whole[-1] == 3600_000
    assert backoff_ms(4, 1.0) == 20_000
    assert DELIVER_WITHIN_S * 1000 < LEASE_MS


async def test_a_mail_waits_until_the_server_has_it(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await parts.outbox.put(ANA, "location", VALUES, "en")
        later = Answer(Outcome.LATER, "451")
        smtp = FakeSmtp(later, later)
        sender = Sender(parts.outbox, smtp)
        await sender.send_due()
        await sender.send_due()  # not due yet
        assert len(smtp.given) == 1
        assert 2_500 <= (await waiting(parts))[0].due_utc_ms - clock.now_ms <= 5_000
        clock.now_ms += 5_000
        await sender.send_due()
        clock.now_ms += 10_000
        await sender.send_due()
        assert await waiting(parts) == []
        assert len(smtp.given) == 3
        assert len(set(smtp.given)) == 1  # who gets it twice sees it once


async def test_a_mail_that_a_crash_cuts_off_is_sent_again(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await parts.outbox.put(ANA, "location", VALUES, "en")
        assert len(await parts.outbox.take_due()) == 1  # and then nothing
        assert await parts.outbox.take_due() == []
    clock.now_ms += LEASE_MS
    async with opened_parts(tmp_path, clock) as parts:
        smtp = FakeSmtp()
        await Sender(parts.outbox, smtp).send_due()
        assert (len(smtp.given), await waiting(parts)) == (1, [])


async def test_a_mail_does_not_wait_for_a_clock_that_was_ahead(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        clock.now_ms += 10 * 365 * 24 * 3600_000
        await parts.outbox.put(ANA, "location", VALUES, "en")
        assert len(await parts.outbox.take_due()) == 1  # and then nothing
        clock.now_ms -= 10 * 365 * 24 * 3600_000
        assert len(await parts.outbox.take_due()) == 1


async def test_a_mail_that_got_too_old_while_the_server_was_off_is_not_sent(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await parts.outbox.put(ANA, "location", VALUES, "en", good_for_ms=600_000)
    clock.now_ms += 600_000
    async with opened_parts(tmp_path, clock) as parts:
        smtp = FakeSmtp()
        await Sender(parts.outbox, smtp).send_due()
        assert (smtp.given, await waiting(parts), await given_up(parts)) == ([], [], ["mail_given_up"])


async def given_up(parts: Parts) -> list[str]:
    async with parts.session.read() as rows:
        return list(await rows.scalars(select(Event.kind).where(Event.kind == "mail_given_up")))


@pytest.mark.parametrize(
    ("answer", "good_for_ms", "tries"),
    [
        (Answer(Outcome.NEVER, "550"), MAX_AGE_MS, 1),
        (Answer(Outcome.LATER, "451"), MAX_AGE_MS, MAX_TRIES),
        (Answer(Outcome.LATER, "451"), 60_000, 6),
    ],
)
async def test_a_mail_is_given_up_and_the_log_says_so_without_whom(
    tmp_path: Path, answer: Answer, good_for_ms: int, tries: int, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    caplog.set_level(logging.DEBUG, "benchside")
    async with opened_parts(tmp_path, clock) as parts:
        await parts.outbox.put(ANA, "location", VALUES, "en", good_for_ms=good_for_ms)
        smtp = FakeSmtp(*[answer] * 200)
        while await waiting(parts):
            await Sender(parts.outbox, smtp).send_due()
            clock.now_ms += 1_000 if good_for_ms < 3600_000 else 3600_000
        assert abs(len(smtp.given) - tries) <= (0 if good_for_ms == MAX_AGE_MS else 2)
        assert await given_up(parts) == ["mail_given_up"]
    said = [record for record in caplog.records if record.message == "a mail was given up"]
    assert len(said) == 1
    assert vars(said[0])["why"] in (answer.why, *(() if good_for_ms == MAX_AGE_MS else ("too_old",)))
    assert not any("ana" in str(vars(record)) for record in caplog.records if record.name.startswith("benchside"))


async def test_nothing_of_a_mail_lies_open_in_the_database(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        await parts.outbox.put(ANA, "location", VALUES, "en")
        async with parts.cloud.read() as rows:
            row = (await rows.execute(text("SELECT * FROM mail"))).one()
        raw = b"".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
        assert not any(word in raw for word in (b"ana.maria", b"mail.example", b"aaaa", b"Confirm", b"192.0.2"))


async def test_the_outbox_takes_no_more_than_it_can_hold_and_nothing_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 2)
    async with opened_parts(tmp_path, Clock()) as parts:
        for to in ("ana@lab.example\r\nRCPT TO:<evil@lab.example>", "Ana <ana@lab.example>", ""):
            with pytest.raises(CallerError):
                await parts.outbox.put(to, "location", VALUES, "en")
        await parts.outbox.put(ANA, "location", VALUES | {"browser": "x\r\n\r\nhttps://evil.example"}, "en")
        assert "x https://evil.example" in (await waiting(parts))[0].body
        await parts.outbox.put(ANA, "location", VALUES, "es")
        with pytest.raises(UnavailableError):
            await parts.outbox.put(ANA, "location", VALUES, "en")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("template", ["key", "location", "session"])
def test_texts_fit_a_mail_reader_of_any_kind(template: str, language: str) -> None:
    # RFC 5322 (2.1.1): no more than 78 characters; values stand on lines of their own
    names = (*VALUES, "site", "device", "engineer", "begin", "end", "allowed", "session", "list")
    subject, body = open_texts().of(template, dict.fromkeys(names, "x" * 12) | {"minutes": "10"}, language)
    assert "{" not in subject + body
    assert max(len(line) for line in body.splitlines()) <= 78
