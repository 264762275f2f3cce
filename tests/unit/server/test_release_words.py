"""What an operator is told who lets a device go on and does not say which one of it, where that is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.notified import add_device
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import show_number
from benchside.server.identity.chain import Hold
from benchside.server.identity.model import HeldInstance

DEVICE = b"A" * 16
FIRST, SECOND = b"1" * 16, b"2" * 16
NOW, OLD = False, True
"""The key that an instance came with."""


@pytest.mark.parametrize(
    ("came", "with_old_key", "told"),
    [
        ([], OLD, "none came with the key from before; see `device list`"),
        ([(FIRST, NOW)], OLD, "none came with the key from before; see `device list`"),
        ([(FIRST, NOW), (SECOND, OLD)], OLD, f"{show_number(SECOND)} has the key from before; say --number, as"),
        ([(FIRST, OLD), (SECOND, OLD)], OLD, f"several came: {show_number(FIRST)}, {show_number(SECOND)}; say which"),
        ([(FIRST, NOW), (SECOND, NOW)], NOW, f"several came: {show_number(FIRST)}, {show_number(SECOND)}; say which"),
        ([(FIRST, OLD)], NOW, f"{show_number(FIRST)} has the key from before; say --number and --old-key"),
    ],
)
async def test_each_reason_for_which_a_number_is_needed_is_told_as_it_is(
    tmp_path: Path, came: list[tuple[bytes, bool]], with_old_key: bool, told: str
) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        await add_device(parts, DEVICE)
        keeper = parts.identities
        await keeper.hold(DEVICE, Hold.COPIED, FIRST)
        async with parts.cloud.write() as rows:
            await rows.delete(await rows.get_one(HeldInstance, (DEVICE, FIRST, NOW)))
            await rows.flush()
            for at, (instance, has_old_key) in enumerate(came):
                seen = {"first_utc_ms": at, "last_utc_ms": at}
                rows.add(HeldInstance(device_id=DEVICE, instance=instance, has_old_key=has_old_key, **seen))
        with pytest.raises(UnavailableError) as refused:
            await keeper.release(DEVICE, None, with_old_key=with_old_key)
        assert str(refused.value).startswith(told)
        assert (await keeper.shown(DEVICE)).hold is Hold.COPIED
