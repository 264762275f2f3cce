"""What a request must be before anything is done with it: of our own page, in a browser of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchside.console.calls import REPORT
from benchside.transport.web.headers import most_bytes
from benchside.transport.web.package import SSO_CALLBACK

__all__ = ["Fault", "Gate"]

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Fault:
    """Why not, in the form that the server's API has too."""

    status: int
    reason: str


class Gate:
    """The rules, for one port."""

    def __init__(self, port: int) -> None:
        self._host = f"127.0.0.1:{port}"
        self.origin = f"http://{self._host}"

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Fault | None:
        """Why this request is not ours; None when it may be.  `headers`: names in lower case."""
        if headers.get("host") != self._host:
            return Fault(421, "wrong_host")  # a name that another site lets point here (DNS rebinding)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > most_bytes(path):
            return Fault(413, "too_large")
        if not path.startswith("/api/"):
            return None if method in ("GET", "HEAD") else Fault(405, "method")
        return self._of_api(method, path, headers)

    def _of_api(self, method: str, path: str, headers: Mapping[str, str]) -> Fault | None:
        if (method, path) == ("POST", REPORT):
            return None  # browsers send these by themselves, and nobody reads them
        if (method, path) == ("GET", SSO_CALLBACK):
            # the provider's page sends the browser here; nothing but a person's own window may come
            is_window = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
            return None if is_window else Fault(403, "cross_site")
        if headers.get("sec-fetch-site") != "same-origin":
            return Fault(403, "cross_site")  # also what another port of this machine serves is another origin
        if method in _UNSAFE and (headers.get("origin"), headers.get("x-benchside")) != (self.origin, "1"):
            return Fault(403, "cross_site")
        return None
