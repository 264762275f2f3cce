"""Texts for people, by symbolic id, in the language of the window."""

from __future__ import annotations

import gettext
from pathlib import Path

from benchside.desk.models.phrase import Phrase
from benchside.protocol.errors import CallerError, UnavailableError

__all__ = ["LANGUAGES", "Texts", "open_texts"]

LANGUAGES = ("en", "es")

_CATALOGUES = Path(__file__).parent / "locale"


class Texts:
    """One language.  `texts("home.title")` is the text; places are filled by name."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        """`language`: one of LANGUAGES."""
        self.language = language
        self._catalogue = catalogue

    def __call__(self, message_id: str, **values: str | int | Phrase) -> str:
        """Return the text of `message_id`; CallerError when the catalogue lacks it or a place is not filled."""
        text = self._catalogue.gettext(message_id)
        if text == message_id:
            raise CallerError(f"expected a text for {message_id} in {self.language}, the catalogue has none")
        filled = {name: self.say(value) if isinstance(value, Phrase) else str(value) for name, value in values.items()}
        try:
            # format_map reads only the catalogue's text as a format; values are put in as they are
            return text.format_map(filled)
        except KeyError as error:
            raise CallerError(f"expected a value for {error} in {message_id}") from error

    def say(self, phrase: Phrase) -> str:
        """Return the text of `phrase`."""
        return self(phrase.id, **phrase.values)


def open_texts(language: str) -> Texts:
    """Return the texts of `language` (English when there are none); UnavailableError when set-up compiled nothing."""
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    path = _CATALOGUES / f"{chosen}.mo"
    try:
        with path.open("rb") as file:
            return Texts(chosen, gettext.GNUTranslations(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"expected compiled texts at {path}; in a checkout, python3 tasks.py build makes them"
        ) from error
