"""Small words of values: each language has all of them."""

from __future__ import annotations

import tomllib

import pytest

from benchside.notifier.spoken import FIRST, TABLE, say_shift, say_value
from benchside.notifier.words import LANGUAGES


def test_each_language_has_the_same_words() -> None:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert table.keys() == set(LANGUAGES)
    assert {language: words.keys() for language, words in table.items()} == dict.fromkeys(table, table[FIRST].keys())


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [(None, "?", "?"), (True, "yes", "sí"), (False, "no", "no"), (1.5, "1.5", "1,5"), (2.0, "2", "2"), (7, "7", "7")],
)
def test_values(value: float | None, english: str, spanish: str) -> None:
    assert (say_value(value, "en"), say_value(value, "es"), say_value(value, "xx")) == (english, spanish, english)


@pytest.mark.parametrize(
    ("seconds", "english", "spanish"),
    [
        (315_360_000, "10 years forward", "10 años hacia adelante"),
        (-7200, "2 hours back", "2 horas hacia atrás"),
        (-90, "90 seconds back", "90 segundos hacia atrás"),
        (0, "0 seconds forward", "0 segundos hacia adelante"),
    ],
)
def test_how_far_a_clock_has_moved(seconds: float, english: str, spanish: str) -> None:
    assert (say_shift(seconds, "en"), say_shift(seconds, "es")) == (english, spanish)
