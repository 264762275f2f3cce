"""Makes the example bytes that the Python and the console tests both run: `python vectors/make.py`.

Signatures and encapsulations are random, so a new run gives new files that are just as right; they are made
again only when the protocol changes.  The keys in them are for these files alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from benchside.protocol.errors import Refusal
from benchside.protocol.trust import code
from benchside.protocol.trust.bytes import lp
from benchside.protocol.trust.handshake import ConsoleRun, HostRun, Meeting, check_hello, ticket_hash
from benchside.protocol.trust.keys import fingerprint, pss_sign, public_bytes, show_fingerprint
from benchside.protocol.trust.schedule import ChannelNonces, GrantSecret, SessionKeys
from benchside.protocol.trust.second import SecondFor, second_content
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire import input as wire_input
from benchside.protocol.wire import picture, session
from benchside.protocol.wire.capability import Capability, GrantEnd, GrantScope, MonitorInfo
from benchside.protocol.wire.channel import CHANNEL_OPEN, Channel, ChannelOpen, Role
from benchside.protocol.wire.handshake import HANDSHAKE, SUITE, Challenge, Hello, Refused
from benchside.protocol.wire.ticket import TicketPayload

HERE = Path(__file__).parent
REQUEST, DEVICE = bytes(range(16)), bytes(range(16, 32))


def _private(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).hex()


def _fill(byte: int, length: int = 32) -> bytes:
    return bytes([byte]) * length


def make_codes() -> dict[str, Any]:
    """Codes from fixed random bytes, ways to type them, and slips."""
    good = [code.code_from_random(random) for random in (bytes(8), _fill(255, 8), _fill(0x5A, 8), b"benchsid")]
    first = code.code_from_random(b"benchsid")
    slips = [
        first[:4] + first[5] + first[4] + first[6:],
        first[:-1],
        first + "0",
        "",
        "U" * 13,
        first[:5] + "*" + first[6:],
    ]
    typed = [first.lower(), f"{first[:4]} {first[4:8]}-{first[8:]}", first.replace("0", "o").replace("1", "l")]
    return {
        "from_random": [
            {"random": random.hex(), "code": text}
            for random, text in zip((bytes(8), _fill(255, 8), _fill(0x5A, 8), b"benchsid"), good, strict=True)
        ],
        "read": [{"typed": text, "normal": code.read_code(text).decode()} for text in (*good, *typed)],
        "refused": [slip for slip in slips if slip != first],
    }


def make_handshake() -> dict[str, Any]:
    """A whole run with every derived value, and the records after it."""
    console = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    pc = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    ticket_key = Ed25519PrivateKey.from_private_bytes(_fill(7))
    text = code.code_from_random(b"benchsid")
    console_spki, pc_spki = public_bytes(console.public_key()), public_bytes(pc.public_key())
    ticket = issue_ticket(
        TicketPayload(
            version=1,
            serial=_fill(9, 16),
            relay="relay.example",
            request_id=REQUEST,
            device_id=DEVICE,
            associate="m.ferrer",
            role=Role.CONSOLE,
            channel=Channel.MAIN,
            key=fingerprint(console_spki),
            issued_utc_ms=1_800_000_000_000,
            expires_utc_ms=1_800_000_060_000,
        ),
        ticket_key,
    )
    hello = Hello(version=1, suite=SUITE, key=console_spki, nonce=_fill(1))
    challenge = Challenge(nonce=_fill(2), key=pc_spki)
    greeting = check_hello(hello, Meeting(request_id=REQUEST, device_id=DEVICE), challenge)
    kem = MLKEM768PrivateKey.from_seed_bytes(_fill(5, 64))
    run = ConsoleRun(greeting, code=code.read_code(text), ticket=ticket, scalar=_fill(3), kem=kem)
    proof = run.proof(pss_sign(console, run.content()))
    host = HostRun(greeting, proof)
    said = host.begin_answer(code.read_code(text), _fill(4))
    answer, verdict = host.answer(pss_sign(pc, said))
    confirm, expected, master = run.confirm(answer)
    host_confirm, host_master = verdict.judge(confirm)
    if host_master != master or host_confirm.mac != expected:
        raise AssertionError("both ends of a run must agree")
    keys = SessionKeys(request_id=REQUEST, role=Role.CONSOLE, master=master)
    return {
        "console_private_pkcs8": _private(console),
        "pc_private_pkcs8": _private(pc),
        "ticket_public_spki": public_bytes(ticket_key.public_key()).hex(),
        "request_id": REQUEST.hex(),
        "device_id": DEVICE.hex(),
        "second_content": second_content(
            SecondFor(request_id=REQUEST, device_id=DEVICE, associate="m.ferrer", key=fingerprint(console_spki)),
            "a.soler",
            1_800_000_000_000,
        ).hex(),
        "code": text,
        "console_key": console_spki.hex(),
        "console_fingerprint": fingerprint(console_spki).hex(),
        "console_fingerprint_shown": show_fingerprint(fingerprint(console_spki)),
        "pc_key": pc_spki.hex(),
        "console_nonce": hello.nonce.hex(),
        "pc_nonce": challenge.nonce.hex(),
        "console_scalar": _fill(3).hex(),
        "pc_scalar": _fill(4).hex(),
        "kem_seed": _fill(5, 64).hex(),
        "kem_key": proof.kem_key.hex(),
        "ticket": ticket.hex(),
        "ticket_hash": ticket_hash(ticket).hex(),
        "channel_id": greeting.channel_id().hex(),
        "session_id": greeting.session_id().hex(),
        "generator": greeting.generator(code.read_code(text)).hex(),
        "console_share": proof.share.hex(),
        "pc_share": answer.share.hex(),
        "said_console": run.content().hex(),
        "signature_console": proof.signature.hex(),
        "said_pc": said.hex(),
        "signature_pc": answer.signature.hex(),
        "kem_ciphertext": answer.kem_ciphertext.hex(),
        "master": master.hex(),
        "console_mac": confirm.mac.hex(),
        "pc_mac": expected.hex(),
        "main_secret": keys.main.reveal().hex(),
        "messages": {
            "hello": HANDSHAKE.encode(hello).hex(),
            "challenge": HANDSHAKE.encode(challenge).hex(),
            "proof": HANDSHAKE.encode(proof).hex(),
            "answer": HANDSHAKE.encode(answer).hex(),
            "console_confirm": HANDSHAKE.encode(confirm).hex(),
            "host_confirm": HANDSHAKE.encode(host_confirm).hex(),
        },
        "lp": {"parts": ["6162", "", "00"], "bytes": lp(b"ab", b"", b"\0").hex()},
        "records": _records(master),
    }


def _records(master: bytes) -> list[dict[str, Any]]:
    """Records of `main` and `view` in both directions, past the first rekeying."""
    rows: list[dict[str, Any]] = []
    view = GrantSecret(capability=Capability.VIEW, grant=_fill(6, 16), secret=_fill(8))
    for channel, capability, epoch in (
        (Channel.MAIN, None, 0),
        (Channel.VIEW, Capability.VIEW, 1),
        (Channel.MAIN, None, 3),
    ):
        for role in (Role.PC, Role.CONSOLE):
            keys = SessionKeys(request_id=REQUEST, role=role, master=master)
            grant = keys.main if capability is None else view
            nonces = ChannelNonces(pc=_fill(2), console=_fill(1))
            sealer, _ = keys.channel(channel, grant, epoch=epoch, nonces=nonces)
            sealed: dict[int, str] = {}
            for counter in range(65_538 if channel is Channel.VIEW and role is Role.PC else 3):
                record = sealer.seal(f"record {counter}".encode())
                if counter < 3 or counter >= 65_535:
                    sealed[counter] = record.hex()
            rows.append(
                {
                    "channel": channel.value,
                    "capability": "main" if capability is None else capability.value,
                    "grant": grant.grant.hex(),
                    "secret": grant.reveal().hex(),
                    "epoch": epoch,
                    "sealed_by": role.value,
                    "pc_nonce": nonces.pc.hex(),
                    "console_nonce": nonces.console.hex(),
                    "records": sealed,
                }
            )
    return rows


def make_messages() -> dict[str, Any]:
    """Messages of the families that the console speaks, and bytes that it must refuse."""
    monitor = MonitorInfo(0, "HDMI-1", 0, 0, 1920, 1080, True)
    instrument = session.InstrumentInfo(id="I-1", model="CX-200", serial="S/N 77", patient_data=True)
    families: dict[str, tuple[Any, list[Any]]] = {
        "session": (
            session.SESSION,
            [
                session.AskCapability(capability=Capability.VIEW, purpose="mirar el gráfico ¿sí?"),
                session.GiveBack(capability=Capability.CONTROL),
                session.LeaveSession(),
                session.PcDescribed(
                    site="Lab 4",
                    device="PC-12",
                    technician="Aña",
                    instruments=(instrument,),
                    offered=(Capability.VIEW,),
                ),
                session.CapabilityAsked(capability=Capability.VIEW, answer_within_s=60),
                session.CapabilityGranted(
                    capability=Capability.VIEW,
                    grant=_fill(6, 16),
                    secret=_fill(8),
                    ends_in_s=1800,
                    scope=GrantScope(monitors=(0,)),
                ),
                session.CapabilityGranted(
                    capability=Capability.CONTROL,
                    grant=_fill(7, 16),
                    secret=_fill(9),
                    ends_in_s=1800,
                    scope=GrantScope(monitors=(0, 1), paste=True),
                ),
                session.CapabilityRefused(capability=Capability.FILES, reason=Refusal.NOT_AUTHORISED),
                session.CapabilityRefused(capability=Capability.VIEW, reason=Refusal.SILENCE, again_in_s=60),
                session.GrantExtended(capability=Capability.VIEW, grant=_fill(6, 16), ends_in_s=1800),
                session.GrantEnded(capability=Capability.VIEW, grant=_fill(6, 16), reason=GrantEnd.REVOKED),
                session.SessionPaused(paused=True),
                session.SessionEnded(reason=session.SessionEnd.STOPPED),
                session.Ping(sent_ms=2**40),
                session.Pong(sent_ms=0),
            ],
        ),
        "view": (
            picture.VIEW,
            [
                picture.MonitorLayout((monitor,)),
                picture.PictureBegin(1, True),
                picture.Tile(0, 3, 4, 5, 6, picture.TileEncoding.FILL, b"\1\2\3\xff"),
                picture.PictureEnd(1, picture.PictureState.REFINING),
                picture.PointerShape(1, 1, 0, 0, b"\1\2\3\4"),
                picture.PointerAt(0, 100, 200),
                picture.PictureShown(70_000, 41),
                picture.ViewReady(picture.VideoAbility.H264, True),
                picture.ViewAlive(),
                picture.Copy(0, 0, 20, 0, 4, 640, 300),
                picture.VideoStart(1, 0, 16, 32, 640, 480, "avc1.64001f"),
                picture.VideoFrame(1, True, True, (picture.VideoBox(0, 0, 640, 64),), b"\0\0\0\1\x67"),
                picture.VideoEnd(1),
                picture.Covered((picture.CoveredArea(0, 10, 20, 300, 40, True),)),
                picture.Together(
                    (
                        picture.PictureBegin(2, False),
                        picture.VideoFrame(1, False, True, (picture.VideoBox(0, 0, 640, 64),), b"\0\0\0\1\x41"),
                        picture.PictureEnd(2, picture.PictureState.EXACT),
                    )
                ),
            ],
        ),
        "control": (
            wire_input.CONTROL,
            [
                wire_input.PointerMove(0, 1919, 1079),
                wire_input.PointerButton(1, True),
                wire_input.WheelTurn(-1, 3),
                wire_input.KeyChange("ñ", "Semicolon", True),
                wire_input.ReleaseAll(),
                wire_input.ControlAlive(),
                wire_input.InputHeld(wire_input.WhyHeld.PROMPT),
                wire_input.TypeText("Lösung 5 µl\n\t😀"),
                wire_input.TypingStands(3, 14, None),
                wire_input.TypingStands(14, 14, wire_input.TypingEnd.DONE),
                wire_input.InputTogether((wire_input.PointerMove(0, 5, 6), wire_input.PointerButton(1, True))),
            ],
        ),
        "handshake": (
            HANDSHAKE,
            [Refused(reason=Refusal.CODE_WRONG, attempts_left=2), Refused(reason=Refusal.WAIT, wait_s=8)],
        ),
        "channel_open": (
            CHANNEL_OPEN,
            [
                ChannelOpen(version=1, channel=Channel.VIEW, epoch=1, nonce=_fill(2)),
                ChannelOpen(version=1, channel=Channel.VIEW, epoch=1, nonce=_fill(1), ticket=_fill(3, 200)),
            ],
        ),
    }
    good = {
        name: [{"type": type(message).__name__, "bytes": codec.encode(message).hex()} for message in messages]
        for name, (codec, messages) in families.items()
    }
    ask = session.SESSION.encode(session.AskCapability(capability=Capability.VIEW, purpose="x"))
    refused = {
        "session": {
            "trailing byte": (ask + b"\0").hex(),
            "cut": ask[:-1].hex(),
            "empty": "",
            "unknown tag": ask.replace(b"ask", b"esk").hex(),
            "unknown field": (b"\x84" + ask[1:] + b"\xa1z\x01").hex(),
            "missing field": b"\x82\xa1t\xa3ask\xaacapability\xa4view".hex(),
            "text with a bidirectional override": session.SESSION.encode(
                session.AskCapability(capability=Capability.VIEW, purpose="a\u202eb")
            ).hex(),
            "text too long": session.SESSION.encode(
                session.AskCapability(capability=Capability.VIEW, purpose="x" * 201)
            ).hex(),
            "unknown capability": ask.replace(b"view", b"veiw").hex(),
            "nil for text": ask.replace(b"\xa1x", b"\xc0").hex(),
        },
        "view": {
            "tile wider than any screen": picture.VIEW.encode(
                picture.Tile(0, 0, 0, 32_768, 1, picture.TileEncoding.FILL, b"\0\0\0\xff")
            ).hex(),
            "one message together": picture.VIEW.encode(picture.Together((picture.PictureBegin(1, True),))).hex(),
            "together within together": "920f92" + 2 * "920f92930201c293040200",
            "an acknowledgement together": "920f92920701920702",
            "no monitor": picture.VIEW.encode(picture.MonitorLayout(())).hex(),
            "too few items": b"\x93\x02\x01".hex(),
        },
    }
    return {"good": good, "refused": refused}


def main() -> None:
    """Write every file."""
    for name, content in (
        ("code", make_codes()),
        ("handshake", make_handshake()),
        ("messages", make_messages()),
    ):
        (HERE / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
