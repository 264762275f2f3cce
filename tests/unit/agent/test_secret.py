"""The agent's keys as files: sealed, from before, of another machine, and without power in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.fakes.keys import rsa_key

from benchside.agent import secret as secrets
from benchside.agent.identity import DeviceFolder
from benchside.agent.journal import Journal
from benchside.agent.standing import Standing
from benchside.platform.sealing.contract import OpenFile
from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import LinkState, first_state
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.wire.audit import EventDetails, EventKind

IDENTITY = rsa_key(0)


class Machine:
    """A `Sealing` with a key of its own, as each machine has."""

    word = "machine"
    told = "a machine of a test"

    def __init__(self) -> None:
        self._key = AESGCM(os.urandom(32))

    def seal(self, name: str, secret: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._key.encrypt(nonce, secret, name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        try:
            return self._key.decrypt(sealed[:12], sealed[12:], name.encode())
        except Exception as error:
            raise UnavailableError("expected this machine's key, got another") from error


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_no_key_rests_open_and_each_opens_again(tmp_path: Path) -> None:
    machine, key = Machine(), os.urandom(32)
    folder = DeviceFolder(tmp_path, machine)
    folder.keep_keys(key, IDENTITY)
    folder.keep_next_key(os.urandom(32))
    assert key not in files(tmp_path)
    assert b"PRIVATE" not in files(tmp_path)
    again = DeviceFolder(tmp_path, machine)
    assert again.device_key() == key
    assert public_bytes(again.identity().public_key()) == public_bytes(IDENTITY.public_key())
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_keys_from_before_are_sealed_at_the_next_start(tmp_path: Path) -> None:
    key = os.urandom(32)
    DeviceFolder(tmp_path, OpenFile("a test")).keep_keys(key, IDENTITY)
    assert key in files(tmp_path)
    folder = DeviceFolder(tmp_path, Machine())
    assert folder.device_key() == key, "an unsealed one is read, too"
    folder.seal_old()
    sealed = files(tmp_path)
    assert key not in sealed
    assert b"PRIVATE" not in sealed
    folder.seal_old()
    assert files(tmp_path) == sealed, "once"
    assert folder.device_key() == key


@pytest.mark.parametrize("fails", ["seal", "open", "write"])
def test_sealing_that_breaks_on_its_way_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    key, machine = os.urandom(32), Machine()
    DeviceFolder(tmp_path, OpenFile("a test")).keep_keys(key, IDENTITY)

    def broken(*_: object) -> bytes:
        raise UnavailableError("a power cut")

    with monkeypatch.context() as cut:
        if fails == "write":
            cut.setattr(secrets, "write_private", broken)
        else:
            cut.setattr(machine, fails, broken)
        with pytest.raises(UnavailableError):
            DeviceFolder(tmp_path, machine).seal_old()
    assert DeviceFolder(tmp_path, machine).device_key() == key


def test_a_way_that_gives_back_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, machine = os.urandom(32), Machine()
    DeviceFolder(tmp_path, OpenFile("a test")).keep_keys(key, IDENTITY)
    monkeypatch.setattr(machine, "open", lambda *_: bytes(32))
    with pytest.raises(UnavailableError, match="open as it was sealed"):
        DeviceFolder(tmp_path, machine).seal_old()
    assert key in files(tmp_path)


def test_a_disk_in_another_machine_says_what_happened_and_what_to_do(tmp_path: Path) -> None:
    DeviceFolder(tmp_path, Machine()).keep_keys(os.urandom(32), IDENTITY)
    for elsewhere in (Machine(), OpenFile("there is none")):
        with pytest.raises(UnavailableError, match=r"copied or moved.*revoked.*enrol this PC with a new token"):
            DeviceFolder(tmp_path, elsewhere).device_key()


@pytest.mark.parametrize("rubbish", [b"", b"x" * 31, b"benchside sealed 1 machine\n", b"benchside sealed 1 \xff\n123"])
def test_rubbish_is_no_key(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "device.key").write_bytes(rubbish)
    with pytest.raises(UnavailableError):
        DeviceFolder(tmp_path, Machine()).device_key()


def test_two_agents_cannot_run_on_one_folder(tmp_path: Path) -> None:
    """They would be taken for a PC and its copy.  The lock is of the open file, so another handle stands for them."""
    DeviceFolder(tmp_path).take()
    with pytest.raises(UnavailableError, match="another agent"):
        DeviceFolder(tmp_path).take()


def test_where_the_chain_stands_survives_and_the_number_stays_while_it_is_held(tmp_path: Path) -> None:
    key, journal = os.urandom(32), Journal(tmp_path / "journal.db")
    standing = Standing(journal)
    assert standing.state(key) == first_state(key)
    standing.keep(LinkState(7, b"s" * 32))
    assert (standing.number, standing.note_held(), standing.note_held()) == ("", True, False)
    again = Standing(Journal(tmp_path / "journal.db"))
    assert again.state(key) == LinkState(7, b"s" * 32)
    assert again.is_held
    assert (again.instance, again.number) == (standing.instance, standing.number)
    assert again.note_free()
    assert not again.note_free()
    later = Standing(Journal(tmp_path / "journal.db"))
    assert (later.is_held, later.number) == (False, "")
    assert later.instance != standing.instance
    kinds = [event.kind for event in journal.after(0, 10)]
    assert kinds == [EventKind.DEVICE_HELD, EventKind.DEVICE_RELEASED]


def test_a_journal_goes_on_from_the_servers_copy_and_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    for _ in range(3):
        journal.append(EventKind.CODE_MADE, None, EventDetails())
    resumed = journal.resume(10, b"h" * 32)
    assert resumed.sequence == 11
    journal.append(EventKind.CODE_DEAD, None, EventDetails())
    assert [event.sequence for event in journal.after(10, 10)] == [11, 12]
    assert [event.sequence for event in journal.after(2, 10)] == [11, 12], "what the server has otherwise is not told"
    verdict = journal.verify()
    assert (verdict.broken_at, verdict.resumed) == (None, 1)
    behind = journal.resume(2, b"g" * 32)
    assert behind.sequence == 13
    assert journal.verify().resumed == 2
    assert journal.head_at(13) == behind.head
    assert journal.head_at(99) is None
