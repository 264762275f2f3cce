"""The console's files, as its build left them."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse, PlainTextResponse

__all__ = ["ConsoleFiles"]

_NOT_BUILT = "The console is not built in this installation. In a checkout, `python3 tasks.py build` builds it.\n"


class ConsoleFiles:
    """Serves only what was there at the start: no path of a request ever reaches the file system."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            "/" + path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
        }
        self._index = self._files.get("/index.html")

    async def serve(self, request: Request) -> Response:
        """The file of this path; for any other path outside /api the page itself, which knows its own paths."""
        path = self._files.get(request.url.path)
        if path is None and request.url.path.startswith("/assets/"):
            return PlainTextResponse("", status_code=404)
        path = path or self._index
        if path is None:
            return PlainTextResponse(_NOT_BUILT, status_code=404 if request.url.path != "/" else 200)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return FileResponse(path, media_type="application/wasm" if path.suffix == ".wasm" else kind)
