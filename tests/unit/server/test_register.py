"""Sites, models and tokens: what an operator may say, and for how long a token is good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.fakes.server_world import Clock, opened_parts, rsa_key

from benchside.protocol.errors import RefusedError
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.wire.enrolment import SealedEnrolment
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.enrolment.register import EnrolmentFault, EnrolmentFaultError


async def test_what_could_not_travel_is_refused(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        for site, name in (("lab 2", "Lab"), ("", "Lab"), ("x" * 65, "Lab"), ("lab-2", ""), ("lab-2", "La\u202eb")):
            with pytest.raises(RefusedError):
                await parts.register.add_site(site, name)
        for model in ("", "x" * 201, "CX\n200"):
            with pytest.raises(RefusedError):
                await parts.register.add_model(model, patient_data=False)
        for site, hours in (("lab-1", 0), ("lab-1", 10_000), ("nowhere", 1)):
            with pytest.raises(RefusedError):
                await parts.register.make_token(site, hours)
        await parts.register.add_site("lab-2", "Second Lab")
        assert [one.id for one in await parts.register.sites()] == ["lab-1", "lab-2"]


async def test_a_token_ends_with_its_hours_and_its_reason_is_known_for_a_while(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        secret, expires = await parts.register.make_token("lab-1", 24)
        assert expires == clock.now_ms + 24 * 3600_000
        asked = SealedEnrolment(
            token_secret=secret,
            device_key=os.urandom(32),
            identity_key=public_bytes(rsa_key(0).public_key()),
            device="PC",
            site_name="Lab",
            instruments=(InstrumentInfo(id="i", model="CX-200", serial="1", patient_data=False),),
            registrant="Pat",
            registrant_email="pat@lab.example",
            region="global",
        )
        for later, fault in ((0, EnrolmentFault.TOKEN_EXPIRED), (31 * 24 * 3600_000, EnrolmentFault.TOKEN_UNKNOWN)):
            clock.now_ms = expires + later
            await parts.register.forget_old_tokens()
            with pytest.raises(EnrolmentFaultError) as refused:
                await parts.register.enrol(asked)
            assert refused.value.fault is fault
