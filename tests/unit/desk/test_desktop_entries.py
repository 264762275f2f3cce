"""The entries for the desktop start the desk with words that it knows."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchside.desk.app import read_options
from benchside.desk.look.mark import MARK

ENTRIES = Path(__file__).resolve().parents[3] / "packaging" / "linux"


@pytest.mark.parametrize(("name", "hidden"), [("benchside.desktop", False), ("benchside-autostart.desktop", True)])
def test_an_entry_starts_the_desk(name: str, hidden: bool) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]  # keys of an entry are case sensitive
    entry.read(ENTRIES / name, encoding="utf-8")
    fields = entry["Desktop Entry"]
    program, word, *options = shlex.split(fields["Exec"])
    assert (program, word, fields["Icon"]) == ("benchside", "desk", "benchside")
    assert read_options(options).hidden is hidden
    assert fields["Comment[es]"]


def test_the_mark_is_a_drawing() -> None:
    assert ElementTree.parse(MARK).getroot().tag.endswith("svg")


def test_desk_and_console_have_one_mark() -> None:
    console = ENTRIES.parents[1] / "console" / "public" / "mark.svg"
    assert console.read_bytes() == MARK.read_bytes()
