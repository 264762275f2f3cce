"""Nothing that a world starts outlives it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from examples.demo import children as demo_children
from examples.demo.children import KEPT_PORTS, ChildError, Children, free_port
from examples.demo.leash import MARK_VARIABLE

pytestmark = [pytest.mark.system]

ROOT = Path(__file__).resolve().parents[3]
DEAD_WITHIN_S = 5.0


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_dead(*pids: int) -> None:
    until = time.monotonic() + DEAD_WITHIN_S
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < until, f"still alive: {alive}"
        time.sleep(0.01)


def test_child_writes_its_own_log_and_is_ended(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("speaker", ["sh", "-c", "echo ready $WORD; exec sleep 60"], env={"WORD": "now"})
        assert child.wait_for(r"ready (\w+)", 5)[1] == "now"
        assert child.is_running
    assert child.exit_code == -signal.SIGTERM
    assert not children.sockets.exists()


def test_second_start_of_a_name_keeps_the_first_log(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        for word in ("one", "two"):
            children.start("again", ["echo", word]).wait(5)
    assert (tmp_path / "again.log").read_text() == "one\n"
    assert (tmp_path / "again-2.log").read_text() == "two\n"


def test_child_that_ignores_the_request_is_killed_with_its_own_children(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; sleep 60 & echo child $!; while :; do sleep 0.05; done"
    with Children(tmp_path) as children:
        child = children.start("stubborn", ["sh", "-c", stubborn])
        grandchild = int(child.wait_for(r"child (\d+)", 5)[1])
        assert children.stop(child, grace_s=0.2) == -signal.SIGKILL
        wait_dead(grandchild)


def test_program_that_left_its_session_is_found_by_its_mark(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        child = children.start("leaver", ["sh", "-c", "setsid sh -c 'echo left $$; exec sleep 60' & wait"])
        leaver = int(child.wait_for(r"left (\d+)", 5)[1])
    wait_dead(leaver)


def test_end_of_a_child_is_noticed_and_named(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        children.start("stays", ["sleep", "60"])
        assert children.wait_any(0.01) is None
        goes = children.start("goes", ["sh", "-c", "echo last words; exit 3"])
        ended = children.wait_any(5)
        assert ended is goes
        assert ended.exit_code == 3
        with pytest.raises(ChildError, match=r"code 3\n.*last words"):
            goes.wait_for("never said", 5)


def test_program_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with Children(tmp_path) as children, pytest.raises(ChildError, match="no program no-such-program for x"):
        children.start("x", ["no-such-program"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_world_leaves_no_process_and_no_folder(tmp_path: Path, number: signal.Signals) -> None:
    world = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from examples.demo.children import Children
        children = Children(Path(sys.argv[1]))
        child = children.start("a", ["sh", "-c", "sleep 60 & setsid sleep 60 & echo $! up; wait"])
        left = child.wait_for(r"(\\d+) up", 10)[1]
        print(child.pid, left, children.sockets, flush=True)
        time.sleep(60)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", world, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    pid, left, sockets = process.stdout.readline().split()
    session = [int(p) for p in subprocess.run(["pgrep", "-s", pid], capture_output=True).stdout.split()]
    assert int(pid) in session
    process.send_signal(number)
    process.wait()
    process.stdout.close()
    wait_dead(*session, int(left))
    until = time.monotonic() + DEAD_WITHIN_S
    while Path(sockets).exists():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_mark_is_not_put_on_this_process(tmp_path: Path) -> None:
    with Children(tmp_path):
        assert MARK_VARIABLE not in os.environ


def test_free_port_passes_over_one_in_use() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ChildError, match="no free port"):
            free_port(port, port)


def test_a_port_is_drawn_once_in_all_processes_until_its_listener_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    few = range(20_000, 20_100)
    monkeypatch.setattr(demo_children, "ANY_PORT", few)
    here = [free_port() for _ in range(KEPT_PORTS)]
    assert len(set(here)) == len(here)
    draw = (
        "from examples.demo import children\n"
        f"children.ANY_PORT = {few}\n"
        "while True:\n"
        "    print(children.free_port(), flush=True)"
    )
    there = subprocess.run([sys.executable, "-c", draw], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "no free port" in there.stderr
    drawn = {int(port) for port in there.stdout.split()}
    assert drawn
    assert not drawn & set(here)
    assert [port for _ in here if (port := free_port()) not in few] == []  # the first ones may be drawn again
