"""Sites, models and tokens: what an operator may say, and for how long a token is good."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from tests.fakes.server_world import Clock, opened_parts, rsa_key

from benchside.protocol.errors import RefusedError
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.wire.enrolment import SealedEnrolment
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.enrolment.register import EnrolmentFault, EnrolmentFaultError
from benchside.server.parts import Parts


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


async def test_a_pc_whose_answer_was_lost_is_the_device_that_it_was_made(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        secret, _ = await parts.register.make_token("lab-1", 24)
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
        made = await parts.register.enrol(asked)
        assert await parts.register.enrol(asked) == made
        assert len(await parts.register.devices()) == 1
        other_key = msgspec.structs.replace(asked, device_key=os.urandom(32))
        other_identity = msgspec.structs.replace(asked, identity_key=public_bytes(rsa_key(1).public_key()))
        for other in (other_key, other_identity):
            assert await fault_of(parts, other) is EnrolmentFault.TOKEN_USED
        await parts.identities.want_rotation(made.id)  # as from its first link on, something is known of it
        assert await fault_of(parts, asked) is EnrolmentFault.TOKEN_USED
        fresh, _ = await parts.register.make_token("lab-1", 24)
        again = msgspec.structs.replace(asked, token_secret=fresh)
        assert await fault_of(parts, again) is EnrolmentFault.MALFORMED, "an identity is made for one enrolment"


async def fault_of(parts: Parts, asked: SealedEnrolment) -> EnrolmentFault:
    with pytest.raises(EnrolmentFaultError) as refused:
        await parts.register.enrol(asked)
    return refused.value.fault
