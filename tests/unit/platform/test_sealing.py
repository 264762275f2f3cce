"""Sealing through systemd's program: the real one where it works, and one that misbehaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchside.platform.sealing import linux
from benchside.platform.sealing.contract import OpenFile, Sealing
from benchside.platform.sealing.linux import SystemdCredentials, find_sealing
from benchside.protocol.errors import UnavailableError

FAKE = """#!/usr/bin/python3
import hashlib, pathlib, sys
machine = pathlib.Path({key!r}).read_bytes()
word, flags, data = sys.argv[1], sys.argv[2:-2], sys.stdin.buffer.read()
if word == "has-tpm2":
    sys.exit({tpm_code})
name = next(flag for flag in flags if flag.startswith("--name="))
mark = hashlib.sha256(machine + name.encode()).digest()
if word == "encrypt":
    assert "--with-key=auto" in flags and "--tpm2-pcrs=" in flags, flags
    sys.stdout.buffer.write(mark + bytes(byte ^ 0x55 for byte in data))
elif data[:32] == mark:
    sys.stdout.buffer.write(bytes(byte ^ 0x55 for byte in data[32:]))
else:
    sys.exit("Failed to decrypt: the key is another machine's")
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemd-creds first on the path, and a machine with a key in `machine.key`."""
    (tmp_path / "machine.key").write_bytes(os.urandom(32))
    made = tmp_path / "bin" / "systemd-creds"
    made.parent.mkdir()
    write(made, FAKE.format(key=str(tmp_path / "machine.key"), tpm_code=0))
    monkeypatch.setenv("PATH", f"{made.parent}:/usr/bin:/bin")
    find_sealing.cache_clear()
    yield made
    find_sealing.cache_clear()


def write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_what_is_sealed_opens_under_its_name_on_its_machine_alone(program: Path, tmp_path: Path) -> None:
    sealing = find_sealing()
    assert (sealing.word, "TPM and key" in sealing.told) == ("systemd", True)
    secret = os.urandom(3300)
    sealed = sealing.seal("device.key", secret)
    assert secret[:16] not in sealed
    assert sealing.open("device.key", sealed) == secret
    with pytest.raises(UnavailableError, match="another machine"):
        sealing.open("identity.pem", sealed)
    (tmp_path / "machine.key").write_bytes(os.urandom(32))
    with pytest.raises(UnavailableError, match="another machine"):
        sealing.open("device.key", sealed)


def test_a_machine_without_a_tpm_says_that_its_key_is_on_the_disk(program: Path, tmp_path: Path) -> None:
    write(program, FAKE.format(key=str(tmp_path / "machine.key"), tpm_code=1))
    assert "a file on its disk" in find_sealing().told


@pytest.mark.parametrize(
    "text",
    ["#!/bin/sh\nexit 1\n", "#!/bin/sh\ncat >/dev/null\n", "#!/bin/sh\ncat >/dev/null; echo other\n", "#!/no/such\n"],
)
def test_a_program_that_does_not_work_is_not_relied_on(program: Path, text: str) -> None:
    write(program, text)
    sealing = find_sealing()
    assert isinstance(sealing, OpenFile)
    assert "not sealed to this machine" in sealing.told


def test_without_the_program_it_says_so(program: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no systemd-creds" in find_sealing().told


def test_a_program_that_hangs_is_given_up(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(program, "#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr(linux, "WITHIN_S", 0.2)
    assert isinstance(find_sealing(), OpenFile)


def test_the_secret_is_in_no_argument_and_no_variable(program: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    write(program, f"#!/bin/sh\ntr '\\0' '\\n' </proc/$$/cmdline >{seen}; env >>{seen}; cat\n")
    SystemdCredentials(str(program), has_tpm=False).seal("device.key", b"4711 in the PC")
    assert "--name=benchside-device.key" in seen.read_text()
    assert "4711" not in seen.read_text()


def test_the_real_program() -> None:
    find_sealing.cache_clear()
    sealing: Sealing = find_sealing()
    if not isinstance(sealing, SystemdCredentials):
        pytest.skip(f"it does not work here: {sealing.told}")
    secret = os.urandom(32)
    sealed = sealing.seal("device.key", secret)
    assert secret not in sealed
    assert sealing.open("device.key", sealed) == secret
    for name, changed in (("other.key", sealed), ("device.key", sealed[:-20] + b"A" * 16 + sealed[-4:])):
        with pytest.raises(UnavailableError):
            sealing.open(name, changed)
