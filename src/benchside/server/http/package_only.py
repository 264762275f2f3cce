"""What a browser gets from a server that works with the package's console only: a page without script that says so."""

from __future__ import annotations

import base64
import hashlib
import html
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

__all__ = ["PackageOnly"]

_PAGE = Path(__file__).parent / "package_only.html"


class PackageOnly:
    """Serves the one page for every path outside /api."""

    def __init__(self, web_url: str) -> None:
        text = _PAGE.read_text(encoding="utf-8")
        style = text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._text = text.replace("{server}", html.escape(web_url))
        self._policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; "
            "form-action 'none'"
        )

    async def serve(self, _request: Request) -> Response:
        """The page; 403, since what was asked for is refused."""
        return HTMLResponse(self._text, status_code=403, headers={"Content-Security-Policy": self._policy})
