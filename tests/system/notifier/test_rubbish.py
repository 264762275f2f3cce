"""Bad input of every kind into a real notifier: a clear sentence for each, and the next truth is told all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from asyncua import ua
from tests.fakes.lying_opcua import LyingOpcUa, alarm, lying_server
from tests.fakes.notifier_process import NotifierProcess, pushed

from benchside.notifier.adapters.log_text import MAX_LINE_BYTES
from benchside.notifier.adapters.names import alarm_subject
from benchside.notifier.checks.options import CHECKS
from benchside.protocol.wire.notice import NoticeShown

pytestmark = [pytest.mark.system, pytest.mark.slow]

Told = dict[tuple[str, str, str], tuple[str, str]]
"""By source, subject and code: what a person reads, and what to do."""

RULES = '[[rule]]\ncode = "door_open"\nstate = "on"\nline = "ERROR door open"\n'
ONE_LANGUAGE = 'source = "log.long"\n[door_open]\nseverity = "serious"\n[door_open.en]\ntext = "The door is open."\n'
LOOK_AGAIN_S = 0.2
LOGS = ("good", "long", "binary", "bad_rules")
NO_CHECKS = "".join(f"[checks.{name}]\non = false\n" for name in CHECKS)


@dataclass
class Lab:
    """A notifier, what it watches, and where that is."""

    notifier: NotifierProcess
    folder: Path
    liar: LyingOpcUa

    def write(self, name: str, data: bytes) -> None:
        with (self.folder / f"{name}.log").open("ab") as file:
            file.write(data)

    async def shows(self, true_of: Callable[[Told], bool], locale: str = "en", within_s: float = 30.0) -> Told:
        """Wait until what a desk that comes in is shown is so."""
        told: Told = {}
        try:
            async with asyncio.timeout(within_s):
                while True:
                    desk, shown = await self.notifier.desk(locale)
                    desk.abort()
                    told = told_of(shown.notices)
                    if true_of(told):
                        return told
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            raise AssertionError(f"it was not so within {within_s} s: {told}") from None


def told_of(notices: tuple[NoticeShown, ...]) -> Told:
    return {
        (one.state.key.source, one.state.key.subject, one.state.key.code): (one.text, one.advice) for one in notices
    }


@asynccontextmanager
async def watched(folder: Path, liar: LyingOpcUa) -> AsyncIterator[Lab]:
    settings = NO_CHECKS
    for name in LOGS:
        rules = "broken.toml" if name == "bad_rules" else "rules.toml"
        settings += f'[[log]]\nname = "{name}"\npath = "{folder / f"{name}.log"}"\nrules = "{rules}"\n'
        settings += "every_s = 1\nfrom_start = true\n"
        (folder / f"{name}.log").touch()
    settings += f'[[opcua]]\nname = "liar"\nendpoint = "{liar.endpoint}"\nsecurity = "none"\nlads = false\n'
    notifier = NotifierProcess(folder, settings=settings)
    (notifier.state / "rules.toml").write_text(RULES)
    (notifier.state / "broken.toml").write_text('[[rule]]\ncode = "door_open"\nline = ')
    words = notifier.state / "notices.d"
    words.mkdir()
    (words / "half.toml").write_text(ONE_LANGUAGE)
    (words / "rubbish.toml").write_bytes(b"\x00\xff[[[")
    await notifier.start()
    try:
        yield Lab(notifier, folder, liar)
    finally:
        assert await notifier.stop() == 0


LIES = (
    alarm(source=ua.Variant(3, ua.VariantType.Int32), name=ua.Variant(None)),
    alarm(severity=ua.Variant("high", ua.VariantType.String), condition=ua.NodeId("a", 1), name="\u202e\x00" * 5000),
    ua.EventFieldList(ClientHandle=1, EventFields=[ua.Variant(1)] * 500),
)
TRUTH = alarm(condition=ua.NodeId("heat", 1), name="Overheat")

EXPECTED = {
    ("log.file", "long", "line_cut"): (
        "The log file long has lines that are too long; only their beginnings are looked at.",
        "El archivo de registro long tiene líneas demasiado largas; solo se examina su comienzo.",
    ),
    ("log.file", "bad_rules", "rules_wrong"): (
        "The rules for the log file bad_rules have a mistake, so it is not watched.",
        "Las reglas del archivo de registro bad_rules tienen un error, por lo que no se vigila.",
    ),
    ("opcua.link", "liar", "malformed"): (
        "The instrument liar sends alarms that do not follow the standard; some details are missing.",
        "El instrumento liar envía alarmas que no siguen la norma; faltan algunos detalles.",
    ),
    ("benchside.catalogue", "rubbish.toml", "unreadable"): (
        "The file “rubbish.toml” with texts for notices has a mistake and is not used.",
        "El archivo «rubbish.toml» con textos de avisos tiene un error y no se usa.",
    ),
    ("benchside.catalogue", "half.toml", "text_missing"): (
        "The file “half.toml” lacks texts in a language; those of another language are shown.",
        "Al archivo «half.toml» le faltan textos en un idioma; se muestran los de otro.",
    ),
    ("benchside.catalogue", "local.test", "code_unknown"): (
        "“local.test” reports conditions for which this PC has no texts; they are shown by their names.",
        "«local.test» notifica condiciones para las que este PC no tiene textos; se muestran por su nombre.",
    ),
}


async def test_each_is_said_in_both_languages_and_the_truth_among_it_is_told(tmp_path: Path) -> None:
    async with lying_server(published=[list(LIES), [TRUTH]]) as liar, watched(tmp_path, liar) as lab:
        lab.write("long", b"half a line ERROR door op\nERROR door open " + b"x" * (3 * MAX_LINE_BYTES))
        lab.write("binary", bytes(range(256)) * 400 + b"\n")
        lab.write("good", b"\x1b[31m 12:00 ERR\x00OR\nERROR door open {%s} %n\n")
        assert await lab.notifier.push(pushed()) == [None]
        alarm_told = ("opcua.alarm", alarm_subject("liar", "Centrifuge", "Overheat"), "alarm")
        truths = {("log.good", "instrument", "door_open"), ("log.long", "instrument", "door_open"), alarm_told}
        read = await lab.shows(lambda told: EXPECTED.keys() | truths <= told.keys())
        leido = await lab.shows(lambda told: EXPECTED.keys() <= told.keys(), "es")
        for key, (english, spanish) in EXPECTED.items():
            assert (read[key][0], leido[key][0]) == (english, spanish)
            assert read[key][1] != leido[key][1]
            assert all(text[1].endswith((".", "check-rules")) for text in (read[key], leido[key]))
        # a language that the file lacks is shown in the other, and one without words by its name
        assert leido["log.long", "instrument", "door_open"][0] == "The door is open."
        assert read["local.test", "Pump 0", "low"][0] == "Pump 0: low"
        assert all(
            text == " ".join(text.split()) and text.isprintable() for both in read.values() for text in both if text
        )
        await nothing_stopped(lab)
    assert lab.notifier.journal().broken_at is None


async def nothing_stopped(lab: Lab) -> None:
    desk, shown = await lab.notifier.desk()
    desk.abort()
    assert {one.name for one in shown.watches} == {"checks", *(f"log-{name}" for name in LOGS), "opcua-liar"}
    assert all(one.is_well for one in shown.watches)


@pytest.mark.long
async def test_what_stays_unreadable_is_said_after_its_delay(tmp_path: Path) -> None:
    """A file that is no text, for two minutes; a server that speaks no OPC UA, for one."""
    async with lying_server(raw=b"HTTP/1.1 200 OK\r\n\r\n") as liar, watched(tmp_path, liar) as lab:
        lab.write("binary", b"\x00\x01\x02ERROR door open\xff\n" * 1000)
        binary, link = ("log.file", "binary", "unreadable"), ("opcua.link", "liar", "not_connected")
        read = await lab.shows(lambda told: {binary, link} <= told.keys(), within_s=180)
        leido = await lab.shows(lambda told: {binary, link} <= told.keys(), "es")
        assert read[binary][0] == (
            "The log file binary cannot be read as text, so faults of the instrument cannot be seen in it."
        )
        assert leido[binary][0].startswith("El archivo de registro binary no se puede leer como texto")
        assert read[link][0] == "The instrument liar does not answer, so its alarms cannot be seen here."
        assert leido[link][0].startswith("El instrumento liar no responde")
        lab.write("binary", b"a good line\n" * 1000 + b"ERROR door open\n")
        await lab.shows(lambda told: ("log.binary", "instrument", "door_open") in told)
        await nothing_stopped(lab)
