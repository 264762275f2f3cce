"""Makes a virtual X display, and the D-Bus session with the accessibility tree that goes with it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from examples.demo.children import Child, ChildError, Children

# X servers are up in 0.2 s here; a busy machine gets much more.
START_S = 20.0
AT_SPI_LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
BACKDROP = "#46606f"
# A window manager of a few rules: no menu with "Exit" in it, and no keys kept from the programs.
OPENBOX_RULES = Path(__file__).parent / "openbox.xml"


@dataclass(frozen=True)
class Display:
    """A display that is up. `environment` is what a program needs to appear on it, and all it needs."""

    name: str
    environment: dict[str, str]
    server: Child
    sockets: Path
    """Private to this display, for the sockets and cookies of what runs on it."""


def start_display(
    children: Children,
    *,
    kind: str = "Xvfb",
    size: tuple[int, int] = (1920, 1080),
    numbers: range = range(100, 200),
    options: tuple[str, ...] = (),
) -> Display:
    """Starts an X server on the first free number; kind is Xvfb or Xvnc. It is local and asks for a cookie.

    `{sockets}` in an option is replaced by the display's own folder. Raises ChildError if none starts.
    """
    cookie = secrets.token_bytes(16)
    width, height = size
    sized = {
        "Xvfb": ["-screen", "0", f"{width}x{height}x24"],
        "Xvnc": ["-geometry", f"{width}x{height}", "-depth", "24"],
    }[kind]
    complaint = "all are in use"
    for number in numbers:
        if is_taken(number):
            continue
        sockets = children.sockets / str(number)
        sockets.mkdir(exist_ok=True)
        authority = sockets / "Xauthority"
        write_authority(authority, number, cookie)
        reader, writer = os.pipe()
        argv = [kind, f":{number}", *sized, "-auth", str(authority), "-nolisten", "tcp", "-noreset",
                "-displayfd", str(writer), *(word.format(sockets=sockets) for word in options)]  # fmt: skip
        server = children.start(f"{kind}-{number}", argv, pass_fds=[writer])
        os.close(writer)
        if answered(reader):
            name = f":{number}"
            return Display(name, {"DISPLAY": name, "XAUTHORITY": str(authority)}, server, sockets)
        # Most likely somebody else took the number between the look and the start.
        children.kill(server)
        complaint = server.last_lines()
    raise ChildError(f"no {kind} started from :{numbers.start} to :{numbers.stop - 1}\n{complaint}")


def is_taken(number: int) -> bool:
    """True if a living X server holds the number; what a killed one left behind does not count.

    A server that is told `-displayfd` makes no lock, and one in another network namespace would take the socket of
    the same name away from this one's clients, and never notice: so the socket itself is asked.
    """
    with socket.socket(socket.AF_UNIX) as asked:
        try:
            asked.connect(f"/tmp/.X11-unix/X{number}")
        except OSError:
            pass
        else:
            return True
    try:
        pid = int(Path(f"/tmp/.X{number}-lock").read_text())
    except (OSError, ValueError):
        return False
    return Path(f"/proc/{pid}").exists()


def answered(reader: int) -> bool:
    """True once the server has written its display number, False if it closed the pipe, so ended, first."""
    with os.fdopen(reader) as file:
        return file.readline().strip().isdigit()


def write_authority(path: Path, number: int, cookie: bytes) -> None:
    """One entry of Xauthority's format: family, address, display, method, cookie; for any host name."""
    any_host = 0xFFFF
    fields = (b"", str(number).encode(), b"MIT-MAGIC-COOKIE-1", cookie)
    entry = struct.pack(">H", any_host) + b"".join(struct.pack(">H", len(f)) + f for f in fields)
    path.touch(mode=0o600)
    path.write_bytes(entry)


def start_desktop(children: Children, display: Display) -> dict[str, str]:
    """Adds what a person's desktop has: window manager, D-Bus session, accessibility tree.

    Returns the environment for programs on that desktop; Qt puts its widgets into the tree with it.
    """
    environment = {
        **display.environment,
        "XDG_RUNTIME_DIR": str(display.sockets),
        "QT_QPA_PLATFORM": "xcb",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "NO_AT_BRIDGE": "0",
        # A desktop's own settings would make the windows look different from machine to machine.
        "XDG_CURRENT_DESKTOP": "",
    }
    address = f"unix:path={display.sockets}/bus"
    bus = children.start(
        "dbus",
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", f"--address={address}"],
        env=environment,
    )
    bus.wait_for(r"^unix:", START_S)
    environment["DBUS_SESSION_BUS_ADDRESS"] = address
    launcher = next((path for path in AT_SPI_LAUNCHERS if Path(path).exists()), None)
    if launcher is None:
        raise ChildError("at-spi2-core is not installed: the accessibility tree needs it")
    children.start("at-spi", [launcher, "--launch-immediately"], env=environment)
    # A quiet backdrop instead of black; done at once, so it is no child to be watched.
    backdrop = ["xsetroot", "-solid", BACKDROP]
    if shutil.which("xsetroot"):
        subprocess.run(backdrop, env={**os.environ, **environment}, check=False)
    children.start("openbox", ["openbox", "--sm-disable", "--config-file", OPENBOX_RULES], env=environment)
    return environment
