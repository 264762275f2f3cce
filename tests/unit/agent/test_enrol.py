"""A PC gives nothing away to a server that the token does not name."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.keys import rsa_key

from benchside.agent import enrol as enrolment
from benchside.agent.enrol import Registrant, enrol
from benchside.agent.identity import DeviceFolder
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import ENROLMENT, EnrolmentKey, EnrolmentToken
from benchside.protocol.wire.session import InstrumentInfo

WHO = Registrant(
    name="Jordi Puig",
    email="jordi@lab.example",
    device="Analyser PC",
    site_name="Lab",
    instruments=(InstrumentInfo(id="1", model="CX-200", serial="2", patient_data=True),),
)


class FalseServer:
    """Says its key, and remembers what it was sent."""

    def __init__(self, said: EnrolmentKey) -> None:
        self._said = said
        self.sent: list[bytes] = []

    async def receive(self) -> bytes:
        return ENROLMENT.encode(self._said)

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        pass


def keys() -> tuple[bytes, bytes]:
    server = rsa_key(1)
    return public_bytes(server.public_key()), public_bytes(Ed25519PrivateKey.generate().public_key())


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["server", "authority", "version"])
async def test_nothing_is_sent_to_a_server_that_the_token_does_not_name(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = keys()
    token = EnrolmentToken(
        version=VERSION,
        link_url="wss://link.example",
        server_key=bytes(32) if wrong == "server" else fingerprint(server),
        authority_key=bytes(32) if wrong == "authority" else fingerprint(authority),
        secret=bytes(32),
        region="global",
        site="lab",
        expires_utc_ms=2**42,
    )
    version = VERSION + 1 if wrong == "version" else VERSION
    there = FalseServer(EnrolmentKey(version=version, server_key=server, authority_key=authority))

    async def dial(*_: object, **__: object) -> FalseServer:
        return there

    monkeypatch.setattr(enrolment, "dial", dial)
    with pytest.raises(PeerError) as refused:
        await enrol(DeviceFolder(tmp_path / "agent"), token, WHO, None)
    assert refused.value.fault is (PeerFault.WRONG_VERSION if wrong == "version" else PeerFault.WRONG_KEY)
    assert not there.sent
    assert not (tmp_path / "agent").exists()
