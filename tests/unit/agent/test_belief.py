"""What the PC believes of policies that a server offers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate

from benchside.agent import identity
from benchside.agent.belief import Belief
from benchside.agent.identity import DeviceFile, DeviceFolder, Gates, ReviewRecorded
from benchside.agent.journal import Journal
from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.policy import sign_policy, sign_rotation
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.link import PolicyOffered
from benchside.protocol.wire.policy import PolicyPayload, RotationPayload

AUTHORITY, NEXT = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
NOW = time.time_ns() // 1_000_000


def offer(version: int, key: Ed25519PrivateKey = AUTHORITY, rotations: tuple[bytes, ...] = ()) -> PolicyOffered:
    payload = PolicyPayload(
        version=version,
        issued_utc_ms=NOW,
        expires_utc_ms=NOW + 1_000_000,
        ticket_keys=(public_bytes(AUTHORITY.public_key()),),
        associates=(
            associate(
                "m.ferrer", bytes(32), name="Marta Ferrer", organisation="Example", expires_utc_ms=NOW + 1_000_000
            ),
        ),
        sites=(),
    )
    return PolicyOffered(policy=sign_policy(payload, key), rotations=rotations)


@pytest.fixture
def folder(tmp_path: Path) -> DeviceFolder:
    made = DeviceFolder(tmp_path / "pc")
    made.make()
    made.keep_device(
        DeviceFile(
            device_id="00" * 16,
            device="PC",
            site="lab",
            site_name="Lab",
            region="global",
            link_url="wss://link.example",
            relay="relay-1",
            relay_url="wss://session.example/v1/relay",
            phone="",
            instruments=(),
            authority_key=public_bytes(AUTHORITY.public_key()).hex(),
        )
    )
    return made


@pytest.fixture
def belief(folder: DeviceFolder) -> Belief:
    return Belief(folder, Journal(folder.journal_path))


def kinds(folder: DeviceFolder) -> list[EventKind]:
    return [event.kind for event in Journal(folder.journal_path).after(0, 100)]


def test_only_what_the_pinned_authority_signed_and_is_newer_is_believed(belief: Belief, folder: DeviceFolder) -> None:
    assert belief.version == 0
    assert belief.known("m.ferrer") is None
    assert belief.consider(offer(3))
    assert not belief.consider(offer(2))
    assert not belief.consider(offer(3))
    assert not belief.consider(offer(9, NEXT))
    assert belief.version == 3
    known = belief.known("m.ferrer")
    assert known is not None
    assert known.name == "Marta Ferrer"
    assert belief.known("somebody else") is None
    assert kinds(folder) == [EventKind.POLICY_ACCEPTED, EventKind.POLICY_REFUSED, EventKind.POLICY_REFUSED]


def test_the_same_refused_offer_is_written_down_once(belief: Belief, folder: DeviceFolder) -> None:
    wrong = offer(1, NEXT)
    for _ in range(50):
        belief.consider(wrong)
    assert kinds(folder) == [EventKind.POLICY_REFUSED]


def test_a_rotation_is_followed_and_survives_a_restart(belief: Belief, folder: DeviceFolder) -> None:
    statement = sign_rotation(
        RotationPayload(
            serial=1,
            old_key=fingerprint(public_bytes(AUTHORITY.public_key())),
            new_key=public_bytes(NEXT.public_key()),
            issued_utc_ms=NOW,
        ),
        AUTHORITY,
    )
    assert belief.consider(offer(1))
    assert belief.consider(offer(2, NEXT, (statement,)))
    again = Belief(folder, Journal(folder.journal_path))
    assert again.version == 2
    assert again.pin.rotation_serial == 1
    assert not again.consider(offer(3, AUTHORITY))


def test_gates_are_closed_until_they_are_recorded(folder: DeviceFolder) -> None:
    assert folder.gates() == Gates()
    folder.keep_gates(Gates(review=ReviewRecorded(by="IT", at_utc_ms=NOW)))
    assert folder.gates().review is not None
    assert folder.gates().terms is None


@pytest.mark.parametrize("name", ["device.json", "gates.json", "policy.bin"])
def test_a_spoilt_file_is_one_clear_error(folder: DeviceFolder, name: str) -> None:
    (folder.folder / name).write_bytes(b"\0rubbish")
    read = {"device.json": folder.device, "gates.json": folder.gates, "policy.bin": folder.policy}[name]
    with pytest.raises(UnavailableError):
        read()


class Power(Exception):
    """It goes out."""


def rotated() -> PolicyOffered:
    statement = sign_rotation(
        RotationPayload(
            serial=1,
            old_key=fingerprint(public_bytes(AUTHORITY.public_key())),
            new_key=public_bytes(NEXT.public_key()),
            issued_utc_ms=NOW,
        ),
        AUTHORITY,
    )
    return offer(2, NEXT, (statement,))


def test_a_policy_and_the_key_that_signed_it_are_one_file(
    belief: Belief, folder: DeviceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power fails after each write in turn: the PC starts again, and believes one authority and its policy."""
    assert belief.consider(offer(1))
    written = identity.write_private
    files: list[str] = []

    def last(path: Path, data: bytes) -> None:
        written(path, data)
        files.append(path.name)
        raise Power

    monkeypatch.setattr(identity, "write_private", last)
    with pytest.raises(Power):
        belief.consider(rotated())
    monkeypatch.setattr(identity, "write_private", written)
    assert files == ["policy.bin"], "both or neither"
    again = Belief(folder, Journal(folder.journal_path))
    assert (again.version, again.pin.rotation_serial) == (2, 1)
    assert not again.consider(offer(3, AUTHORITY))


def test_a_power_cut_before_the_file_leaves_the_old_policy_and_takes_no_older_one(
    belief: Belief, folder: DeviceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert belief.consider(offer(4))

    def never(path: Path, data: bytes) -> None:
        raise Power

    with monkeypatch.context() as patched:
        patched.setattr(identity, "write_private", never)
        with pytest.raises(Power):
            belief.consider(offer(7))
    again = Belief(folder, Journal(folder.journal_path))
    assert again.version == 4
    for older in (5, 6):
        assert not again.consider(offer(older)), "the floor was kept before the file"
    assert again.consider(offer(7)), "the one that was being taken can be taken"


@pytest.mark.parametrize("change", ["lost", "restored"])
def test_the_floor_does_not_sink_with_the_file(belief: Belief, folder: DeviceFolder, change: str) -> None:
    assert belief.consider(offer(3))
    old = (folder.folder / "policy.bin").read_bytes()
    assert belief.consider(offer(5))
    if change == "lost":
        (folder.folder / "policy.bin").unlink()
    else:
        (folder.folder / "policy.bin").write_bytes(old)
    again = Belief(folder, Journal(folder.journal_path))
    assert again.version == (0 if change == "lost" else 3)
    assert not again.consider(offer(4))
    assert again.consider(offer(5))
    assert not Belief(folder, Journal(folder.journal_path)).consider(offer(4))
