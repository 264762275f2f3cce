"""Text that would read as something else than it is may not travel."""

from __future__ import annotations

import msgspec
import pytest

from benchside.protocol.wire.text import Name, clean

TURNING = "\u0000\u001b\u0085\u00ad\u200b\u200e\u202e\u2066\ufeff"
UNSHOWN = "\u034f\u061c\u115f\u1160\u17b4\u180e\u3164\uffa0\U000e0041"


@pytest.mark.parametrize("character", TURNING, ids=lambda one: f"{ord(one):04x}")
def test_what_hides_or_turns_text_is_refused_and_cleaned_away(character: str) -> None:
    assert clean(f"Ana{character}Gil", 80) == "Ana Gil"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(f"Ana{character}Gil", Name)


@pytest.mark.parametrize("character", UNSHOWN, ids=lambda one: f"{ord(one):04x}")
def test_what_shows_nothing_is_cleaned_away_and_read_where_it_was_kept(character: str) -> None:
    assert clean(f"Ana{character}Gil", 80) == "Ana Gil"
    assert msgspec.convert(f"Ana{character}Gil", Name) == f"Ana{character}Gil"


@pytest.mark.parametrize(
    "name", ["Ana Gil", "Bioqu\u00edmica", "\u674e\u4f1f", "\u0623\u062d\u0645\u062f", "\u26a0\ufe0f"]
)
def test_what_people_write_travels_as_it_is(name: str) -> None:
    assert clean(name, 80) == msgspec.convert(name, Name) == name
