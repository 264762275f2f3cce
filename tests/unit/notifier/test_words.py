"""The catalogue: its own files, mistakes in others' files, and sentences that cannot reach into anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from examples.instrument.faults import FAULTS
from project.paths import ROOT

from benchside.notifier.checks.endpoint import STAGES
from benchside.notifier.wording import read_wording
from benchside.notifier.words import LANGUAGES, PACKAGE_CATALOGUE, fill, read_words
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity
from benchside.settings.toml import SettingError

GOOD = """
source = "local.pump"
[low]
severity = "serious"
on_after_s = 5
values = ["bar", "is_new"]
suppresses = ["late", "pc.disk/space_low"]
[low.en]
subject = "Pump {subject}"
text = "Pressure of {subject} is {bar} bar."
advice = "Open the valve of {subject}."
[low.es]
text = "La presión de {subject} es de {bar} bar."
"""


def write(folder: Path, text: str, name: str = "pump.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def state(key: ConditionKey, **values: float) -> ConditionState:
    return ConditionState(
        key=key, severity=Severity.SERIOUS, is_active=True, since_utc_ms=1, changed_utc_ms=1, values=dict(values)
    )


@pytest.mark.parametrize("path", sorted(PACKAGE_CATALOGUE.glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_files_are_whole(path: Path) -> None:
    _, wordings = read_wording(path)
    for code, wording in wordings.items():
        assert wording.missing(LANGUAGES) == [], code
        assert all(sentences.advice for sentences in wording.words.values()), code


def test_our_own_catalogue_has_no_faults() -> None:
    assert read_words([PACKAGE_CATALOGUE]).faults == ()


def test_a_condition_reads_in_each_language(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    words, key = read_words([tmp_path]), ConditionKey("local.pump", "P1", "low")
    assert words.faults == ()
    entry = words.entry(key)
    assert (entry.severity, entry.on_after_s, entry.values) == (Severity.SERIOUS, 5.0, frozenset({"bar", "is_new"}))
    assert entry.suppresses == (("local.pump", "late"), ("pc.disk", "space_low"))
    assert words.tell(key, {"bar": 1.25}) == {
        "en": "Pressure of P1 is 1.2 bar.",
        "es": "La presión de P1 es de 1,2 bar.",
    }
    said = words.say(state(key, bar=2.0), "es_ES")
    assert (said.subject, said.text, said.advice) == ("P1", "La presión de P1 es de 2 bar.", "")
    assert words.say(state(key), "de").text == "Pressure of P1 is ? bar."


def test_what_no_catalogue_has_is_told_by_its_name(tmp_path: Path) -> None:
    words, key = read_words([tmp_path / "none"]), ConditionKey("local.pump", "P1", "pressure_low")
    assert words.entry(key).severity is Severity.WARNING
    assert words.tell(key, {"bar": 1}) == {"en": "P1: pressure low", "es": "P1: pressure low"}
    assert words.say(state(key), "en").text == "P1: pressure low"
    assert words.unknown == {"local.pump"}


@pytest.mark.parametrize(
    "field", ["{subject.__class__}", "{0}", "{}", "{values[x]}", "{__init__}", "{free!r}", "{free:>9999999}"]
)
def test_no_field_reaches_into_anything(tmp_path: Path, field: str) -> None:
    assert fill(field, "S", {"free": 1}, "en") == field
    path = write(tmp_path, GOOD.replace("{bar}", field))
    with pytest.raises(SettingError, match="not among its values"):
        read_wording(path)


def test_a_value_cannot_bring_a_field_along() -> None:
    assert fill("{a} {subject}", "{a}", {"a": "{subject}"}, "en") == "{subject} {a}"


def test_values_read_as_people_write_them() -> None:
    assert fill("{a} {b} {c}", "", {"a": True, "b": 1.5, "c": 7}, "es") == "sí 1,5 7"


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("", "must begin with source"),
        ("source = 7", "must begin with source"),
        (GOOD.replace('"serious"', '"awful"'), "low: Invalid enum value"),
        (GOOD.replace("on_after_s = 5", "on_after_s = -1"), "low: Expected `float` >= 0"),
        (GOOD.replace("on_after_s = 5", "latch = true"), "low: Object contains unknown field"),
        (GOOD.replace("text =", "txt ="), "low.en: Object contains unknown field"),
        (GOOD.split("[low.en]")[0], "low has no words"),
        (GOOD.replace("Open the", "Open\\u202e the"), "low.en: Expected"),
        (GOOD + "\n[bad code.en]\ntext='x'", "not a TOML file"),
        ("source = 'a'\nlow = 3", "must be a code with a table"),
        (GOOD.replace('"late"', '"a b"'), "low.suppresses must name a code"),
        ("\0\1\2", "not a TOML file"),
        ("x = " + "[" * 5000, "not a TOML file"),
        ("#" * 300_000, "larger than a catalogue can be"),
    ],
)
def test_each_mistake_has_its_sentence_and_stops_nothing(tmp_path: Path, mistake: str, said: str) -> None:
    path = write(tmp_path, mistake)
    with pytest.raises(SettingError, match=said.replace(".", r"\.")):
        read_wording(path)
    write(tmp_path, GOOD.replace("local.pump", "local.valve"), "valve.toml")
    words = read_words([tmp_path])
    assert [(fault.subject, fault.code) for fault in words.faults] == [("pump.toml", "unreadable")]
    assert words.entry(ConditionKey("local.valve", "V", "low")).severity is Severity.SERIOUS


def test_bytes_that_are_no_text_and_missing_rights_are_faults(tmp_path: Path) -> None:
    (tmp_path / "raw.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.toml").mkdir()
    assert {fault.subject for fault in read_words([tmp_path]).faults} == {"raw.toml", "folder.toml"}


def test_a_missing_language_is_a_fault_and_another_stands_in(tmp_path: Path) -> None:
    write(tmp_path, GOOD.split("[low.es]")[0])
    words = read_words([tmp_path])
    assert [(fault.subject, fault.code) for fault in words.faults] == [("pump.toml", "text_missing")]
    assert words.tell(ConditionKey("local.pump", "P1", "low"), {"bar": 1})["es"] == "Pressure of P1 is 1 bar."


def test_the_same_code_twice_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "pump2.toml")
    assert [fault.subject for fault in read_words([tmp_path]).faults] == ["pump2.toml"]


def test_codes_that_suppress_each_other_in_a_ring_are_a_mistake(tmp_path: Path) -> None:
    """Of one file or of several: the one that closes it is left out, and the ring is named."""
    write(tmp_path, GOOD.replace('"late", ', ""), "a.toml")
    back = GOOD.replace("local.pump", "pc.disk").replace("[low", "[space_low")
    write(tmp_path, back.replace('"late", "pc.disk/space_low"', '"full"'), "b.toml")
    assert read_words([tmp_path]).faults == ()
    closes = back.replace("[space_low", "[full").replace('"late", "pc.disk/space_low"', '"late", "local.pump/low"')
    path = write(tmp_path, (tmp_path / "b.toml").read_text() + closes.split("\n", 2)[2], "b.toml")
    words = read_words([tmp_path])
    assert [(fault.subject, fault.code) for fault in words.faults] == [("b.toml", "unreadable")]
    assert words.faults[0].why.startswith(f"{path}: ")
    assert "pc.disk/space_low suppresses pc.disk/full suppresses local.pump/low suppresses" in words.faults[0].why
    assert words.entry(ConditionKey("local.pump", "P", "low")).severity is Severity.SERIOUS


def test_a_ring_of_what_an_administrator_says_in_place_of_ours_is_looked_for_in_what_holds(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    write(ours, GOOD.replace('["late", "pc.disk/space_low"]', '["local.valve/low"]'))
    write(theirs, GOOD.replace('["late", "pc.disk/space_low"]', "[]"), "a.toml")
    write(theirs, GOOD.replace("local.pump", "local.valve").replace('"late", "pc.disk/space_low"', '"local.pump/low"'))
    assert read_words([ours, theirs]).faults == ()
    (theirs / "a.toml").unlink()
    assert [fault.subject for fault in read_words([ours, theirs]).faults] == ["pump.toml"]


def test_an_advisory_brings_its_own_words() -> None:
    words, key = read_words([PACKAGE_CATALOGUE]), ConditionKey("vendor", "ab12", "advisory")
    words.advise("ab12", {"en": "Do not use lot 7."}, {"en": "Use lot 8."})
    assert words.tell(key, {}) == {"en": "Do not use lot 7."}
    said = words.say(state(key), "es")
    assert (said.subject, said.text, said.advice) == ("Mensaje del fabricante", "Do not use lot 7.", "Use lot 8.")
    words.forget_advice("ab12")
    assert words.tell(key, {})["en"] == "The vendor has sent a message."


SAID = """
source = "local.net"
[away]
severity = "warning"
values = ["stage"]
[away.en]
text = "It fails at {stage}."
[away.en.said.stage]
dns = "the name"
[away.es]
text = "Falla en {stage}."
[away.es.said.stage]
dns = "el nombre"
"""


def test_a_value_that_is_a_word_reads_in_each_language(tmp_path: Path) -> None:
    write(tmp_path, SAID)
    words, key = read_words([tmp_path]), ConditionKey("local.net", "h", "away")
    assert words.faults == ()
    assert words.tell(key, {"stage": "dns"}) == {"en": "It fails at the name.", "es": "Falla en el nombre."}
    assert words.tell(key, {"stage": "else"})["es"] == "Falla en else."


def test_a_word_for_what_is_no_value_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, SAID.replace("said.stage", "said.step", 1))
    (fault,) = read_words([tmp_path]).faults
    assert "away.en.said has step, which is not among its values" in fault.why


def test_each_stage_of_an_endpoint_reads_in_each_language() -> None:
    _, wordings = read_wording(PACKAGE_CATALOGUE / "pc_endpoint.toml")
    for sentences in wordings["unreachable"].words.values():
        assert sentences.said["stage"].keys() == set(STAGES)


@pytest.mark.parametrize("name", ["notices.toml", "alarms.toml"])
def test_the_words_of_the_simulated_analyser_are_whole(name: str) -> None:
    """And what its log says suppresses the alarm that says the same."""
    watch = ROOT / "examples" / "instrument" / "watch"
    source, wordings = read_wording(watch / name)
    assert all(wording.missing(LANGUAGES) == [] for wording in wordings.values())
    assert wordings.keys() == FAULTS.keys()
    if source == "log.cx200":
        assert all(wording.entry.suppresses == (("opcua.cx200", code),) for code, wording in wordings.items())


@pytest.mark.parametrize(
    ("seconds", "en", "es"),
    [
        (315_569_520, "10 years forward", "10 años hacia adelante"),
        (-86_400 * 3, "3 days back", "3 días hacia atrás"),
        (86_400, "24 hours forward", "24 horas hacia adelante"),
        (301, "5 minutes forward", "5 minutos hacia adelante"),
        (-400, "7 minutes back", "7 minutos hacia atrás"),
    ],
)
def test_a_clock_that_jumped_is_said_as_people_say_it(seconds: int, en: str, es: str) -> None:
    key = ConditionKey("benchside.notifier", "clock", "jumped")
    texts = read_words([PACKAGE_CATALOGUE]).tell(key, {"by_s": seconds})
    assert texts == {"en": f"The clock of this PC has jumped {en}.", "es": f"El reloj de este PC ha saltado {es}."}


def test_an_administrator_says_one_of_our_codes_in_other_words(tmp_path: Path) -> None:
    mine = GOOD.replace("local.pump", "pc.disk").replace("[low", "[space_low")
    write(tmp_path, mine, "a.toml")
    words, key = read_words([PACKAGE_CATALOGUE, tmp_path]), ConditionKey("pc.disk", "C:", "space_low")
    assert words.faults == ()
    assert words.entry(key).severity is Severity.SERIOUS
    assert words.tell(key, {"bar": 1})["en"] == "Pressure of C: is 1 bar."
    assert "full" in words.tell(ConditionKey("pc.disk", "C:", "fills_soon"), {"days": 3})["en"], "the others stay ours"
    write(tmp_path, mine, "b.toml")
    assert [fault.subject for fault in read_words([PACKAGE_CATALOGUE, tmp_path]).faults] == ["b.toml"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders there")
def test_a_pipe_among_the_files_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert [(fault.subject, fault.code) for fault in read_words([tmp_path]).faults] == [("pipe.toml", "unreadable")]
