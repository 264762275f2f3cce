"""The console's files, as its build left them, and one number that stands for all of them."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

__all__ = ["CONSOLE", "ConsoleFiles"]

CONSOLE = Path(__file__).parent / "pages"
"""Where the console's build puts its files, and where an installed package has them."""
_NOT_BUILT = "The console is not built in this installation. In a checkout, `python3 tasks.py build` builds it.\n"


class ConsoleFiles:
    """Serves only what was there at the start, from memory: no path of a request ever reaches the file system."""

    def __init__(self, folder: Path = CONSOLE) -> None:
        self._files = {
            "/" + path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    @property
    def is_built(self) -> bool:
        """Whether there is a console here at all."""
        return "/index.html" in self._files

    @property
    def digest(self) -> str:
        """SHA-256 over all of them, hexadecimal; of what is served, whatever becomes of the disk.

        The same as `find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` in their folder.
        """
        lines = (
            f"{hashlib.sha256(content).hexdigest()}  {path[1:]}\n"
            for path, content in sorted(self._files.items(), key=lambda one: one[0].encode())
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    async def serve(self, request: Request) -> Response:
        """The file of this path; for any other path outside /api the page itself, which knows its own paths."""
        path = request.url.path
        if path not in self._files and path.startswith("/assets/"):
            return PlainTextResponse("", status_code=404)
        name = path if path in self._files else "/index.html"
        if name not in self._files:
            return PlainTextResponse(_NOT_BUILT, status_code=404 if path != "/" else 200)
        return Response(self._files[name], media_type=_kind(name))


def _kind(name: str) -> str:
    if name.endswith(".wasm"):
        return "application/wasm"
    # the machine's own table may call a script something that a browser then refuses to run
    if name.endswith(".js"):
        return "text/javascript"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
