"""A site's hours: what people write, what it means, and what is refused."""

from __future__ import annotations

import pytest

from benchside.protocol.wire.policy import Hours
from benchside.settings.hours import read_hours, show_hours
from benchside.settings.toml import SettingError


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("mon-fri 08:00-17:30", (Hours(days=(0, 1, 2, 3, 4), from_minute=480, to_minute=1050),)),
        ("  SAT,Sun   00:00-24:00 ", (Hours(days=(5, 6), from_minute=0, to_minute=1440),)),
        ("sat-mon 09:00-10:00", (Hours(days=(0, 5, 6), from_minute=540, to_minute=600),)),
        (
            "sun 22:00-06:00",
            (Hours(days=(6,), from_minute=1320, to_minute=1440), Hours(days=(0,), from_minute=0, to_minute=360)),
        ),
        ("fri 22:00-00:00", (Hours(days=(4,), from_minute=1320, to_minute=1440),)),
    ],
)
def test_what_people_write_is_understood_and_shown_again(text: str, hours: tuple[Hours, ...]) -> None:
    assert read_hours("rules.hours", text) == hours
    again = tuple(one for shown in show_hours(hours) for one in read_hours("rules.hours", shown))
    assert again == hours


@pytest.mark.parametrize(
    "text",
    [
        "", "mon", "mon 8-17", "mon 08:00", "mon 08:00-08:00", "mon 24:00-08:00", "mon 08:60-09:00", "mon 08:00-24:01",
        "lun 08:00-17:00", "mon- 08:00-17:00", "mon-fri-sat 08:00-17:00", ",mon 08:00-09:00", "mon 08:00-17:00\nx",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_setting_named(text: str) -> None:
    with pytest.raises(SettingError, match=r"rules\.hours must be days and a time"):
        read_hours("rules.hours", text)
