"""Starts, watches and ends child programs so that none of them outlives this process, even after kill -9.

Used by the demo, the system tests and the benchmarks. Every child is the leader of a session of its own, so
that Ctrl-C in the terminal reaches this process alone, which then ends them in order; it writes to a log of
its own in the run folder; and leash.py kills what is left when this process is gone.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from examples.demo import leash

# What a program gets to end in order before it is killed: a journal can be flushed in that time.
GRACE_S = 5.0
# Between two looks at a log that is waited on.
LOOK_AGAIN_S = 0.02
LAST_LINES = 15
# Linux gives outgoing connections 32768 and above.
ANY_PORT = range(20_000, 32_768)
# Drawn ports that are kept from others: long before so many more are drawn, whoever drew one listens on it.
KEPT_PORTS = 64
_kept: deque[int] = deque()


class ChildError(Exception):
    """A child did not start, did not get ready in time, or ended; the text holds the end of its log."""


class Child:
    """One running program. Made by Children.start only."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self.process = process

    @property
    def pid(self) -> int:
        """The program's own process id, which is also its session and process group."""
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """As in subprocess: negative for a signal, None while it runs."""
        return self.process.poll()

    def wait(self, timeout_s: float) -> int:
        """Its exit code; raises ChildError if it still runs after timeout_s."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ChildError(f"{self.name} still runs after {timeout_s} s\n{self.last_lines()}") from error

    def wait_for(self, pattern: str, timeout_s: float) -> re.Match[str]:
        """Waits until a regular expression is found in the log; raises ChildError if it ends before."""
        until = time.monotonic() + timeout_s
        while True:
            running = self.is_running  # asked before the log is read, so that its last words count
            found = re.search(pattern, self.log.read_text(errors="replace"), re.MULTILINE)
            if found:
                return found
            if not running:
                raise ChildError(f"{self.name} ended with code {self.exit_code}\n{self.last_lines()}")
            if time.monotonic() > until:
                raise ChildError(f"{self.name} did not say /{pattern}/ in {timeout_s} s\n{self.last_lines()}")
            time.sleep(LOOK_AGAIN_S)

    def signal(self, number: signal.Signals) -> None:
        """To the program alone; nothing happens if it is gone."""
        if self.is_running:
            self.process.send_signal(number)

    def last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"    {self.name}: {line}" for line in lines)


class Children:
    """The programs of one world. A context manager: leaving it ends all of them.

    `run_folder` gets NAME.log for each child (NAME-2.log for the second start of a name, and so on).
    `sockets` is a private folder for sockets and cookies that goes with the world. It has a short path, since
    a Unix socket's has at most 107 bytes.
    """

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        run_folder.mkdir(parents=True, exist_ok=True)
        self.sockets = Path(tempfile.mkdtemp(prefix="bench-"))
        self._mark = secrets.token_hex(8)
        self._running: list[Child] = []
        self._starts: dict[str, int] = {}
        # setpriv is in util-linux, so on every Debian; without it leash.py alone does the work.
        self._setpriv = shutil.which("setpriv")
        self._leash = subprocess.Popen(
            [sys.executable, "-I", "-S", leash.__file__, self._mark, str(self.sockets)],
            stdin=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != leash.MARK_VARIABLE},
            cwd="/",
            start_new_session=True,
        )

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Child:
        """Starts a program; `env` is added to this process's environment. Raises ChildError if there is none.

        Call it from a thread that lives as long as the children: the kernel kills them with the thread.
        """
        self._starts[name] = self._starts.get(name, 0) + 1
        count = self._starts[name]
        log = self.run_folder / (f"{name}.log" if count == 1 else f"{name}-{count}.log")
        words = [str(word) for word in argv]
        if shutil.which(words[0]) is None:
            raise ChildError(f"there is no program {words[0]} for {name}")
        if self._setpriv:
            words = [self._setpriv, "--pdeathsig", "KILL", "--", *words]
        with log.open("wb") as out:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {}), leash.MARK_VARIABLE: self._mark},
                cwd=cwd,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._tell_leash("+", process.pid)
        child = Child(name, process, log)
        self._running.append(child)
        return child

    def stop(self, child: Child, *, grace_s: float = GRACE_S, first: signal.Signals = signal.SIGTERM) -> int:
        """Ends a child and all of its group; SIGKILL after grace_s. Returns its exit code."""
        child.signal(first)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(grace_s)
        return self.kill(child)

    def kill(self, child: Child) -> int:
        """SIGKILL for a child and all of its group, now. Returns its exit code."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        code = child.process.wait()
        if child in self._running:
            self._running.remove(child)
            self._tell_leash("-", child.pid)
        return code

    def stop_all(self) -> None:
        """Ends everything, the last started first; then what they have started outside of their groups."""
        for child in reversed(self._running.copy()):
            self.stop(child)
        if self._leash.stdin is not None and not self._leash.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._leash.stdin.close()
        self._leash.wait()

    @property
    def running(self) -> tuple[Child, ...]:
        """In the order in which they were started."""
        return tuple(self._running)

    def ended(self) -> list[Child]:
        """Those that have ended although nobody stopped them here."""
        return [child for child in self._running if not child.is_running]

    def wait_any(self, timeout_s: float | None = None) -> Child | None:
        """Sleeps until a child ends by itself and returns it; None after timeout_s. Costs no CPU."""
        poll = select.poll()
        descriptors = []
        try:
            for child in self._running:
                if not child.is_running:
                    return child
                descriptors.append(os.pidfd_open(child.pid))
                poll.register(descriptors[-1], select.POLLIN)
            poll.poll(None if timeout_s is None else timeout_s * 1000)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return next(iter(self.ended()), None)

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def _tell_leash(self, sign: str, session: int) -> None:
        assert self._leash.stdin is not None
        self._leash.stdin.write(f"{sign}{session}\n".encode())
        self._leash.stdin.flush()


def is_open(door: Path) -> bool:
    """Whether somebody listens on a Unix socket; its file is there before that, and after it."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(door))
        except OSError:
            return False
    return True


def free_port(low: int = 0, high: int = 0) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on: the first from low to high, or any.

    Any is drawn from below those that systems give to outgoing connections, so that none of them takes it meanwhile,
    and no other call gets it, here or in another process of this machine. Else another may take it first.
    """
    for port in range(low, high + 1) if low else random.sample(ANY_PORT, 100):
        if not low and not _keep(port):
            continue
        with socket.socket() as probe:
            # As servers do, so that a port in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise ChildError(f"no free port from {low or ANY_PORT.start} to {high or ANY_PORT.stop - 1}")


def _keep(port: int) -> bool:
    """Claim a port while its listener is not there yet: a name that one process can have, and no longer than it runs.

    Seconds lie between a draw and what listens, and several tests draw at a time.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            claim.bind(f"\0benchside-port-{port}")
        except OSError:
            return False
        _kept.append(claim.detach())
    if len(_kept) > KEPT_PORTS:
        os.close(_kept.popleft())
    return True
