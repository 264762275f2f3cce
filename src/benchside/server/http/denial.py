"""The page on which somebody says of a sign-in that it was not them: this server's own, whatever console is in use.

The link to it stands in each mail about a new location.  It works in any browser, also where the server gives browsers
no console (`consoles = "package"`): whoever signed in does not choose where it leads, as they do for the other link.
"""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from benchside.server.mail.texts import LANGUAGES, Texts, language_of, open_texts

__all__ = ["DenialPage"]

_PAGE = Path(__file__).parent / "denial.html"
_TEXTS = ("title", "lead", "no_script", "button", "done", "late", "wait", "failed")


class DenialPage:
    """One file, with its only script and style named in its policy by their hashes; it reads nothing of the request."""

    def __init__(self, server_name: str) -> None:
        """`server_name`: what people know this server by."""
        self._server_name = server_name
        self._form = _PAGE.read_text(encoding="utf-8")
        self._pages: dict[str, str] = {}
        script, style = (_digest(self._form, element) for element in ("script", "style"))
        self._policy = (
            f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; frame-ancestors 'none'; "
            "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
        )

    async def serve(self, request: Request) -> Response:
        """The page in the browser's language; UnavailableError when set-up compiled no texts."""
        if not self._pages:
            texts = open_texts()
            self._pages = {language: self._filled(texts, language) for language in LANGUAGES}
        page = self._pages[language_of(request.headers.get("accept-language", ""))]
        return HTMLResponse(page, headers={"Content-Security-Policy": self._policy, "Vary": "Accept-Language"})

    def _filled(self, texts: Texts, language: str) -> str:
        page, values = self._form.replace("{language}", language), {"server": self._server_name}
        for name in _TEXTS:
            page = page.replace(f"{{{name}}}", html.escape(texts.sentence(f"denial.{name}", values, language)))
        return page


def _digest(page: str, element: str) -> str:
    inner = page.partition(f"<{element}>")[2].partition(f"</{element}>")[0]
    return f"'sha256-{base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()}'"
