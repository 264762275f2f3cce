"""Installs the Debian or Ubuntu packages that are missing, and says which and why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from project.progress import StepError, run_step, say


@dataclass(frozen=True)
class Need:
    """What for, the packages, and the programs that prove it where there is no dpkg to ask."""

    why: str
    packages: tuple[str, ...]
    programs: tuple[str, ...] = ()


SCREEN = (
    Need("the virtual screens of tests and benchmarks", ("xvfb", "xauth"), ("Xvfb",)),
    Need(
        "the demo's instrument PC, at which one sits from a browser tab",
        ("tigervnc-standalone-server", "novnc", "websockify"),
        ("Xvnc", "websockify"),
    ),
    Need("a window manager and a backdrop on those screens", ("openbox", "x11-xserver-utils"), ("openbox", "xsetroot")),
    Need(
        "keyboard layouts, and a hand and an eye on X for tests",
        ("x11-xkb-utils", "xkb-data", "x11-utils", "xdotool"),
        ("setxkbmap", "xdotool", "xprop"),
    ),
    Need("what the program that drives the browser is linked against", ("libatomic1",)),
    Need("the peer in the session benchmark", ("tigervnc-scraping-server",), ("x0tigervncserver",)),
    Need(
        "the accessibility tree, through which the scripted technician works",
        ("at-spi2-core", "dbus", "python3-pyatspi"),
        ("dbus-daemon",),
    ),
    Need(
        "what Qt loads to draw on X",
        ("libegl1", "libgl1", "libdbus-1-3", "libfontconfig1", "libglib2.0-0", "libxkbcommon-x11-0",
         "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-randr0",
         "libxcb-render-util0", "libxcb-shape0", "libxcb-xinerama0", "libxcb-xkb1", "fonts-dejavu-core"),
    ),
)  # fmt: skip

PROXIES = (  # and the edge, and what else only tests need
    Need("the hospital's proxies of tests", ("squid", "tinyproxy"), ("squid", "tinyproxy")),
    Need("the edge of tests, and who scans it", ("haproxy", "sslscan"), ("haproxy", "sslscan")),
    Need("the proxy that looks into TLS", ("mitmproxy",), ("mitmdump",)),
    Need("a clock that jumps ten years, in tests", ("faketime",), ("faketime",)),
)

RECORDER = Need("who hears each write and sync of a program in a benchmark", ("strace",), ("strace",))
FOREIGN = (  # what the notices benchmark lets the notifier watch
    Need("who rotates a log, and who writes one", ("logrotate", "bsdutils"), ("logrotate", "script")),
)

SCANNER = Need("who scans the edge in a benchmark", ("testssl.sh",), ("testssl",))

# Ubuntu's chromium is a stub that installs a snap, which does not work in containers: see chromium.py.
BROWSER = Need("the engineer's browser", ("chromium",), ())


def is_debian_like() -> bool:
    return shutil.which("dpkg-query") is not None


def is_ubuntu() -> bool:
    try:
        with Path("/etc/os-release").open() as file:
            return any(line.startswith("ID=ubuntu") for line in file)
    except OSError:
        return False


def missing_packages(wanted: list[str]) -> list[str]:
    """Those of wanted that dpkg does not have installed. t64 names (Debian 13, Ubuntu 24.04) count."""
    names = [*wanted, *(f"{name}t64" for name in wanted if name.startswith("lib"))]
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${binary:Package}\n", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {
        line.split()[1].split(":")[0].removesuffix("t64")
        for line in asked.stdout.splitlines()
        if line.startswith("installed ")
    }
    return [name for name in wanted if name not in installed]


def ensure(needs: tuple[Need, ...]) -> None:
    """Installs what is missing; raises StepError with what to do where that is impossible."""
    if not is_debian_like():
        ensure_programs(needs)
        return
    lacking = missing_packages([name for need in needs for name in need.packages])
    if not lacking:
        return
    say("These system packages are missing and are installed now:")
    for need in needs:
        these = [name for name in need.packages if name in lacking]
        if these:
            say(f"  for {need.why}: {' '.join(these)}")
    install(lacking)


def ensure_programs(needs: tuple[Need, ...]) -> None:
    for need in needs:
        absent = [name for name in need.programs if shutil.which(name) is None]
        if absent:
            raise StepError(
                f"{', '.join(absent)} is missing: it is needed for {need.why}. This system has no apt, "
                f"so please install it by the system's own means and run this again "
                f"(on Debian it is in: {' '.join(need.packages)})."
            )


def install(packages: list[str]) -> None:
    """Runs apt-get, through sudo for anybody but root. Raises StepError when neither works."""
    by_hand = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise StepError(f"apt-get is not here; please install by hand: {' '.join(packages)}")
    prefix: list[str] = []
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            raise StepError(f"installing needs root, and there is no sudo; please run as root: {by_hand}")
        # With nobody at a terminal a question for a password would wait for ever.
        prefix = ["sudo"] if sys.stdin.isatty() else ["sudo", "--non-interactive"]
        if subprocess.run([*prefix, "true"], check=False).returncode != 0:
            raise StepError(f"sudo was refused; please run as root: {by_hand}")
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    run_step("apt-get update", "the list of packages", [*quiet, "update"], log="apt-update")
    run_step(
        "apt-get install",
        f"{len(packages)} packages and what they need",
        [*quiet, "install", "--no-install-recommends", *packages],
        log="apt-install",
    )
