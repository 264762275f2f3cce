"""What rests encrypted, and what a changed or moved value is worth."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.fakes.server_world import opened_parts

from benchside.protocol.errors import CallerError, UnavailableError
from benchside.server.enrolment.model import Device
from benchside.server.keys.files import write_secret
from benchside.server.store.keyring import DataKeys, make_data_keys, read_data_keys


def test_values_open_only_in_their_place_and_unchanged() -> None:
    keys = DataKeys({1: os.urandom(32), 2: os.urandom(32)}, current=2)
    sealed = keys.seal(b"Toni", "request.technician")
    assert keys.open(sealed, "request.technician") == b"Toni"
    assert keys.seal(b"Toni", "request.technician") != sealed
    for changed in (sealed[:-1], sealed[:4] + bytes(12) + sealed[16:], bytes(4) + sealed[4:], b"", sealed[:10]):
        with pytest.raises(UnavailableError):
            keys.open(changed, "request.technician")
    with pytest.raises(UnavailableError):
        keys.open(sealed, "request.reason")
    with pytest.raises(UnavailableError):
        DataKeys({2: os.urandom(32)}, current=2).open(sealed, "request.technician")


def test_older_keys_still_open_what_they_sealed() -> None:
    first = os.urandom(32)
    sealed = DataKeys({1: first}, current=1).seal(b"x", "a.b")
    assert DataKeys({1: first, 2: os.urandom(32)}, current=2).open(sealed, "a.b") == b"x"
    with pytest.raises(CallerError):
        DataKeys({1: b"short"}, current=1)


def test_a_ring_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data-keys.json"
    make_data_keys(path)
    read_data_keys(path)
    with pytest.raises(UnavailableError):
        make_data_keys(path)
    path.chmod(0o644)
    with pytest.raises(UnavailableError, match="chmod 600"):
        read_data_keys(path)
    for content in (b"", b"[]", b'{"current":1,"keys":{"1":"x"}}', b'{"current":2,"keys":{}}'):
        write_secret(path, content, replace=True)
        with pytest.raises(UnavailableError, match="is not a ring"):
            read_data_keys(path)


async def test_nothing_personal_lies_open_in_the_database(tmp_path: Path) -> None:
    async with opened_parts(tmp_path) as parts:
        secret = os.urandom(32)
        async with parts.cloud.write() as rows:
            rows.add(
                Device(
                    id=bytes(16),
                    site="lab-1",
                    region="global",
                    name="PC",
                    device_key=secret,
                    identity_spki=b"",
                    identity_fingerprint=bytes(32),
                    registrant="Pat Example",
                    registrant_email="pat@lab.example",
                    enrolled_utc_ms=0,
                    policy_version=0,
                )
            )
        async with parts.cloud.read() as rows:
            row = await rows.get_one(Device, bytes(16))
            assert (row.device_key, row.registrant) == (secret, "Pat Example")
        async with parts.cloud.write() as rows:  # moved from one column to another
            await rows.execute(text("UPDATE device SET registrant = registrant_email"))
        async with parts.cloud.read() as rows:
            with pytest.raises(UnavailableError):
                await rows.get_one(Device, bytes(16))
    stored = b"".join(path.read_bytes() for path in sorted((tmp_path / "data").glob("*.db*")))
    assert secret not in stored
    assert b"Pat Example" not in stored
    assert b"pat@lab" not in stored
