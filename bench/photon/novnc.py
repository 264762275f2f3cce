"""The peer to compare with: the PC's display shared by x0tigervncserver and shown by noVNC in a Chromium.

Both as Debian ships them, with their own settings; no TLS, which is in their favour.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import psutil
from examples.demo.children import ChildError, Children, free_port
from examples.demo.seat import NOVNC_FOLDERS, NOVNC_PARTS, wait_for_port
from examples.engineer.engineer import Engineer

from bench.photon.full import fill_screen, page_origin

SERVERS = ("X0tigervnc", "x0tigervncserver", "x0vncserver")
READY_WITHIN_S = 60.0


class NoVnc:
    """A viewer, full screen, on a display of its own.  A context manager.

    `origin`: where the PC's first pixel is on that display.

    The browser is played from a thread of its own: Playwright plays one browser a thread.
    """

    def __init__(
        self,
        children: Children,
        pc: Mapping[str, str],
        screen: Mapping[str, str],
        folder: Path,
        door: Callable[[int], int] = int,
    ) -> None:
        """`door` tells at which port the browser reaches the one that is served."""
        self._children = children
        self.origin = (0, 0)
        self._screen = dict(screen)
        self._folder = folder
        self._door = door
        self._address = self._serve(children, pc)
        self._is_ready, self._is_over = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._show, name="noVNC's browser")

    def __enter__(self) -> NoVnc:
        self._thread.start()
        if not self._is_ready.wait(READY_WITHIN_S) or self._failure is not None:
            self._end()
            raise ChildError(f"noVNC did not show the PC: {self._failure}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on()
        self._end()
        for child in (self._proxy, self._server):
            self._children.stop(child)

    def hold_still(self) -> None:
        """Freeze server, proxy and browser, so that they take nothing from what is measured meanwhile."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them run again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        mine = [process for child in (self._server, self._proxy) for process in family(child.pid)]
        for process in mine + browser_processes(self._folder):
            if process.is_running():
                process.send_signal(number)

    def _serve(self, children: Children, pc: Mapping[str, str]) -> str:
        novnc = next((path for path in NOVNC_FOLDERS if (path / "core" / "rfb.js").exists()), None)
        server = next((name for name in SERVERS if Path("/usr/bin", name).exists()), None)
        if novnc is None or server is None:
            raise ChildError("expected Debian's novnc and tigervnc-scraping-server, to compare with")
        web = self._folder / "web"
        web.mkdir(parents=True)
        for part in NOVNC_PARTS:
            if (novnc / part).exists():
                (web / part).symlink_to(novnc / part)
        here = Path(__file__).parent
        (web / "index.html").write_bytes((here / "novnc.html").read_bytes())
        (web / "start.js").write_bytes((here / "novnc.js").read_bytes())
        vnc_port = free_port()
        words = ["-SecurityTypes", "None", "-rfbport", str(vnc_port), "-localhost=1", "-AlwaysShared"]
        self._server = children.start("x0tigervncserver", [server, "-display", pc["DISPLAY"], *words], env=pc)
        wait_for_port(vnc_port, self._server)
        port = free_port()
        proxy: list[str | Path] = ["websockify", "--web", web, f"127.0.0.1:{port}", f"127.0.0.1:{vnc_port}"]
        self._proxy = children.start("websockify", proxy)
        wait_for_port(port, self._proxy)
        return f"http://127.0.0.1:{self._door(port)}/"

    def _show(self) -> None:
        try:
            with Engineer(self._address, self._folder, headless=False, display=self._screen) as browser:
                browser.page.goto(self._address)
                browser.page.wait_for_selector("html[data-state=connected] canvas", state="attached")
                fill_screen(browser.page)
                self.origin = page_origin(browser.page)
                self._is_ready.set()
                self._is_over.wait()
        except Exception as error:
            self._failure = error
            self._is_ready.set()

    def _end(self) -> None:
        self._is_over.set()
        self._thread.join()


def browser_processes(folder: Path) -> list[psutil.Process]:
    """Everything of the browser whose profile is in `folder`."""
    mark = f"--user-data-dir={folder / 'profile'}"
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["cmdline"]):
        if mark in (process.info["cmdline"] or ()):
            found |= {each.pid: each for each in family(process.pid)}
    return list(found.values())


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
