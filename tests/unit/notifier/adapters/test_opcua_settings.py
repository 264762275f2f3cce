"""Settings of OPC UA servers and their files of rules: a sentence for each mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asyncua import ua
from cryptography.exceptions import InvalidSignature

from benchside.notifier.adapters.alarm_rules import MAX_ALARM_FILE_BYTES, AlarmRule, find_rule, read_alarm_rules
from benchside.notifier.adapters.opcua import is_refusal, make
from benchside.notifier.adapters.settings import read_opcua
from benchside.settings.toml import SettingError, SettingsTable

URL = "opc.tcp://10.0.0.2:4840/cx"
SAFE = {"certificate": "c.pem", "key": "k.pem", "server_certificate": "s.pem"}


def read(**one: object) -> dict[str, dict[str, object]]:
    return read_opcua(SettingsTable(Path("n"), {"opcua": [{"name": "cx", **one}]}), Path("/var/lib/n"))


def test_what_a_worker_is_given() -> None:
    given = read(endpoint=URL, rules="r.toml", **SAFE)["cx"]
    assert given["security"] == "sign_and_encrypt"
    assert given["key"] == str(Path("/var/lib/n/k.pem"))
    make("cx", json.loads(json.dumps(given)))
    make("cx", json.loads(json.dumps(read(endpoint=URL, security="none")["cx"])))


@pytest.mark.parametrize(
    ("one", "says"),
    [
        ({"endpoint": URL}, "needs certificate, key and server_certificate"),
        ({"endpoint": "http://x", **SAFE}, "endpoint must be"),
        ({"endpoint": "opc.tcp://", **SAFE}, "endpoint must be"),
        ({"endpoint": "opc.tcp://user:word@x:1", **SAFE}, "endpoint must be"),
        ({"endpoint": "opc.tcp://x:99999", **SAFE}, "endpoint must be"),
        ({"endpoint": "opc.tcp://[x:1", **SAFE}, "endpoint must be"),
        ({"endpoint": URL, "user": "a", **SAFE}, "belong together"),
        ({"endpoint": URL, "user": "a", "password_file": "p", "security": "sign", **SAFE}, "sign_and_encrypt only"),
        ({"endpoint": URL, "security": "some", **SAFE}, "security"),
        ({"endpoint": URL, "password": "x", **SAFE}, "password"),
        ({"endpoint": URL, "name": "link", **SAFE}, "notifier's own"),
    ],
)
def test_each_mistake_has_a_sentence(one: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read(**one)


def test_settings_that_are_none() -> None:
    with pytest.raises(SettingError, match="opcua cx"):
        make("cx", {"endpoint": 3})


def rules(folder: Path, text: str) -> tuple[AlarmRule, ...]:
    (folder / "r.toml").write_text(text)
    return read_alarm_rules(folder / "r.toml")


def test_rules(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        '[[alarm]]\nsource = "A"\ncondition = "B"\ncode = "b"\nmessages = ["m"]\n'
        '[[alarm]]\ncondition = "B"\ncode = "c"',
    )
    assert find_rule(found, "A", "B") == AlarmRule("A", "B", "b", "instrument", frozenset({"m"}))
    assert find_rule(found, "X", "B") == found[1]
    assert find_rule(found, "A", "C") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "from 1 to"),
        ("alarm = [1]", "must be a table"),
        ("x = 1", "nothing is called 'x'"),
        ("[[", "not a TOML file"),
        ('[[alarm]]\ncondition = "a"', "code must"),
        ('[[alarm]]\ncode = "a"', "condition must"),
        ('[[alarm]]\ncode = "a"\ncondition = "a"\nsource = 1', "source must"),
        ('[[alarm]]\ncode = "a"\ncondition = "a"\nsubject = ""', "subject must"),
        ('[[alarm]]\ncode = "a"\ncondition = "a"\nmessages = "m"', "messages must"),
        ('[[alarm]]\ncode = "a"\ncondition = "a"\nmessages = ["\\n"]', "each message"),
        ('[[alarm]]\ncode = "a"\ncondition = "a"\nx = 1', "nothing is called 'x'"),
        ("#" * (MAX_ALARM_FILE_BYTES + 1), "larger"),
    ],
)
def test_each_mistake_in_rules_has_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        rules(tmp_path, text)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        read_alarm_rules(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (ua.uaerrors.BadSecurityChecksFailed(), True),
        (ua.uaerrors.BadCertificateUntrusted(), True),
        (ua.uaerrors.BadIdentityTokenRejected(), True),
        (ua.uaerrors.BadUserAccessDenied(), True),
        (ua.UaError("Server certificate mismatch"), True),
        (InvalidSignature(), True),
        (ua.uaerrors.BadTooManySessions(), False),
        (ua.uaerrors.BadServerHalted(), False),
        (ua.UaError("Unsupported message type"), False),
        (ValueError("no number"), False),
        (ConnectionRefusedError(), False),
    ],
)
def test_only_a_server_that_says_no_or_is_another_refuses(error: Exception, wanted: bool) -> None:
    assert is_refusal(error) is wanted
