"""The agent's settings: what a lab may choose, within limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.agent.settings import read_settings
from benchside.settings.toml import SettingError


def settings(folder: Path, text: str) -> tuple[bool, int, int]:
    (folder / "agent.toml").write_text(text)
    read = read_settings(None, state=folder)
    return read.paste, read.cpu_share_percent, read.cpu_share_in_assay_percent


def test_what_a_lab_chooses(tmp_path: Path) -> None:
    assert settings(tmp_path, "") == (True, 30, 10)
    chosen = '[control]\npaste = "never"\n[host]\ncpu_share_percent = 50\ncpu_share_in_assay_percent = 20\n'
    assert settings(tmp_path, chosen) == (False, 50, 20)
    assert settings(tmp_path, "[host]\ncpu_share_percent = 5\n") == (True, 5, 5)


def test_a_lab_narrows_who_may_help_and_when(tmp_path: Path) -> None:
    text = '[rules]\nhours = ["mon-fri 08:00-17:00", "sat 20:00-02:00"]\nnamed = ["ana"]\nsecond_eyes = "yes"\n'
    (tmp_path / "agent.toml").write_text(text)
    rules = read_settings(None, state=tmp_path).rules
    assert rules.named == ("ana",)
    assert rules.second_eyes
    assert [(hours.from_minute, hours.to_minute) for hours in rules.hours] == [(480, 1020), (1200, 1440), (0, 120)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[control]\npaste = "always"\n', "control.paste must be one of ask, never"),
        ("[host]\ncpu_share_percent = 81\n", "host.cpu_share_percent must be a whole number from 5 to 80"),
        ("[host]\ncpu_share_percent = 20\ncpu_share_in_assay_percent = 30\n", "at most host.cpu_share_percent"),
        ("[host]\ncpu = 20\n", "'host.cpu'"),
        ("host = 20\n", "[host]"),
        ('[rules]\nhours = ["always"]\n', "rules.hours must be days and a time"),
        ('[rules]\nhours = ["mon 08:00-17:00", "tue 25:00-26:00"]\n', "not 'tue 25:00-26:00'"),
        (f"[rules]\nhours = {['mon 08:00-09:00'] * 22}\n", "rules.hours must be a list of at most 21"),
        (f"[rules]\nhours = {['mon 22:00-06:00'] * 11}\n", "rules.hours must be at most 21 times"),
        ('[rules]\nnamed = ["../x"]\n', "rules.named must be accounts"),
        ('[rules]\nnamed = ["not an account"]\n', "rules.named must be accounts"),
        ('[rules]\nsecond_eyes = "maybe"\n', "rules.second_eyes must be one of yes, no"),
        ('[rules]\nunattended = "yes"\n', "'rules.unattended'"),
    ],
)
def test_a_slip_is_refused_with_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingError, match=r"host|control|rules") as refused:
        settings(tmp_path, text)
    assert says in str(refused.value)
