"""What the doctor prints for the firewall, and what it says where it cannot know where to look."""

from __future__ import annotations

import base64
import json
import threading
import time
from pathlib import Path

import pytest

from benchside.doctor.app import main
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import TOKEN, EnrolmentToken

LINK, SESSION = "wss://link.example", "wss://session.example:8443"


def token(folder: Path) -> Path:
    made = EnrolmentToken(
        version=VERSION,
        link_url=LINK,
        server_key=b"s" * 32,
        authority_key=b"a" * 32,
        secret=b"x" * 32,
        region="cn",
        site="lab-1",
        expires_utc_ms=1,
    )
    file = folder / "token"
    file.write_text(base64.urlsafe_b64encode(TOKEN.encode(made)).decode().rstrip("=") + "\n")
    return file


def enrolled(folder: Path, **said: object) -> Path:
    (folder / "device.json").write_text(json.dumps({"link_url": LINK, "relay_url": SESSION, "region": "global"} | said))
    return folder


def printed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> list[str]:
    assert main([*map(str, words), "--list"]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_list_names_region_hosts_and_ports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_pc = [
        "Region global. Outbound from the PC; nothing inbound.",
        "  link.example  TCP 443  (link: TLS 1.2 or newer, WebSocket)",
        "  session.example  TCP 8443  (session: TLS 1.2 or newer, WebSocket)",
    ]
    assert printed(capsys, "--state", enrolled(tmp_path)) == of_pc
    given = printed(capsys, "--link", LINK, "--session", SESSION)
    assert given == ["Outbound from the PC; nothing inbound.", *of_pc[1:]]


def test_before_enrolment_it_says_what_the_token_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "--token-file", token(tmp_path))
    assert lines[0].startswith("Region cn. ")
    assert [line.split()[0] for line in lines[1:]] == ["link.example", "and"]
    assert "--session" in lines[2]
    assert len(printed(capsys, "--token-file", token(tmp_path), "--session", SESSION)) == 3


@pytest.mark.parametrize("said", [{"link_url": None}, {"relay_url": "http://x"}, {"link_url": "wss://x:99999"}])
def test_a_folder_of_no_pc_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: dict[str, object]
) -> None:
    for words in (["--state", enrolled(tmp_path, **said)], ["--state", tmp_path / "none"], []):
        assert main([*map(str, words), "--list"]) == 2
        heard = capsys.readouterr()
        assert (heard.out, heard.err.count("\n")) == ("", 1)


def test_a_name_server_that_says_nothing_does_not_keep_the_doctor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: over.wait(60))
    monkeypatch.setattr("benchside.transport.doctor.STAGE_WITHIN_S", 0.05)
    began = time.monotonic()
    assert main(["--link", LINK, "--proxy", "direct"]) == 1
    assert time.monotonic() - began < 30
    over.set()
    assert "FAIL dns" in capsys.readouterr().out


def test_a_region_that_is_no_word_writes_nothing_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert all(line.isprintable() for line in printed(capsys, "--state", enrolled(tmp_path, region="\x1b[2J" * 50)))
