"""What the server writes to people: subject and body of each mail, from the catalogues."""

from __future__ import annotations

import gettext
import string
from collections.abc import Mapping
from pathlib import Path

from benchside.protocol.errors import CallerError, UnavailableError

__all__ = ["LANGUAGES", "Texts", "language_of", "open_texts"]

LANGUAGES = ("en", "es")
_CATALOGUES = Path(__file__).parent.parent / "locale"
MAX_SUBJECT = 150
"""What a list of mails shows of it; a header of one line."""
MAX_NAMED = 20
"""Languages that a browser names; real ones name five."""


def language_of(accepted: str) -> str:
    """Return the first of ours that a browser's Accept-Language names (RFC 9110, 12.5.4); English when it has none."""
    for part in accepted.split(",", MAX_NAMED)[:MAX_NAMED]:
        if (named := part.strip()[:2].lower()) in LANGUAGES:
            return named
    return LANGUAGES[0]


class Texts:
    """Both languages."""

    def __init__(self, catalogues: Mapping[str, gettext.NullTranslations]) -> None:
        self._catalogues = catalogues

    def of(self, template: str, values: Mapping[str, str], language: str) -> tuple[str, str]:
        """Return subject and body of `mail.<template>`.

        CallerError when there is no such text, and when what it wants is not what `values` gives.
        """
        subject = self._filled(f"mail.{template}.subject", values, language)
        return " ".join(subject.split())[:MAX_SUBJECT], self._filled(f"mail.{template}.body", values, language)

    def sentence(self, message_id: str, values: Mapping[str, str], language: str) -> str:
        """Return one text with its places filled; CallerError when there is none."""
        return self._filled(message_id, values, language)

    def word(self, message_id: str, language: str) -> str:
        """Return one text without places; CallerError when there is none."""
        return self._filled(message_id, {}, language)

    def _filled(self, message_id: str, values: Mapping[str, str], language: str) -> str:
        catalogue = self._catalogues.get(language, self._catalogues[LANGUAGES[0]])
        text = catalogue.gettext(message_id)
        wanted = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        if text == message_id or not wanted <= values.keys():
            raise CallerError(f"expected a text and its values for {message_id} in {language}, got others")
        return text.format_map(values)


def open_texts() -> Texts:
    """Return the texts; UnavailableError when set-up compiled nothing."""
    found = {}
    for language in LANGUAGES:
        path = _CATALOGUES / f"{language}.mo"
        try:
            with path.open("rb") as file:
                found[language] = gettext.GNUTranslations(file)
        except (OSError, UnicodeDecodeError) as error:
            text = f"expected compiled texts at {path.name}; in a checkout, python3 tasks.py build makes them"
            raise UnavailableError(text) from error
    return Texts(found)
