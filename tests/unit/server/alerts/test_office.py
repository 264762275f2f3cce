"""Channels of alerts: what an administrator saw is what is changed, the target that nobody sees included."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.condition import Severity
from benchside.server.administration.versions import ABSENT
from benchside.server.alerts.facts import ChannelFacts
from benchside.server.alerts.office import AlertOffice

FACTS = ChannelFacts(
    id="team", name="Team", severity=Severity.WARNING, sites=(), models=(), language="en", repeat_min=0, is_on=True
)
OLD, NEW = "jsons://key:old@hooks.example", "jsons://key:new@hooks.example"


class AnyTarget:
    def check(self, target: str) -> None:
        """Whatever there is may be dialled."""


async def test_a_new_secret_is_another_version_and_tells_nothing_of_itself(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:

        def office(lookup: bytes = parts.cloud_keys.lookup) -> AlertOffice:
            return AlertOffice(parts.cloud, parts.ledger, cast("Any", AnyTarget()), lookup)

        async def version(of: AlertOffice) -> str:
            [shown] = await of.all()
            return shown.version

        made = office()
        await made.put("root", FACTS, OLD, ABSENT)
        seen = await version(made)
        await made.put("root", FACTS, NEW, seen)
        assert await version(made) != seen
        with pytest.raises(RefusedError) as refused:
            await made.put("root", replace(FACTS, name="Night shift"), None, seen)
        assert refused.value.reason is Refusal.CHANGED
        await made.put("root", FACTS, OLD, await version(made))
        assert await version(made) == seen, "what is as it was seen has the version that was seen"
        assert await version(office(b"another server's")) != seen, "nobody can try guesses without the key"
