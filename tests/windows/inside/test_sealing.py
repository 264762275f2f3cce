"""Keys sealed by Windows' data protection, and the lock of the agent's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchside.agent.identity import DeviceFolder
from benchside.agent.secret import SecretFiles
from benchside.platform.sealing.contract import OpenFile
from benchside.platform.sealing.windows import DataProtection, find_sealing
from benchside.protocol.errors import UnavailableError


def test_what_is_sealed_opens_under_its_name_alone() -> None:
    sealing = find_sealing()
    assert isinstance(sealing, DataProtection)
    secret = os.urandom(3300)
    sealed = sealing.seal("device.key", secret)
    assert secret[:16] not in sealed
    assert sealing.open("device.key", sealed) == secret
    with pytest.raises(UnavailableError):
        sealing.open("identity.pem", sealed)


@pytest.mark.parametrize("rubbish", [b"", b"x" * 200])
def test_what_was_never_sealed_is_refused(rubbish: bytes) -> None:
    with pytest.raises(UnavailableError):
        find_sealing().open("device.key", rubbish)


def test_another_process_of_the_machine_opens_it(tmp_path: Path) -> None:
    """An administrator enrols, the service opens: the machine's scope."""
    SecretFiles(tmp_path).write("device.key", b"k" * 32)
    program = (
        "import sys; from pathlib import Path; from benchside.agent.secret import SecretFiles;"
        "print(SecretFiles(Path(sys.argv[1])).read('device.key') == b'k' * 32)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_keys_from_before_are_sealed(tmp_path: Path) -> None:
    SecretFiles(tmp_path, OpenFile("a test")).write("device.key", b"k" * 32)
    folder = DeviceFolder(tmp_path)
    folder.seal_old()
    assert b"kkkkkkkk" not in (tmp_path / "device.key").read_bytes()
    assert folder.device_key() == b"k" * 32
    assert "machine" in folder.sealing


def test_two_agents_cannot_run_on_one_folder(tmp_path: Path) -> None:
    DeviceFolder(tmp_path).take()
    with pytest.raises(UnavailableError, match="another agent"):
        DeviceFolder(tmp_path).take()
