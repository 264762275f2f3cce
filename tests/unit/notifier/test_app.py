"""The notifier's words: what they refuse, and what they print of a journal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchside.agent.settings import read_settings as read_agent_settings
from benchside.notifier import app, notify
from benchside.notifier.journal import Journal
from benchside.notifier.notify import _signal
from benchside.notifier.settings import read_settings
from benchside.platform.files import take_alone
from benchside.platform.service.here import Supervisor
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Severity, Signal, SignalState
from benchside.settings.toml import SettingError

KEY = ConditionKey("local.lab", "Pump 3", "low")


def test_a_command_becomes_a_signal() -> None:
    words = ["Pump 3", "low", "--source", "local.lab", "--pulse", "--severity", "serious"]
    values = ["--value", "bar=1.5", "--value", "count=3", "--value", "is_new=true", "--value", "lot=A7"]
    expected = Signal(KEY, SignalState.PULSE, {"bar": 1.5, "count": 3, "is_new": True, "lot": "A7"}, Severity.SERIOUS)
    assert _signal(notify._parser().parse_args(words + values)) == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Pump 3", "low", "--source", "pc.disk"], "must begin with local."),
        (["Pump 3", "a b", "--source", "local.lab"], "that is no signal: CODE is a word"),
        (["", "low", "--source", "local.lab"], "that is no signal: SUBJECT is one line"),
        (["Pump\u202e3", "low", "--source", "local.lab"], "that is no signal: SUBJECT is one line"),
        (["Pump 3", "low", "--source", "local.l b"], "that is no signal: --source is a word"),
        (["Pump 3", "low", "--source", "local.lab", "--value", "Bar=1"], "that is no signal: the NAME of a value"),
        (["Pump 3", "low", "--source", "local.lab", "--value", "bar"], "must be NAME=VALUE"),
        (["Pump 3", "low", "--source", "local.lab", "--value", "bar=nan"], "each a number within"),
        (["Pump 3", "low", "--source", "local.lab"], "is it running?"),
    ],
)
def test_what_is_no_signal_is_refused_in_a_sentence(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notify.main([*words, "--socket", str(tmp_path / "nobody.sock")]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("value", ["007", "1e5", "1_000", "+3", " 3", "1.50", "3.", "\u0663", "A7", ""])
def test_a_value_is_a_number_only_if_it_reads_the_same(value: str) -> None:
    assert notify._value(f"lot={value}") == ("lot", value)


@pytest.mark.parametrize(("value", "number"), [("7", 7), ("-7", -7), ("1.5", 1.5), ("0", 0)])
def test_plain_numbers_are_numbers(value: str, number: float) -> None:
    assert notify._value(f"bar={value}") == ("bar", number)


@pytest.mark.parametrize(("refused", "code"), [(None, 0), ("disk_full", 0), ("source", 1)])
def test_what_waits_for_room_on_the_disk_is_taken(
    monkeypatch: pytest.MonkeyPatch, refused: str | None, code: int
) -> None:
    async def push(path: Path, signal: Signal) -> str | None:
        return refused

    monkeypatch.setattr(notify, "push", push)
    assert notify.main(["Pump 3", "low", "--source", "local.lab"]) == code


@pytest.fixture
def state(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "notices.db")
    journal.append([drafted(ChangeKind.RAISED, 1, KEY, severity=Severity.WARNING, texts={"en": "x"}, count=1)])
    journal.close()
    return tmp_path


def test_history_and_verify_read_the_journal(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--state", str(state), "history"]) == 0
    assert "raised local.lab 'Pump 3' low, severity warning, count 1" in capsys.readouterr().out
    assert app.main(["--state", str(state), "verify"]) == 0
    assert "intact: 1 entries" in capsys.readouterr().out


def test_without_a_journal_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--state", str(tmp_path), "verify"]) == 1
    assert "there is no journal" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_each_mistake_of_a_catalogue_is_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--state", str(state), "check-rules"]) == 0
    (state / "notices.d").mkdir()
    (state / "notices.d" / "mine.toml").write_text('source = "local.lab"\n[low]\nseverity = "awful"\n')
    assert app.main(["--state", str(state), "check-rules"]) == 1
    assert "mine.toml: low: Invalid enum value" in capsys.readouterr().out


def test_each_mistake_of_the_files_of_rules_is_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = f"[[log]]\nname = 'cx'\npath = '{state / 'x.log'}'\nrules = 'cx.toml'\n"
    opcua = "[[opcua]]\nname = 'cx'\nendpoint = 'opc.tcp://h'\nsecurity = 'none'\nrules = 'alarms.toml'\n"
    (state / "notifier.toml").write_text(log + opcua)
    (state / "cx.toml").write_text("[[rule]]\ncode = 'a b'\nline = 'x'\n[[rule]]\ncode = 'ok'\nline = 'x'\n[[rule]]\n")
    assert app.main(["--state", str(state), "check-rules"]) == 1
    first, second, third = capsys.readouterr().out.splitlines()
    assert "cx.toml: rule 1: code must be a word" in first
    assert "cx.toml: rule 3: code must be a word" in second
    assert "alarms.toml: cannot be read" in third
    (state / "cx.toml").write_text("[[rule]]\ncode = 'ok'\nline = 'x'\n")
    (state / "alarms.toml").write_text("[[alarm]]\ncode = 'ok'\ncondition = 'LidOpen'\n")
    assert app.main(["--state", str(state), "check-rules"]) == 0
    assert "3 workers watch" in capsys.readouterr().out


def test_without_a_notifier_its_words_say_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    socket = str(state / "nobody.sock")
    assert app.main(["--state", str(state), "--socket", socket, "status"]) == 1
    order = ["out-of-service", "local.lab", "Pump 3", "low", "--by", "Eva", "--why", "test"]
    assert app.main(["--state", str(state), "--socket", socket, *order]) == 1
    assert capsys.readouterr().err.count("is it running?") == 2


@pytest.mark.parametrize("word", [["status"], ["push", "Pump 3", "low", "--source", "local.lab"]])
def test_words_of_every_person_read_no_settings(
    tmp_path: Path, word: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notifier.toml").write_text("not for everybody's eyes")
    assert app.main(["--state", str(tmp_path), "--socket", str(tmp_path / "nobody.sock"), *word]) == 1
    assert "is it running?" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="access lists there: tests/windows/inside/test_door.py")
def test_its_folder_is_private_before_its_settings_are_read(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    (state / "notifier.toml").write_text("journal_days = 1")
    assert app.main(["--state", str(state), "run"]) == 1
    assert state.stat().st_mode & 0o777 == 0o700


async def test_a_second_notifier_on_one_folder_does_not_begin(tmp_path: Path) -> None:
    handle = take_alone(tmp_path / "notifier.lock")
    assert handle is not None
    try:
        with pytest.raises(UnavailableError, match="another notifier runs on this folder already"):
            await app._serve(read_settings(None, state=tmp_path, socket=tmp_path / "n.sock"), Supervisor({}), None)
    finally:
        os.close(handle)
    assert not (tmp_path / "notices.db").exists()


def test_a_flag_goes_before_the_setting_and_leaves_it_a_setting(tmp_path: Path) -> None:
    (tmp_path / "notifier.toml").write_text('socket = "/run/a.sock"')
    (tmp_path / "agent.toml").write_text('socket = "/run/a.sock"')
    given = Path("/run/b.sock")
    assert read_settings(None, state=tmp_path, socket=given).socket == given
    assert read_agent_settings(None, state=tmp_path, socket=given).socket == given


def test_settings_have_defaults_and_ranges(tmp_path: Path) -> None:
    assert (read_settings(None, state=tmp_path).journal_days, read_settings(None, state=tmp_path).journal_mb) == (
        90,
        200,
    )
    file = tmp_path / "notifier.toml"
    file.write_text('push_users = ["labsvc"]\njournal_days = 400\nsocket = "/run/x.sock"\n')
    read = read_settings(None, state=tmp_path)
    assert (read.push_users, read.journal_days, read.socket) == (("labsvc",), 400, Path("/run/x.sock"))


@pytest.mark.parametrize("mistake", ["journal_days = 30", "journal_mb = 1", "push_users = 7", "jornal_mb = 20"])
def test_a_mistake_in_the_settings_names_it(tmp_path: Path, mistake: str) -> None:
    (tmp_path / "notifier.toml").write_text(mistake)
    with pytest.raises(SettingError, match=mistake.split()[0]):
        read_settings(None, state=tmp_path)
