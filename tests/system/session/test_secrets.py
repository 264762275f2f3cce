"""What the PC's programs let out beside their messages: no listening port, no secret in a place that others read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psutil
import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import PASSWORD, Lab

from benchside.protocol.wire import desk as shown

pytestmark = [pytest.mark.system, pytest.mark.slow]


def listening(pid: int) -> list[str]:
    return [str(one.laddr) for one in psutil.Process(pid).net_connections("inet") if one.status == psutil.CONN_LISTEN]


async def test_nothing_of_the_pc_listens_on_the_network(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    await lab.session(desk, engineer)
    for pid in (lab.agent_pid, lab.host.pid):
        assert listening(pid) == []
        assert psutil.Process(pid).net_connections("inet"), "it does speak"
    assert listening(lab.server_pid)
    desk.say(shown.StopSession())
    await desk.outcome()


async def test_no_secret_is_written_where_others_read(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    request_id, code = await lab.call(desk, engineer)
    main = await engineer.enter(code, lab.device_id)
    secrets = {
        "code": code.encode(),
        "password": PASSWORD.encode(),
        "first password": lab.world.password.encode(),
        "device key": (lab.world.pc_folder / "device.key").read_bytes(),
        "device key, hexadecimal": (lab.world.pc_folder / "device.key").read_bytes().hex().encode(),
        "technician": b"Pia Roca",
        "reason": b"The rack does not come out",
    }
    for pid in (lab.agent_pid, lab.host.pid, lab.server_pid):
        for name in ("cmdline", "environ"):
            told = Path(f"/proc/{pid}/{name}").read_bytes()
            assert [secret for secret, data in secrets.items() if data in told] == [], f"{name} of {pid}"
    main.link.abort()
    desk.say(shown.StopSession())
    await desk.outcome()
    for log in lab.children.run_folder.glob("*.log"):
        told = log.read_bytes()
        assert [secret for secret, data in secrets.items() if data in told] == [], log.name
    journal = (lab.world.pc_folder / "journal.db").read_bytes()
    journal += b"".join(path.read_bytes() for path in lab.world.pc_folder.glob("journal.db-*"))
    assert code.encode() not in journal
    assert code[:12].encode() not in journal
    for plane in ("cloud.db", "session.db"):
        for path in lab.world.server_folder.glob(f"{plane}*"):
            told = path.read_bytes()
            assert [secret for secret, data in secrets.items() if data in told] == [], path.name
    assert lab.outcomes(request_id) == ["stopped"]


def test_state_is_its_owners_alone(lab: Lab) -> None:
    for folder in (lab.world.pc_folder, lab.world.server_folder, lab.world.authority_folder):
        for path in (folder, *folder.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            if path.suffix == ".toml" or path.name.endswith("-public.pem"):
                continue  # settings and public keys hold no secret
            assert mode & 0o077 == 0, f"{oct(mode)} {path.relative_to(lab.world.folder)}"
    assert lab.world.socket.stat().st_uid == os.getuid()
