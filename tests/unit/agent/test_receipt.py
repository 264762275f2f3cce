"""A receipt is genuine as a whole or not at all, and needs no server."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.fakes.keys import rsa_key

from benchside.agent.journal import Journal
from benchside.agent.receipt import Receipt, check_receipt, make_receipt, read_receipt
from benchside.protocol.errors import PeerError, RefusedError
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire.audit import EventDetails, EventKind

REQUEST = b"r" * 16


@pytest.fixture(scope="module")
def identity() -> rsa.RSAPrivateKey:
    return rsa_key(1)


@pytest.fixture
def receipt(tmp_path: Path, identity: rsa.RSAPrivateKey) -> Receipt:
    journal = Journal(tmp_path / "journal.db")
    journal.append(EventKind.ENROLLED, None, EventDetails())
    journal.append(EventKind.REQUEST_OPENED, REQUEST, EventDetails(technician="Pia Roca"))
    journal.append(EventKind.POLICY_ACCEPTED, None, EventDetails(version="2"))
    journal.append(EventKind.SESSION_ENDED, REQUEST, EventDetails(cause="stopped"))
    journal.append(EventKind.TERMS_ACCEPTED, None, EventDetails())
    return make_receipt(journal, identity, request_id=REQUEST, device="PC", site="Lab")


def test_it_holds_the_session_and_survives_its_file(
    receipt: Receipt, identity: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(msgspec.json.encode(receipt))
    again = read_receipt(path)
    assert [event.sequence for event in again.events] == [2, 3, 4]
    assert check_receipt(again) == fingerprint(public_bytes(identity.public_key()))


def test_each_change_shows(receipt: Receipt) -> None:
    replace = msgspec.structs.replace
    first, second, third = receipt.events
    changed = [
        replace(receipt, site="Other"),
        replace(receipt, request_id=b"x" * 16),
        replace(receipt, events=(first, second)),
        replace(receipt, events=(second, third)),
        replace(receipt, events=(first, third)),
        replace(receipt, events=(first, second, replace(third, details=EventDetails(cause="left")))),
        replace(receipt, head_before=bytes(32)),
        replace(receipt, signature=bytes(512)),
        replace(receipt, events=()),
    ]
    for one in changed:
        with pytest.raises(PeerError):
            check_receipt(one)


def test_a_request_that_never_was_has_none(tmp_path: Path, identity: rsa.RSAPrivateKey) -> None:
    with pytest.raises(RefusedError):
        make_receipt(Journal(tmp_path / "j.db"), identity, request_id=REQUEST, device="PC", site="Lab")


def test_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    for rubbish in (b"", b"{}", b"\xff\xfe", b"[1]"):
        path.write_bytes(rubbish)
        with pytest.raises(PeerError):
            read_receipt(path)
