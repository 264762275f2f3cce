"""The example bytes that bind this implementation and the console's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from benchside.protocol.errors import PeerError
from benchside.protocol.trust import code
from benchside.protocol.trust.bytes import lp
from benchside.protocol.trust.handshake import ConsoleRun, HostRun, Meeting, check_hello, ticket_hash
from benchside.protocol.trust.keys import fingerprint, show_fingerprint
from benchside.protocol.trust.schedule import ChannelNonces, GrantSecret, SessionKeys
from benchside.protocol.trust.second import SecondFor, second_content
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import CHANNEL_OPEN, Channel, Role
from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.handshake import HANDSHAKE, Answer, Challenge, ConsoleConfirm, Hello, Proof
from benchside.protocol.wire.input import CONTROL
from benchside.protocol.wire.picture import VIEW
from benchside.protocol.wire.session import SESSION

VECTORS = Path(__file__).parents[4] / "vectors"
CODECS: dict[str, Codec[Any]] = {
    "session": SESSION,
    "view": VIEW,
    "control": CONTROL,
    "handshake": HANDSHAKE,
    "channel_open": CHANNEL_OPEN,
}


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


def test_codes() -> None:
    known = read("code")
    for row in known["from_random"]:
        assert code.code_from_random(bytes.fromhex(row["random"])) == row["code"]
    for row in known["read"]:
        assert code.read_code(row["typed"]) == row["normal"].encode()
    for text in known["refused"]:
        with pytest.raises(PeerError):
            code.read_code(text)


def test_a_whole_handshake() -> None:
    known = read("handshake")
    value = {name: bytes.fromhex(text) for name, text in known.items() if isinstance(text, str) and is_hex(text)}
    messages = {name: HANDSHAKE.decode(bytes.fromhex(text)) for name, text in known["messages"].items()}
    hello, challenge, proof, answer = (messages[name] for name in ("hello", "challenge", "proof", "answer"))
    assert isinstance(hello, Hello)
    assert isinstance(challenge, Challenge)
    assert isinstance(proof, Proof)
    assert isinstance(answer, Answer)
    assert fingerprint(hello.key) == value["console_fingerprint"]
    assert show_fingerprint(fingerprint(hello.key)) == known["console_fingerprint_shown"]
    assert ticket_hash(proof.ticket) == value["ticket_hash"]
    assert lp(*(bytes.fromhex(part) for part in known["lp"]["parts"])) == bytes.fromhex(known["lp"]["bytes"])

    greeting = check_hello(hello, Meeting(request_id=value["request_id"], device_id=value["device_id"]), challenge)
    assert greeting.channel_id() == value["channel_id"]
    assert greeting.session_id() == value["session_id"]
    secret = code.read_code(known["code"])
    assert greeting.generator(secret) == value["generator"]

    HostRun(greeting, proof)  # the console's signature is right
    kem = MLKEM768PrivateKey.from_seed_bytes(value["kem_seed"])
    run = ConsoleRun(greeting, code=secret, ticket=proof.ticket, scalar=value["console_scalar"], kem=kem)
    assert run.content() == value["said_console"]
    assert run.proof(proof.signature) == proof
    confirm, expected, master = run.confirm(answer)
    assert confirm == messages["console_confirm"] == ConsoleConfirm(mac=value["console_mac"])
    assert expected == value["pc_mac"]
    assert master == value["master"]


def test_records_past_a_rekeying() -> None:
    known = read("handshake")
    master, request_id = bytes.fromhex(known["master"]), bytes.fromhex(known["request_id"])
    for row in known["records"]:
        by = Role(row["sealed_by"])
        other = Role.CONSOLE if by is Role.PC else Role.PC
        keys = SessionKeys(request_id=request_id, role=other, master=master)
        capability = None if row["capability"] == "main" else Capability(row["capability"])
        grant = GrantSecret(
            capability=capability, grant=bytes.fromhex(row["grant"]), secret=bytes.fromhex(row["secret"])
        )
        nonces = ChannelNonces(pc=bytes.fromhex(row["pc_nonce"]), console=bytes.fromhex(row["console_nonce"]))
        sealing = SessionKeys(request_id=request_id, role=by, master=master)
        sealer, _ = sealing.channel(Channel(row["channel"]), grant, epoch=row["epoch"], nonces=nonces)
        _, opener = keys.channel(Channel(row["channel"]), grant, epoch=row["epoch"], nonces=nonces)
        last = max(int(counter) for counter in row["records"])
        for counter in range(last + 1):
            record = sealer.seal(f"record {counter}".encode())
            if str(counter) in row["records"]:
                assert record.hex() == row["records"][str(counter)]
            if last < 10 or counter < 2:
                assert opener.open(record) == f"record {counter}".encode()


def test_a_second_associates_agreement() -> None:
    known = read("handshake")
    about = SecondFor(
        request_id=bytes.fromhex(known["request_id"]),
        device_id=bytes.fromhex(known["device_id"]),
        associate="m.ferrer",
        key=fingerprint(bytes.fromhex(known["console_key"])),
    )
    assert second_content(about, "a.soler", 1_800_000_000_000).hex() == known["second_content"]


def test_messages() -> None:
    known = read("messages")
    for family, rows in known["good"].items():
        for row in rows:
            data = bytes.fromhex(row["bytes"])
            message = CODECS[family].decode(data)
            assert type(message).__name__ == row["type"]
            assert CODECS[family].encode(message) == data
    for family, rows in known["refused"].items():
        for why, text in rows.items():
            with pytest.raises(PeerError):
                print(family, why, CODECS[family].decode(bytes.fromhex(text)))


def is_hex(text: str) -> bool:
    try:
        bytes.fromhex(text)
    except ValueError:
        return False
    return True
