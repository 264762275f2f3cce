"""The lab's cover rules: every word of a file is understood, or nothing of the screen may be shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.agent.covers import FOLDER, read_cover_files, rules_for
from benchside.protocol.wire.cover import CoverArea, CoverRule, WhenMissing, WindowMatch, matches
from benchside.protocol.wire.session import InstrumentInfo
from benchside.settings.toml import SettingError

GOOD = """
model = "CX-*"
note = "agreed with data protection"

[[cover]]
name = "patient list"
window = { title = "*Worklist*", class = "lims" }
area = { left = 0, top = 80, width = 0.25 }
missing = "whole_screen"

[[cover]]
name = "second screen"
monitor = 2

[[cover]]
name = "names in the status line"
monitor = "primary"
area = { bottom = 0, height = 32 }

[[cover]]
name = "everything"
monitor = "all"
"""


def instrument(model: str) -> InstrumentInfo:
    return InstrumentInfo(id="INS-1", model=model, serial="1", patient_data=True)


def write(folder: Path, name: str, text: str) -> None:
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / name).write_text(text)


def test_a_file_says_where_to_cover(tmp_path: Path) -> None:
    write(tmp_path, "cx.toml", GOOD)
    assert rules_for(read_cover_files(tmp_path), [instrument("cx-200")]) == (
        CoverRule(
            name="patient list",
            window=WindowMatch(title="*Worklist*", program_class="lims"),
            area=CoverArea(left=0, top=80, width=0.25),
            missing=WhenMissing.WHOLE_SCREEN,
        ),
        CoverRule(name="second screen", monitor=2),
        CoverRule(name="names in the status line", monitor=0, area=CoverArea(bottom=0, height=32)),
        CoverRule(name="everything"),
    )


def test_the_rules_of_all_instruments_are_in_force_and_no_others(tmp_path: Path) -> None:
    for model in ("A", "B", "C"):
        write(tmp_path, f"{model}.toml", f'model = "{model}"\n[[cover]]\nname = "{model}"\nmonitor = "all"\n')
    files = read_cover_files(tmp_path)
    assert [rule.name for rule in rules_for(files, [instrument("A"), instrument("C")])] == ["A", "C"]
    assert rules_for(files, [instrument("D")]) == ()


def test_without_files_nothing_is_covered(tmp_path: Path) -> None:
    assert read_cover_files(tmp_path) == ()
    write(tmp_path, "readme.txt", "not a rule")
    assert read_cover_files(tmp_path) == ()


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('model = "CX-*"', "", "missing required field `model`"),
        ('model = "CX-*"', 'modell = "CX-*"', "unknown field `modell`"),
        ("title = ", "titel = ", "unknown field `titel`"),
        ('missing = "whole_screen"', 'missing = "perhaps"', "perhaps"),
        ("left = 0", "left = -1", "area.left"),
        ("width = 0.25", "width = 1.5", "area.width"),
        ("left = 0", "left = 0, right = 0", "at most two"),
        ("monitor = 2", "monitor = 0", "count from 1"),
        ("monitor = 2", "monitor = 17", "monitor"),
        ("monitor = 2", "", "a window or a monitor"),
        ("monitor = 2", 'monitor = 2\nwindow = { title = "x" }', "a window or a monitor"),
        ('{ title = "*Worklist*", class = "lims" }', "{}", "a title, a class or both"),
        ('name = "everything"', 'name = "every', "not a TOML file"),
        ('model = "CX-*"', 'model = ""', "model"),
    ],
)
def test_a_mistake_is_refused_with_one_sentence(tmp_path: Path, was: str, becomes: str, says: str) -> None:
    assert was in GOOD
    write(tmp_path, "cx.toml", GOOD.replace(was, becomes, 1))
    with pytest.raises(SettingError) as refused:
        read_cover_files(tmp_path)
    assert says in str(refused.value)
    assert "cx.toml" in str(refused.value)


def test_a_rule_file_that_nobody_can_read_is_a_mistake_too(tmp_path: Path) -> None:
    (tmp_path / FOLDER / "a.toml").mkdir(parents=True)
    with pytest.raises(SettingError):
        read_cover_files(tmp_path)
    write(tmp_path, "b.toml", "#" * 70_000)
    (tmp_path / FOLDER / "a.toml").rmdir()
    with pytest.raises(SettingError):
        read_cover_files(tmp_path)


def test_too_many_rules_are_a_mistake(tmp_path: Path) -> None:
    rules = "".join(f'[[cover]]\nname = "{n}"\nmonitor = 1\n' for n in range(40))
    for name in ("a", "b"):
        write(tmp_path, f"{name}.toml", f'model = "*"\n{rules}')
    with pytest.raises(SettingError):
        rules_for(read_cover_files(tmp_path), [instrument("A")])


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("Worklist [42]", "worklist [[]42]", False),
        ("Worklist [42]", "WORKLIST [42]", True),
        ("Worklist", "Work", False),
        ("Worklist", "Work*", True),
        ("Worklist", "W?rklist", True),
        ("", "*", True),
        ("two\nlines", "two*", True),
        ("a" * 5000, "*a*a*a*a*a*b", False),
    ],
)
def test_patterns(text: str, pattern: str, expected: bool) -> None:
    assert matches(text, pattern) is expected
