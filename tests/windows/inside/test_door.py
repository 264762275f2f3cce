"""The agent's pipe, a host's pipe and the agent's folder on Windows: nobody has them before us, or beside us."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

import pytest

from benchside.platform.accounts.windows import Account, account_of_process, our_account, security_text
from benchside.platform.child import windows as windows_child
from benchside.platform.child.windows import PIPE, has_parent, start_child, start_speaking_child
from benchside.platform.door.windows import PipePeer, connect_door, listener_is_trusted, open_door
from benchside.platform.files import make_private_folder, read_if_there, write_private
from benchside.platform.private import windows as private
from benchside.protocol.errors import UnavailableError


def name() -> str:
    return f"\\\\.\\pipe\\benchside-test-{secrets.token_hex(8)}"


def us() -> PipePeer:
    return PipePeer(os.getpid(), *account_of_process(os.getpid()))


async def test_who_calls_is_what_windows_says() -> None:
    callers: list[PipePeer] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: PipePeer) -> None:
        callers.append(peer)
        writer.write(await reader.readexactly(5))
        await writer.drain()
        writer.close()

    address = name()
    door = await open_door(address, greet)
    for _ in range(3):
        reader, writer = await connect_door(address)
        writer.write(b"hello")
        async with asyncio.timeout(10):
            assert await reader.readexactly(5) == b"hello"
        writer.close()
    door.close()
    assert callers == [us()] * 3
    assert callers[0].is_ours
    assert not callers[0].is_system
    with pytest.raises(OSError):
        await connect_door(address)


async def test_a_name_that_somebody_has_is_not_shared() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: PipePeer) -> None:
        writer.close()

    address = name()
    door = await open_door(address, greet)
    with pytest.raises(UnavailableError):
        await open_door(address, greet)
    door.close()


async def test_the_listener_of_a_pipe_is_asked_for() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: PipePeer) -> None:
        await reader.read()

    address = name()
    door = await open_door(address, greet)
    reader, writer = await connect_door(address)
    assert listener_is_trusted(writer.get_extra_info("pipe").handle)
    assert not listener_is_trusted(0)
    writer.close()
    door.close()
    del reader


@pytest.mark.parametrize(
    ("sid", "is_person"),
    [("S-1-5-18", False), ("S-1-5-19", False), ("S-1-5-21-1-2-3-1000", True), ("S-1-5-21-1-2-3-500", True),
     ("S-1-5-21-1-2-3-501", False), ("S-1-12-1-1-2-3-4000", True), ("S-1-5-80-1-2-3-4-5", False)],
)  # fmt: skip
def test_services_and_guests_are_no_persons(sid: str, is_person: bool) -> None:
    assert Account(sid, "somebody").is_person is is_person
    assert not PipePeer(1, Account(sid, "somebody"), session=0).is_person, "nobody logs in where services live"


def test_our_own_account_has_a_name() -> None:
    assert our_account().sid.startswith("S-1-")
    assert our_account().name


async def test_a_child_that_does_not_speak_is_no_child() -> None:
    with pytest.raises(UnavailableError):
        await start_speaking_child(us(), "benchside.no_such_module", {})


async def test_a_child_ends_and_can_be_ended() -> None:
    child = await start_child(us(), "benchside", {})
    async with asyncio.timeout(30):
        assert await child.wait() == 2, "what it is called with means nothing"
    child.kill()
    other = await start_child(us(), "asyncio", {})
    other.kill()
    async with asyncio.timeout(30):
        assert await other.wait() == 1


async def test_a_childs_handles_are_closed_once_however_many_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    close = windows_child._kernel32.CloseHandle

    class Watched:
        def __getattr__(self, name: str) -> object:
            return (
                (lambda handle: closed.append(handle) or close(handle))
                if name == "CloseHandle"
                else getattr(kernel32, name)
            )

    kernel32 = windows_child._kernel32
    child = await start_child(us(), "benchside", {})
    monkeypatch.setattr(windows_child, "_kernel32", Watched())
    async with asyncio.timeout(30):
        assert await asyncio.gather(*(child.wait() for _ in range(3))) == [2, 2, 2]
    assert len(closed) == len(set(closed)) == 2


def test_a_host_is_started_by_the_agent_alone() -> None:
    assert not has_parent([])
    assert not has_parent(["somewhere"])
    assert has_parent([PIPE + "00"])


def test_what_somebody_put_there_first_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody may make folders in %ProgramData%, and who owns a file may write it for ever."""
    folder = tmp_path / "notifier"
    folder.mkdir()
    settings = folder / "notifier.toml"
    settings.write_text("journal_mb = 5\n")
    make_private_folder(folder)
    owner = private._owner
    monkeypatch.setattr(private, "_owner", lambda path: "S-1-5-21-1-2-3-1005" if path == settings else owner(path))
    with pytest.raises(UnavailableError, match=r"notifier\.toml to belong to the system"):
        make_private_folder(folder)


def test_private_files_are_for_us_the_system_and_administrators(tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    make_private_folder(folder)
    write_private(folder / "device.key", b"\r\n\x1a key")
    write_private(folder / "device.key", b"\n\x1a new")
    assert read_if_there(folder / "device.key", 100) == b"\n\x1a new"
    assert [path.name for path in folder.iterdir()] == ["device.key"]
    # Wine turns access lists into modes, so what is asked for is all that can be looked at here: all of it for three,
    # inherited by what lies within; nothing for anybody else, and nothing from above.
    text = security_text(people=False)
    assert text.startswith("D:P")
    assert text.count("(A;OICI;GA;;;") == text.count("(") == 3, text
    for account in ("SY)", "BA)", f"{our_account().sid})"):
        assert account in text
