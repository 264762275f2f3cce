"""Who counts as a person at the PC."""

from __future__ import annotations

import pytest

from benchside.platform.door.linux import UnixPeer


@pytest.mark.parametrize(
    ("uid", "is_person"),
    [(0, False), (33, False), (999, False), (1000, True), (60_000, True), (61_184, False), (65_534, False),
     (65_535, False), (65_536, True), (1_234_567, True)],
)  # fmt: skip
def test_services_and_nobody_are_no_persons(uid: int, is_person: bool) -> None:
    assert UnixPeer(pid=1, uid=uid, gid=uid).is_person is is_person
