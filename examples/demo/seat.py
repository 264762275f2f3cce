"""A PC's screen at which a person can sit from a browser tab: Xvnc, a desktop on it, and noVNC.

For the demo alone. Everything is on this machine: the VNC server listens on a Unix socket that only this
user can open, and the web port on 127.0.0.1, which takes WebSockets from its own page only.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from examples.demo.children import Child, ChildError, Children, free_port
from examples.demo.display import START_S, start_desktop, start_display

SIZE_PX = (1600, 900)
NOVNC_FOLDERS = (Path("/usr/share/novnc"), Path("/usr/share/webapps/novnc"))
# What noVNC's own page needs of it; the rest (its launcher scripts) is not served.
NOVNC_PARTS = ("core", "vendor")
# With AcceptSetDesktopSize off, the tab scales the picture and never resizes the PC's screen.
VNC_OPTIONS = ("-SecurityTypes", "None", "-rfbport", "-1", "-AlwaysShared", "-AcceptSetDesktopSize=0",
               "-desktop", "instrument PC")  # fmt: skip


@dataclass(frozen=True)
class Seat:
    """`display` and `environment` are for the programs of that PC; `address` is for the person's browser.

    At a real screen there is no address and no process of ours.
    """

    display: str
    environment: dict[str, str]
    address: str | None = None
    pid: int | None = None


def sit_at(display: str) -> Seat:
    """The screen of this very machine, such as ":0", with the desktop and the session that it has."""
    return Seat(display, {"DISPLAY": display, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"})


def start_seat(
    children: Children,
    *,
    size: tuple[int, int] = SIZE_PX,
    numbers: range = range(20, 100),
    port: int | None = None,
) -> Seat:
    """Starts all of it and returns when the page can be opened.

    Raises ChildError when a part is missing or does not start. The children end it.
    """
    display = start_display(
        children,
        kind="Xvnc",
        size=size,
        numbers=numbers,
        options=(*VNC_OPTIONS, "-rfbunixpath", "{sockets}/vnc", "-rfbunixmode", "0600"),
    )
    environment = start_desktop(children, display)
    port = port or free_port()
    web = children.start(
        "seat-web",
        [
            "websockify", "--web", page(display.sockets / "web"), "--unix-target", display.sockets / "vnc",
            "--auth-plugin", "ExpectOrigin",
            "--auth-source", f"http://localhost:{port} http://127.0.0.1:{port}",
            f"127.0.0.1:{port}",
        ],
    )  # fmt: skip
    wait_for_port(port, web)
    return Seat(display.name, environment, f"http://localhost:{port}/", display.server.pid)


def page(folder: Path) -> Path:
    """The folder to serve: our own page, which connects at once, and links to noVNC's parts."""
    novnc = next((path for path in NOVNC_FOLDERS if (path / "core" / "rfb.js").exists()), None)
    if novnc is None:
        raise ChildError("noVNC is not installed: the PC's screen is shown with it (Debian: novnc)")
    folder.mkdir(exist_ok=True)
    for part in NOVNC_PARTS:
        if (novnc / part).exists():
            (folder / part).symlink_to(novnc / part)
    for name in ("seat.html", "seat.js"):
        target = "index.html" if name == "seat.html" else name
        (folder / target).write_bytes((Path(__file__).parent / name).read_bytes())
    return folder


def wait_for_port(port: int, server: Child, timeout_s: float = START_S) -> None:
    """Returns when a server can be reached; raises ChildError when it has ended or the time is over."""
    until = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError as error:
            if not server.is_running or time.monotonic() > until:
                raise ChildError(f"nothing listens on port {port}\n{server.last_lines()}") from error
            time.sleep(0.02)
